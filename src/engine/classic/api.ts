/** The Engine API over plain HTTP: answers as JSON, as a stream, or as a connection of its own. One connection per call. */
import * as http from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import type { Endpoint } from '../../builders/endpoint.js';
import { BxError } from '../../platform/errors.js';
import { connectFailure, describeEndpoint } from '../shared/connect-error.js';
import { openSocket } from '../shared/open-socket.js';

/** What the engine answered with when it did not do what was asked. */
export class ApiError extends BxError {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super('engine', message);
  }
}

export interface CallOptions {
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: Readable | Buffer | object;
  readonly signal?: AbortSignal;
}

export interface EngineApi {
  readonly endpoint: Endpoint;
  /** `1.41`; what calls are made with. */
  version: string;
  /** Of all its connections: whether anything has come since. */
  readonly bytesHeard: number;
  /** Ends every connection with that error, and makes no further one: the engine is gone. */
  sever(error: BxError): void;
  /** The answer read as JSON; null when it is empty. Throws `ApiError`, and `BxError('endpoint' | 'engine-lost')`. */
  json<T>(method: string, path: string, options?: CallOptions): Promise<T>;
  /** Status and headers only; an error status is no exception. */
  head(path: string, options?: CallOptions): Promise<{ readonly status: number; readonly headers: http.IncomingHttpHeaders }>;
  /** The answer as it comes. */
  stream(method: string, path: string, options?: CallOptions): Promise<http.IncomingMessage>;
  /** What to say of an error that came after the answer had begun. */
  broken(error: unknown, signal?: AbortSignal): BxError;
  /** Bytes in both directions after the answer. */
  hijack(path: string, body: object | null, options?: CallOptions): Promise<Socket>;
}

/** Longest message of an error that is read. */
const ERROR_LIMIT_BYTES = 1 << 20;

export function createApi(endpoint: Endpoint): EngineApi {
  let version = '';
  const sockets = new Set<Duplex>();
  let heardBefore = 0;
  let severed: BxError | null = null;

  const request = async (method: string, path: string, options: CallOptions, upgrade: boolean): Promise<http.ClientRequest> => {
    const signal = options.signal ?? new AbortController().signal;
    if (severed !== null) throw severed;
    const socket = await openSocket(endpoint, signal);
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      heardBefore += bytesOf(socket);
    });
    const { body } = options;
    const isStream = body !== undefined && 'pipe' in body;
    const bytes = body === undefined || isStream ? null : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const sent = http.request({
      createConnection: () => socket,
      method,
      path: `${version === '' ? '' : `/v${version}`}${path}${queryText(options.query)}`,
      headers: {
        Host: 'docker',
        'User-Agent': 'bxtui',
        ...(bytes && { 'Content-Length': String(bytes.length) }),
        ...(bytes && !Buffer.isBuffer(body) && { 'Content-Type': 'application/json' }),
        ...(upgrade ? { Connection: 'Upgrade', Upgrade: 'tcp' } : { Connection: 'close' }),
        ...options.headers,
      },
      ...(options.signal && { signal: options.signal }),
    });
    if (body !== undefined && 'pipe' in body) {
      body.on('error', (error) => sent.destroy(error));
      // The engine may answer and close before all was sent; the rest is for nobody.
      sent.on('close', () => body.destroy());
      body.pipe(sent);
    } else sent.end(bytes ?? undefined);
    return sent;
  };

  const lost = (error: Error, signal: AbortSignal | undefined): BxError => {
    if (signal?.aborted) return new BxError('cancelled', 'the call to the engine was cancelled');
    if (error instanceof BxError) return error;
    if (severed !== null) return severed;
    const failure = connectFailure(endpoint, error);
    return new BxError('engine-lost', `the connection to ${describeEndpoint(endpoint)} was lost: ${error.message}`, {
      hint: failure.hint,
      cause: error,
    });
  };

  const answer = async (method: string, path: string, options: CallOptions): Promise<http.IncomingMessage> => {
    const sent = await request(method, path, options, false);
    return new Promise((resolve, reject) => {
      sent.on('error', (error) => reject(lost(error, options.signal)));
      sent.on('response', resolve);
    });
  };

  const checked = async (method: string, path: string, options: CallOptions): Promise<http.IncomingMessage> => {
    const response = await answer(method, path, options);
    if ((response.statusCode ?? 500) >= 400) throw await errorOf(response);
    return response;
  };

  return {
    endpoint,
    get bytesHeard() {
      return [...sockets].reduce((sum, socket) => sum + bytesOf(socket), heardBefore);
    },
    sever(error) {
      severed ??= error;
      for (const socket of sockets) socket.destroy(error);
    },
    get version() {
      return version;
    },
    set version(value: string) {
      version = value;
    },
    async json<T>(method: string, path: string, options: CallOptions = {}) {
      const response = await checked(method, path, options);
      const text = await readAll(response, Number.POSITIVE_INFINITY).catch((error: Error) => {
        throw lost(error, options.signal);
      });
      return (text.trim() === '' ? null : JSON.parse(text)) as T;
    },
    async head(path, options = {}) {
      const response = await answer('HEAD', path, options);
      response.resume();
      return { headers: response.headers, status: response.statusCode ?? 0 };
    },
    stream: (method, path, options = {}) => checked(method, path, options),
    broken: (error, signal) => lost(error instanceof Error ? error : new Error(String(error)), signal),
    async hijack(path, body, options = {}) {
      const sent = await request('POST', path, body === null ? options : { ...options, body }, true);
      return new Promise((resolve, reject) => {
        sent.on('error', (error) => reject(lost(error, options.signal)));
        sent.on('upgrade', (_response, socket: Socket, first) => {
          if (first.length > 0) socket.unshift(first);
          socket.on('error', () => {});
          resolve(socket);
        });
        sent.on('response', (response) => void errorOf(response).then(reject, reject));
      });
    },
  };
}

/** A channel that is no socket counts none. */
function bytesOf(stream: Duplex): number {
  return (stream as Partial<Socket>).bytesRead ?? 0;
}

async function errorOf(response: http.IncomingMessage): Promise<ApiError> {
  const text = await readAll(response, ERROR_LIMIT_BYTES).catch(() => '');
  let message = text.trim();
  try {
    message = (JSON.parse(text) as { message?: string }).message ?? message;
  } catch {}
  return new ApiError(response.statusCode ?? 0, message || `the engine answered with HTTP status ${response.statusCode}`);
}

function readAll(response: http.IncomingMessage, limit: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limit) chunks.push(chunk);
    });
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    response.on('error', reject);
  });
}

function queryText(query: CallOptions['query']): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : (typeof value === 'string' ? [value] : value).map((one) => [name, one] as [string, string]),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}
