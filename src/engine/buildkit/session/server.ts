/**
 * The HTTP/2 server of a session, on the one stream that the engine opened or lent: bulk calls by hand, the small ones through Connect,
 * which is loaded with the first of them: many builds end without any.
 */
import * as http2 from 'node:http2';
import type { Duplex } from 'node:stream';
import { BxError, toBxError } from '../../../platform/errors.js';
import { acceptCall, type GrpcServerCall } from './grpc-stream.js';
import { DIFF_COPY_IN, DIFF_COPY_OUT, UPLOAD } from './methods.js';
import type { SessionServices } from './services.js';

const STREAM_WINDOW_BYTES = 4 << 20;
const CONNECTION_WINDOW_BYTES = 16 << 20;
const CLOSE_GRACE_MS = 300;

export interface SessionServer {
  /** Resolves when the stream has ended: null after `close`, else why. */
  readonly ended: Promise<BxError | null>;
  close(): Promise<void>;
}

export interface BulkHandlers {
  sendFiles(call: GrpcServerCall): Promise<void>;
  receiveOutput(call: GrpcServerCall): Promise<void>;
  upload(call: GrpcServerCall): Promise<void>;
}

export function serveSession(stream: Duplex, services: SessionServices, bulk: BulkHandlers): SessionServer {
  let small: Promise<(call: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders, rawHeaders: string[]) => void> | null =
    null;
  let cause: unknown = null;
  let isClosing = false;

  // Not an http2 server: one that is given a TLS socket on which no protocol was agreed (ALPN, RFC 7301) answers in HTTP/1.1.
  const connection = http2.performServerHandshake(stream, {
    settings: { initialWindowSize: STREAM_WINDOW_BYTES },
    maxSessionMemory: 256,
  });
  connection.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
  connection.on('error', (error) => {
    cause ??= error;
  });
  connection.on('stream', (call, headers, _flags, ...rest) => {
    // Given up in the packet in which it came: it can be answered no more, and answering throws.
    if (call.destroyed) return void call.on('error', () => {});
    const rawHeaders = (rest as unknown[])[0] as string[];
    const path = headers[':path'];
    const handler =
      path === DIFF_COPY_IN ? bulk.sendFiles : path === DIFF_COPY_OUT ? bulk.receiveOutput : path === UPLOAD ? bulk.upload : null;
    if (handler) void handler(acceptCall(call, rawHeaders));
    else {
      small ??= import('./small-calls.js').then(({ createSmallCalls }) => createSmallCalls(services));
      small.then(
        (handle) => handle(call, headers, rawHeaders),
        () => call.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
      );
    }
  });
  const ended = new Promise<BxError | null>((resolve) => {
    stream.on('error', (error) => {
      cause ??= error;
    });
    stream.once('close', () => {
      if (isClosing) return resolve(null);
      const reason = cause === null ? '' : `: ${toBxError(cause).message}`;
      resolve(new BxError('engine-lost', `the engine ended the session${reason}`, { cause, hint: 'Reload to start a new one.' }));
    });
  });

  return {
    ended,
    async close() {
      if (isClosing) return void (await ended);
      isClosing = true;
      // Destroying the HTTP/2 session itself is not safe on Node 20; the stream below it is destroyed instead.
      if (!connection.destroyed && !stream.destroyed) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, CLOSE_GRACE_MS);
          const done = (): void => {
            clearTimeout(timer);
            resolve();
          };
          connection.once('close', done);
          stream.once('close', done);
          connection.close();
        });
      }
      stream.destroy();
      await ended;
    },
  };
}
