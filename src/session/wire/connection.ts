/** A stream with frames on it, the same for both sides. It owns the stream: its errors, its end, and how much of it is unsent. */
import type { Duplex } from 'node:stream';
import { BxError, toBxError } from '../../platform/errors.js';
import { bytesHeader, createSplitter, encodeMessage, type Frame, notASession } from './frames.js';

/** What is left to be sent at the end, and the other side's own end, get so long. */
const LINGER_MS = 2_000;

/**
 * `ended`: by one of the sides, between two frames; `lost`: the stream broke; `broken`: this side would have no more of it, with its reason.
 */
export type Closing = { readonly kind: 'ended' } | { readonly kind: 'lost' | 'broken'; readonly error: BxError };

export interface ConnectionHandlers {
  onMessage(text: string): void;
  onBytes(channel: number, data: Uint8Array): void;
  /** What came is no frame, nor is anything after it: time to `end` or `fail`. */
  onBroken(error: BxError): void;
  /** All is sent, after some of it had to wait. */
  onDrain(): void;
  /** Once, and the last call of all. */
  onClosed(how: Closing): void;
}

export interface Connection {
  /** Sends nothing once the connection is closed. */
  send(message: object): void;
  /** A frame made by `encodeMessage`, for several connections. */
  sendFrame(frame: Uint8Array): void;
  sendBytes(channel: number, data: Uint8Array): void;
  readonly unsentBytes: number;
  readonly isClosed: boolean;
  /** Takes no more in and closes when everything is sent; a side that does not read gets 2 s. */
  end(): void;
  /** Reads nothing until as many `release`. */
  hold(): void;
  release(): void;
  /** At once. */
  fail(error: BxError): void;
}

export function createConnection(stream: Duplex, handlers: ConnectionHandlers): Connection {
  const splitter = createSplitter();
  let isClosed = false;
  let holds = 0;

  const close = (how: Closing): void => {
    if (isClosed) return;
    isClosed = true;
    handlers.onClosed(how);
  };
  /** The other side closes when it has read all; closing first could take from it what it has not. */
  const linger = (): void => {
    if (stream.destroyed) return;
    const timer = setTimeout(() => stream.destroy(), LINGER_MS).unref();
    stream.once('close', () => clearTimeout(timer));
    stream.end();
    stream.resume();
  };
  const fail = (error: BxError): void => {
    close({ kind: 'broken', error });
    stream.destroy();
  };
  const lose = (error: BxError): void => {
    close({ kind: 'lost', error });
    stream.destroy();
  };
  const deliver = (frame: Frame): void => {
    if (frame.kind === 'message') handlers.onMessage(frame.text);
    else handlers.onBytes(frame.channel, frame.data);
  };
  const take = (chunk: Uint8Array): void => {
    const frames = splitter.push(chunk);
    while (!isClosed) {
      let next: IteratorResult<Frame, void>;
      try {
        next = frames.next();
      } catch (error) {
        handlers.onBroken(toBxError(error));
        return;
      }
      if (next.done) return;
      deliver(next.value);
    }
  };

  stream.on('data', (chunk: Uint8Array | string) => take(typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
  stream.on('drain', () => {
    if (!isClosed) handlers.onDrain();
  });
  stream.on('end', () => {
    if (!splitter.isBetweenFrames) return lose(notASession('half a frame, then its end'));
    close({ kind: 'ended' });
    linger();
  });
  stream.on('error', (error) => lose(toBxError(error, 'state')));
  stream.on('close', () => lose(new BxError('state', 'the connection was closed')));

  const write = (...parts: Uint8Array[]): void => {
    if (isClosed || !stream.writable) return;
    if (parts.length > 1) stream.cork();
    for (const part of parts) stream.write(part);
    if (parts.length > 1) stream.uncork();
  };
  return {
    send(message) {
      if (isClosed) return;
      try {
        write(encodeMessage(message));
      } catch (error) {
        fail(toBxError(error));
      }
    },
    sendFrame: (frame) => write(frame),
    sendBytes: (channel, data) => write(bytesHeader(channel, data.length), data),
    get unsentBytes() {
      return stream.writableLength;
    },
    get isClosed() {
      return isClosed;
    },
    end() {
      close({ kind: 'ended' });
      linger();
    },
    hold() {
      holds++;
      if (!isClosed) stream.pause();
    },
    release() {
      holds--;
      if (!isClosed && holds === 0) stream.resume();
    },
    fail,
  };
}
