/** The answer of a Docker Engine to a build, a pull or a push: one JSON object per line, cut anywhere. It knows nothing of steps. */
import { BxError } from '../../platform/errors.js';

/** What the engine says; `jsonmessage` of moby. */
export interface BuildMessage {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly aux?: { readonly ID?: string };
  readonly error?: string;
  readonly errorDetail?: { readonly code?: number; readonly message?: string };
}

export interface MessageReader {
  /** Throws `BxError('engine')` for a line that is no JSON object. */
  push(chunk: Uint8Array): readonly BuildMessage[];
  /** What the last line without an end holds. */
  end(): readonly BuildMessage[];
}

export function createMessageReader(): MessageReader {
  const decoder = new TextDecoder();
  let rest = '';
  const take = (text: string, isLast: boolean): BuildMessage[] => {
    const lines = (rest + text).split('\n');
    rest = isLast ? '' : (lines.pop() ?? '');
    return lines.flatMap((line) => (line.trim() === '' ? [] : [readMessage(line)]));
  };
  return {
    push: (chunk) => take(decoder.decode(chunk, { stream: true }), false),
    end: () => take(decoder.decode(), true),
  };
}

function readMessage(line: string): BuildMessage {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {}
  throw new BxError('engine', `the engine answered with what is no message: ${JSON.stringify(line.slice(0, 80))}`);
}
