/** The Engine API over plain HTTP: answers as JSON, as a stream, or as a connection of its own. One connection per call. */
import * as http from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import type { Endpoint } from '../../builders/endpoint.js';
import { BxError } from '../../platform/errors.js';
import { isNamedPipe } from './address.js';
import { connectFailure, describeEndpoint, dialCancelled, notHttp } from './connect-error.js';
import { openSocket } from './open-socket.js';
import { endAlone, endWhenOver } from './pipe-end.js';

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

/** What the engine says, whether it does what was asked or not. */
export interface EngineAnswer {
  readonly status: number;
  /** Null when it says no JSON object. */
  readonly json: Readonly<Record<string, unknown>> | null;
  /** Of an error, else the text. */
  readonly message: string;
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
  /** An error status is no exception. */
  ask(method: string, path: string, options?: CallOptions): Promise<EngineAnswer>;
  /** Status and headers only; an error status is no exception. */
  head(path: string, options?: CallOptions): Promise<{ readonly status: number; readonly headers: http.IncomingHttpHeaders }>;
  /** The answer as it comes. */
  stream(method: string, path: string, options?: CallOptions): Promise<http.IncomingMessage>;
  /** What to say of an error that came after the answer had begun. */
  broken(error: unknown, signal?: AbortSignal): BxError;
  /** Bytes in both directions after the answer. Throws `ApiError` with what the engine says instead. */
  hijack(path: string, body: object | null, options?: CallOptions): Promise<Socket>;
}

/** Longest message of an error, or answer in words, that is read. */
const ANSWER_LIMIT_BYTES = 1 << 20;

/** What to say of a connection that has failed; `signal`: of the call. */
export type DescribeFailure = (endpoint: Endpoint, error: Error, signal: AbortSignal | undefined) => BxError;

/** Of an engine that is in use. */
const lostEngine: DescribeFailure = (endpoint, error, signal) => {
  if (signal?.aborted) return new BxError('cancelled', 'the call to the engine was cancelled');
  if (error instanceof BxError) return error;
  const failure = connectFailure(endpoint, error);
  return new BxError('engine-lost', `the connection to ${describeEndpoint(endpoint)} was lost: ${error.message}`, {
    hint: failure.hint,
    cause: error,
  });
};

/** Of one that something is connected through: it is an endpoint that cannot be reached. */
export const unreachable: DescribeFailure = (endpoint, error, signal) => {
  if (signal?.aborted) return dialCancelled(endpoint, signal.reason);
  const { rawPacket } = error as Error & { rawPacket?: Buffer };
  return rawPacket === undefined ? connectFailure(endpoint, error) : notHttp(endpoint, rawPacket.toString('latin1'));
};

export function createApi(endpoint: Endpoint, describeFailure: DescribeFailure = lostEngine): EngineApi {
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
    });
    // As the option `signal` does it, without what Node loads for that.
    const giveUp = (): void => void sent.destroy(new Error('the call was given up'));
    if (options.signal?.aborted) giveUp();
    options.signal?.addEventListener('abort', giveUp, { once: true });
    sent.once('close', () => options.signal?.removeEventListener('abort', giveUp));
    if (body !== undefined && 'pipe' in body) {
      body.on('error', (error) => sent.destroy(error));
      // The engine may answer and close before all was sent; the rest is for nobody.
      sent.on('close', () => body.destroy());
      body.pipe(sent);
    } else sent.end(bytes ?? undefined);
    return sent;
  };

  const lost = (error: Error, signal: AbortSignal | undefined): BxError =>
    describeFailure(endpoint, error instanceof BxError ? error : (severed ?? error), signal);

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

  const ask = async (method: string, path: string, options: CallOptions = {}): Promise<EngineAnswer> => {
    const response = await answer(method, path, options);
    const text = await readAll(response, ANSWER_LIMIT_BYTES).catch((error: Error) => {
      throw lost(error, options.signal);
    });
    const json = objectIn(text);
    return { status: response.statusCode ?? 0, json, message: messageIn(json) ?? text.trim() };
  };

  /** A connection over a named pipe, whose ends are not those of a socket. */
  const withEnds = (socket: Socket, path: string): Socket => {
    const exec = /^\/exec\/[^/]+(?=\/start$)/.exec(path)?.[0];
    const isOver = ({ json }: EngineAnswer): boolean => json?.Running === false && json.ExitCode !== null;
    if (exec !== undefined) void endWhenOver(socket, () => ask('GET', `${exec}/json`).then(isOver, () => false));
    return endAlone(socket);
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
    ask,
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
          resolve(isNamedPipe(endpoint.address) ? withEnds(socket, path) : socket);
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
  const text = await readAll(response, ANSWER_LIMIT_BYTES).catch(() => '');
  const message = messageIn(objectIn(text)) ?? text.trim();
  return new ApiError(response.statusCode ?? 0, message || `the engine answered with HTTP status ${response.statusCode}`);
}

function objectIn(text: string): EngineAnswer['json'] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {}
  return null;
}

function messageIn(json: EngineAnswer['json']): string | null {
  return typeof json?.message === 'string' ? json.message : null;
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
