/**
 * Connect's transport interface for gRPC on one `Http2Connection`: no reconnect behind the back, no compression, and nothing loaded that
 * a call to an engine does not need. Errors leave here as `ConnectError`.
 */
import * as http2 from 'node:http2';
import {
  create,
  type DescMessage,
  type DescMethodStreaming,
  type DescMethodUnary,
  fromBinary,
  type Message,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { Code, ConnectError, type Transport } from '@connectrpc/connect';
import { toBxError } from '../../../platform/errors.js';
import { StatusSchema } from '../proto/gen/gateway_pb.js';
import { FrameReader, frame } from './grpc-frames.js';
import type { Http2Connection } from './http2-client.js';

const READ_LIMIT_BYTES = 64 << 20;
/** A reader that is so many messages behind holds the stream back. */
const UNREAD_MAX = 64;

/** Messages that are read otherwise than by the generated code. */
export type Readers = ReadonlyMap<DescMessage, (bytes: Uint8Array) => Message>;

/** A transport for `createClient(Service, transport)`; it lives as long as the connection. */
export function createEngineTransport(connection: Http2Connection, readers: Readers = new Map()): Transport {
  return {
    async unary(method, signal, _timeoutMs, header, input) {
      const call = openCall(connection, method, signal, header);
      call.stream.end(encode(method.input, input));
      const bytes = await onlyMessage(call);
      return {
        ...{ stream: false as const, service: method.parent, method },
        message: fromBinary(method.output, bytes),
        header: toHeaders(call.header),
        trailer: toHeaders(call.trailer),
      };
    },
    async stream(method, signal, _timeoutMs, header, input) {
      const call = openCall(connection, method, signal, header);
      void sendAll(call, method.input, input);
      return {
        ...{ stream: true as const, service: method.parent, method },
        message: decodeAll(call, decoderOf(method.output, readers)),
        header: toHeaders(call.header),
        trailer: toHeaders(call.trailer),
      };
    },
  };
}

type ReceivedHeaders = http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader;

interface Call {
  readonly stream: http2.ClientHttp2Stream;
  readonly header: ReceivedHeaders;
  readonly trailer: http2.IncomingHttpHeaders;
  /** The next message; null at the end of a call that went well. Rejects with `ConnectError`. */
  next(): Promise<Uint8Array | null>;
}

/** Node ends a session that it cannot read any more without a word, and tells the next request: then the connection is lost for all. */
function requestOn({ session, socket }: Http2Connection, headers: http2.OutgoingHttpHeaders): http2.ClientHttp2Stream {
  try {
    return session.request(headers);
  } catch (error) {
    socket.destroy(error instanceof Error ? error : undefined);
    throw new ConnectError(toBxError(error).message, Code.Unavailable);
  }
}

function openCall(
  connection: Http2Connection,
  method: DescMethodUnary | DescMethodStreaming,
  signal: AbortSignal | undefined,
  init: ConstructorParameters<typeof Headers>[0],
): Call {
  if (signal?.aborted) throw cancelled(signal);
  if (connection.isClosed) throw new ConnectError('the connection to the engine is closed', Code.Unavailable);
  const stream = requestOn(connection, {
    ...Object.fromEntries(new Headers(init)),
    ':method': 'POST',
    ':path': `/${method.parent.typeName}/${method.name}`,
    'content-type': 'application/grpc+proto',
    te: 'trailers',
  });
  const header: ReceivedHeaders = {};
  const trailer: http2.IncomingHttpHeaders = {};
  const reader = new FrameReader(READ_LIMIT_BYTES);
  const unread: Uint8Array[] = [];
  let outcome: { readonly error: ConnectError | null } | null = null;
  let cause: unknown = null;
  let wake: () => void = () => {};

  const settle = (error: ConnectError | null): void => {
    if (outcome) return;
    outcome = { error };
    signal?.removeEventListener('abort', onAbort);
    if (error && !stream.closed) stream.close(http2.constants.NGHTTP2_CANCEL);
    wake();
  };
  const onAbort = (): void => settle(cancelled(signal));
  signal?.addEventListener('abort', onAbort, { once: true });
  stream.on('response', (received) => void Object.assign(header, received));
  stream.on('trailers', (received) => void Object.assign(trailer, received));
  stream.on('data', (chunk: Buffer) => {
    try {
      reader.push(chunk, (message) => void unread.push(plainBytes(message)));
    } catch (error) {
      settle(new ConnectError(toBxError(error).message, Code.Internal));
    }
    if (unread.length > UNREAD_MAX) stream.pause();
    wake();
  });
  stream.on('error', (error) => {
    cause ??= error;
  });
  // The status comes before the end; without one the stream was broken off, which its closing tells.
  stream.on('end', () => {
    const status = statusOf(trailer) ?? statusOf(header);
    if (status) settle(status.error);
  });
  stream.on('close', () => {
    if (!outcome) settle(brokenOff(stream, header, cause));
  });

  return {
    ...{ stream, header, trailer },
    async next() {
      for (;;) {
        const message = unread.shift();
        if (message) {
          if (unread.length === 0 && stream.isPaused()) stream.resume();
          return message;
        }
        if (outcome?.error) throw outcome.error;
        if (outcome) return null;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

async function onlyMessage(call: Call): Promise<Uint8Array> {
  const message = await call.next();
  if (message === null) throw new ConnectError('the engine answered without a message', Code.Unimplemented);
  if ((await call.next()) !== null) throw new ConnectError('the engine answered with several messages', Code.Unimplemented);
  return message;
}

async function sendAll<I extends DescMessage>(
  { stream }: Call,
  schema: I,
  input: AsyncIterable<MessageInitShape<I>>,
): Promise<void> {
  try {
    for await (const message of input) {
      if (stream.destroyed) return;
      if (!stream.write(encode(schema, message)))
        await new Promise((resolve) => stream.once('drain', resolve).once('close', resolve));
    }
    stream.end();
  } catch {
    stream.close(http2.constants.NGHTTP2_CANCEL);
  }
}

function decoderOf<O extends DescMessage>(schema: O, readers: Readers): (bytes: Uint8Array) => MessageShape<O> {
  const read = readers.get(schema) as ((bytes: Uint8Array) => MessageShape<O>) | undefined;
  return read ?? ((bytes) => fromBinary(schema, bytes));
}

async function* decodeAll<T>(call: Call, decode: (bytes: Uint8Array) => T): AsyncGenerator<T> {
  try {
    for (let bytes = await call.next(); bytes !== null; bytes = await call.next()) yield decode(bytes);
  } finally {
    if (!call.stream.closed) call.stream.close(http2.constants.NGHTTP2_CANCEL);
  }
}

/** Fields of bytes are of the kind of what they are read from, and a Buffer copies and prints otherwise than their type says. */
function plainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

function encode<I extends DescMessage>(schema: I, input: MessageInitShape<I>): Buffer {
  return frame(toBinary(schema, create(schema, input)));
}

/** Null: these headers carry no status (gRPC over HTTP/2, Responses). */
function statusOf(headers: http2.IncomingHttpHeaders): { readonly error: ConnectError | null } | null {
  const status = headers['grpc-status'];
  if (status === undefined) return null;
  if (status === '0') return { error: null };
  const encoded = headers['grpc-status-details-bin'];
  if (encoded !== undefined) {
    const { code, message, details } = fromBinary(StatusSchema, plainBytes(Buffer.from(String(encoded), 'base64')));
    const error = new ConnectError(message, code);
    error.details = details.map(({ typeUrl, value }) => ({ type: typeUrl.slice(typeUrl.lastIndexOf('/') + 1), value }));
    return { error };
  }
  return { error: new ConnectError(decodeMessage(String(headers['grpc-message'] ?? '')), Number(status)) };
}

/** Percent-encoded UTF-8; what is not well encoded is taken as it is. */
function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function brokenOff(stream: http2.ClientHttp2Stream, header: ReceivedHeaders, cause: unknown): ConnectError {
  const status = header[':status'];
  if (status !== undefined && status !== 200)
    return new ConnectError(`the engine answered with HTTP status ${status}`, Code.Unknown);
  const code = stream.rstCode === http2.constants.NGHTTP2_CANCEL ? Code.Canceled : Code.Unavailable;
  const why = cause === null ? '' : `: ${toBxError(cause).message}`;
  return new ConnectError(`the call was closed by the engine${why}`, code, undefined, undefined, cause);
}

function cancelled(signal: AbortSignal | undefined): ConnectError {
  return new ConnectError('the call was canceled', Code.Canceled, undefined, undefined, signal?.reason);
}

function toHeaders(received: http2.IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(received)) {
    if (!name.startsWith(':') && value !== undefined) headers.set(name, String(value));
  }
  return headers;
}
