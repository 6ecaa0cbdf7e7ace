/** The few calls of the Engine API that a channel into a container takes. One connection per call. */
import * as http from 'node:http';
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../../../builders/endpoint.js';
import { connectFailure, dialCancelled, notHttp } from '../connect-error.js';
import { openSocket } from '../open-socket.js';

export interface CallAnswer {
  readonly status: number;
  /** Of the answer; null when it is none. */
  readonly json: Readonly<Record<string, unknown>> | null;
  /** What the engine says of an error, else the text of the answer. */
  readonly message: string;
}

const ANSWER_LIMIT_BYTES = 1 << 20;

/** An error status is no exception. Throws `BxError('endpoint' | 'cancelled')`. */
export async function callEngine(
  host: Endpoint,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body: object | Buffer | null,
  signal: AbortSignal,
): Promise<CallAnswer> {
  const sent = await request(host, method, path, body, {}, signal);
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(failure(host, error, signal));
    sent.on('error', fail);
    sent.on('response', (response) => readAnswer(response).then(resolve, fail));
  });
}

/** The connection after a `101`; the engine's answer where it gives another one. Throws `BxError('endpoint' | 'cancelled')`. */
export async function hijackEngine(
  host: Endpoint,
  path: string,
  body: object,
  signal: AbortSignal,
): Promise<Duplex | CallAnswer> {
  const sent = await request(host, 'POST', path, body, { Connection: 'Upgrade', Upgrade: 'tcp' }, signal);
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(failure(host, error, signal));
    sent.on('error', fail);
    sent.on('response', (response) => readAnswer(response).then(resolve, fail));
    sent.on('upgrade', (_response, socket: Duplex, first: Buffer) => {
      if (first.length > 0) socket.unshift(first);
      resolve(socket);
    });
  });
}

async function request(
  host: Endpoint,
  method: string,
  path: string,
  body: object | Buffer | null,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<http.ClientRequest> {
  const socket = await openSocket(host, signal);
  const isTar = Buffer.isBuffer(body);
  const bytes = body === null ? null : isTar ? body : Buffer.from(JSON.stringify(body));
  const sent = http.request({
    createConnection: () => socket,
    method,
    path,
    headers: {
      Host: 'docker',
      'User-Agent': 'bxtui',
      Connection: 'close',
      ...(bytes !== null && {
        'Content-Type': isTar ? 'application/x-tar' : 'application/json',
        'Content-Length': String(bytes.length),
      }),
      ...headers,
    },
  });
  const onAbort = (): void => void socket.destroy(new Error('cancelled'));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const release = (): void => signal.removeEventListener('abort', onAbort);
  sent.once('upgrade', release);
  sent.once('close', release);
  sent.end(bytes ?? undefined);
  return sent;
}

async function readAnswer(response: http.IncomingMessage): Promise<CallAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes <= ANSWER_LIMIT_BYTES) chunks.push(chunk as Buffer);
  }
  const text = Buffer.concat(chunks).toString('utf8').trim();
  let json: CallAnswer['json'] = null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) json = value as CallAnswer['json'];
  } catch {}
  return { status: response.statusCode ?? 0, json, message: typeof json?.message === 'string' ? json.message : text };
}

function failure(host: Endpoint, error: Error, signal: AbortSignal): Error {
  if (signal.aborted) return dialCancelled(host, signal.reason);
  const { rawPacket } = error as Error & { rawPacket?: Buffer };
  return rawPacket === undefined ? connectFailure(host, error) : notHttp(host, rawPacket.toString('latin1'));
}
