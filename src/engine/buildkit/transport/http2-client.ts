/** One HTTP/2 client connection on a stream that is already open. It never reconnects: who loses it must notice. */
import * as http2 from 'node:http2';
import type { Duplex } from 'node:stream';
import { BxError, toBxError } from '../../../platform/errors.js';

/** Wide windows: the default 64 KiB halves the speed of a shell's output. */
const STREAM_WINDOW_BYTES = 4 << 20;
const CONNECTION_WINDOW_BYTES = 16 << 20;
const CLOSE_GRACE_MS = 500;

export interface Http2Connection {
  readonly session: http2.ClientHttp2Session;
  /** What it goes over. */
  readonly socket: Duplex;
  /** The other side's settings arrived: it does speak HTTP/2. Rejects with `BxError('endpoint')` when the connection ends before. */
  readonly ready: Promise<void>;
  /** Resolves with the reason when the connection ends without `close`; never rejects, and stays pending after `close`. */
  readonly lost: Promise<BxError>;
  readonly isClosed: boolean;
  /** Ends the connection: streams that are still open are cut off after a short grace. Safe to call twice. */
  close(): Promise<void>;
}

/** Starts HTTP/2 with prior knowledge on `stream`. `name` is the endpoint as errors name it. */
export function connectHttp2(stream: Duplex, name = 'the engine'): Http2Connection {
  const session = http2.connect('http://localhost', {
    createConnection: () => stream,
    settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
    maxSessionMemory: 256,
  });
  session.once('connect', () => session.setLocalWindowSize(CONNECTION_WINDOW_BYTES));

  let state: 'open' | 'closing' | 'ended' = 'open';
  let cause: unknown = null;
  let closing: Promise<void> | null = null;
  let markLost: (reason: BxError) => void = () => {};
  const lost = new Promise<BxError>((resolve) => {
    markLost = resolve;
  });
  const ready = new Promise<void>((resolve, reject) => {
    session.once('remoteSettings', () => resolve());
    session.once('close', () =>
      reject(
        cause instanceof BxError
          ? cause
          : new BxError('endpoint', `${name} does not speak HTTP/2${because(cause)}`, {
              cause,
              hint: 'Check that a buildkitd listens there. One with TLS needs BXTUI_BUILDKIT_TLS_DIR; a Docker Engine is named with DOCKER_HOST.',
            }),
      ),
    );
  });
  ready.catch(() => {});

  session.on('error', (error) => {
    cause ??= error;
  });
  session.on('goaway', (code: number) => {
    cause ??= new Error(code === 0 ? 'the engine is shutting down' : `the engine ended the connection (HTTP/2 code ${code})`);
    // It takes no further call, and waits with its end for those that are open, which here may be for ever.
    if (state === 'open') stream.destroy();
  });
  stream.on('error', (error) => {
    cause ??= error;
  });
  const onEnd = (): void => {
    if (state === 'ended') return;
    const wasOpen = state === 'open';
    state = 'ended';
    stream.destroy();
    if (wasOpen) {
      markLost(
        new BxError('engine-lost', `the connection to ${name} was lost${because(cause)}`, {
          cause,
          hint: 'Check that the engine is still running, then reload.',
        }),
      );
    }
  };
  session.once('close', onEnd);
  stream.once('close', () => {
    // A stream that is not a socket of Node's own does not always take the session with it.
    if (!session.destroyed) session.close();
    setImmediate(onEnd);
  });

  return {
    session,
    socket: stream,
    ready,
    lost,
    get isClosed() {
      return state !== 'open';
    },
    close() {
      closing ??= closeTidily();
      return closing;
    },
  };

  // `session.destroy()` corrupts the heap of Node 20 after some megabytes of requests: the session is closed and the stream below destroyed.
  async function closeTidily(): Promise<void> {
    if (state === 'ended') return;
    state = 'closing';
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_GRACE_MS);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      session.once('close', done);
      stream.once('close', done);
      session.close();
    });
    if (!stream.destroyed) stream.destroy();
    state = 'ended';
  }
}

function because(cause: unknown): string {
  return cause === null ? '' : `: ${toBxError(cause).message}`;
}
