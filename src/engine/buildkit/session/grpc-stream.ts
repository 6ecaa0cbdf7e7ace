/** The server's side of one gRPC call, by hand on an HTTP/2 stream: for the calls that carry bulk data. */
import * as http2 from 'node:http2';
import { BxError } from '../../../platform/errors.js';
import { FrameReader } from '../transport/grpc-frames.js';

/** gRPC status codes that are used here. */
export const GrpcStatus = { ok: 0, cancelled: 1, unknown: 2, notFound: 5, aborted: 10 } as const;

/** The engine's own limit for what it sends is 16 MiB; its packets are of 32 KiB. */
const MESSAGE_LIMIT_BYTES = 32 << 20;

export interface GrpcServerCall {
  /** Request metadata; a value given several times is kept as several. Names are in lower case. */
  readonly metadata: ReadonlyMap<string, readonly string[]>;
  /** Aborted when the other side gave the call up or the connection ended. */
  readonly signal: AbortSignal;
  /** Messages from the engine; while a listener's promise is pending nothing more is read. What it throws goes to `onError`. */
  onMessage(listener: (message: Buffer) => void | Promise<void>, onError: (error: unknown) => void): void;
  /** The engine will send no more; `isComplete` is false when it broke the call off instead of ending it. */
  onEnd(listener: (isComplete: boolean) => void): void;
  /**
   * Writes whole frames; resolves when more may be written. Rejects when the call is gone. One writer at a time. `onTaken` is told when
   * the memory of the frames may be used again.
   */
  write(frames: Buffer, onTaken?: () => void): Promise<void>;
  /** Ends the call; later writes are errors. Only the first status counts. */
  end(status: number, message?: string): void;
}

export function acceptCall(stream: http2.ServerHttp2Stream, rawHeaders: readonly string[]): GrpcServerCall {
  const abort = new AbortController();
  let status = { code: 0, message: '' };
  let isEnded = false;
  let wake: (() => void) | null = null;
  const reader = new FrameReader(MESSAGE_LIMIT_BYTES);

  const wakeWriter = (): void => {
    wake?.();
    wake = null;
  };
  stream.on('drain', wakeWriter);
  stream.on('error', () => {});
  stream.on('aborted', () => abort.abort());
  stream.on('close', () => {
    abort.abort();
    wakeWriter();
  });
  stream.on('wantTrailers', () => {
    stream.sendTrailers({
      'grpc-status': String(status.code),
      ...(status.message !== '' && { 'grpc-message': encodeStatusMessage(status.message) }),
    });
    // A call that is answered before the other side has said all stays open, and holds its buffers, until it is reset.
    setImmediate(() => {
      if (!stream.readableEnded && !stream.closed) stream.close(http2.constants.NGHTTP2_NO_ERROR);
    });
  });
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });

  const end = (code: number, message = ''): void => {
    if (isEnded) return;
    isEnded = true;
    status = { code, message };
    wakeWriter();
    if (!stream.destroyed) stream.end();
  };

  return {
    metadata: readMetadata(rawHeaders),
    signal: abort.signal,
    onMessage(listener, onError) {
      stream.on('data', (chunk: Buffer) => {
        try {
          const pending: Promise<void>[] = [];
          reader.push(chunk, (message) => {
            const result = listener(message);
            if (result) pending.push(result);
          });
          if (pending.length === 0) return;
          stream.pause();
          Promise.all(pending).then(() => stream.resume(), onError);
        } catch (error) {
          onError(error);
        }
      });
    },
    onEnd(listener) {
      let isTold = false;
      const tell = (): void => {
        if (isTold) return;
        isTold = true;
        // Node ends the readable side of a stream that was reset, too.
        listener(
          stream.readableEnded && !stream.aborted && stream.rstCode === http2.constants.NGHTTP2_NO_ERROR && !reader.isPartial,
        );
      };
      stream.on('end', tell).on('close', tell);
    },
    async write(frames, onTaken) {
      if (isEnded || stream.destroyed) throw new BxError('engine-lost', 'the engine gave up the transfer');
      if (stream.write(frames, onTaken)) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (stream.destroyed) throw new BxError('engine-lost', 'the engine gave up the transfer');
    },
    end,
  };
}

/** Node joins repeated headers with a comma in its object form; the raw list keeps them apart. */
function readMetadata(rawHeaders: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const result = new Map<string, string[]>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    const values = result.get(name);
    if (values) values.push(rawHeaders[i + 1]!);
    else result.set(name, [rawHeaders[i + 1]!]);
  }
  return result;
}

/** Percent-encoding of gRPC's `grpc-message`: everything but printable ASCII, and the percent sign. */
function encodeStatusMessage(message: string): string {
  let result = '';
  for (const byte of Buffer.from(message)) {
    result +=
      byte < 0x20 || byte > 0x7e || byte === 0x25
        ? `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
        : String.fromCharCode(byte);
  }
  return result;
}
