/** Bytes of many interleaved streams as text: a code point that is cut by a message border waits for its rest. */
import { TextDecoder } from 'node:util';
import type { EngineEvent } from '../../core/events.js';

type LogStream = 'stdout' | 'stderr';

export interface TextStreams {
  decode(digest: string, stream: LogStream, bytes: Uint8Array): string;
  /** What was left of cut code points, as replacement characters; the vertex has ended. */
  finish(digest: string): EngineEvent[];
}

export function createTextStreams(): TextStreams {
  const decoders = new Map<string, Partial<Record<LogStream, TextDecoder>>>();
  return {
    decode(digest, stream, bytes) {
      const pair = decoders.get(digest) ?? {};
      decoders.set(digest, pair);
      pair[stream] ??= new TextDecoder('utf-8', { ignoreBOM: true });
      return pair[stream].decode(bytes, { stream: true });
    },
    finish(digest) {
      const pair = decoders.get(digest);
      decoders.delete(digest);
      return (['stdout', 'stderr'] as const).flatMap((stream) => {
        const text = pair?.[stream]?.decode() ?? '';
        return text === '' ? [] : [{ type: 'log.appended', digest, stream, text }];
      });
    },
  };
}
