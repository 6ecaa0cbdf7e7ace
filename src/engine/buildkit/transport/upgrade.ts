/**
 * The Engine API's connection hijack: one HTTP/1.1 request, answered by `101 Switching Protocols`, after which the socket belongs
 * to HTTP/2. Written by hand because the first bytes of HTTP/2 may already be in the packet that carries the 101.
 */
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../../../builders/endpoint.js';
import { hostHeader } from '../../shared/address.js';
import {
  closedEarly,
  connectFailure,
  connectTimeout,
  dialCancelled,
  notHttp,
  upgradeRefused,
} from '../../shared/connect-error.js';

const HEADER_LIMIT_BYTES = 64 * 1024;
const REFUSAL_BODY_WAIT_MS = 200;

/** Headers as raw pairs: a name may be given several times. */
export type RawHeaders = ReadonlyArray<readonly [name: string, value: string]>;

/** Sends the request on a fresh stream and returns when it is HTTP/2's. Destroys the stream when it throws. */
export function upgradeSocket(
  socket: Duplex,
  endpoint: Endpoint,
  path: string,
  headers: RawHeaders,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    // On a named pipe the answer may be there before its request is told to be written. HTTP/2 would take that for a write of its own, and Node would
    // end the process.
    let onWritten: () => void;
    const written = new Promise<void>((done) => {
      onWritten = done;
    });
    const settle = (action: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.off('data', onData).off('error', onError).off('close', onClose);
      action();
    };
    const fail = (error: Error): void =>
      settle(() => {
        socket.on('error', () => {});
        socket.destroy();
        reject(error);
      });
    const onData = (chunk: Buffer): void => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const end = received.indexOf('\r\n\r\n');
      const head = received.toString('latin1', 0, end < 0 ? received.length : end);
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
      if (!'HTTP/'.startsWith(head.slice(0, 5)) || (end >= 0 && status === 0) || head.length > HEADER_LIMIT_BYTES) {
        fail(notHttp(endpoint, head));
      } else if (status === 101 && end >= 0) {
        const rest = received.subarray(end + 4);
        socket.off('data', onData).pause();
        if (rest.length > 0) socket.unshift(rest);
        void written.then(() => settle(() => resolve(socket)));
      } else if (end >= 0) {
        collectRefusal(status, end + 4);
      }
    };
    // The reason of a refusal is in the body, which may come in a packet of its own.
    const collectRefusal = (status: number, bodyStart: number): void => {
      socket.off('data', onData);
      const chunks = [received.subarray(bodyStart)];
      const finish = (): void => fail(upgradeRefused(endpoint, path, status, dechunk(Buffer.concat(chunks).toString('utf8'))));
      socket
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .off('close', onClose)
        .on('close', finish);
      setTimeout(finish, (chunks[0]?.length ?? 0) > 0 ? 0 : REFUSAL_BODY_WAIT_MS);
    };
    const onError = (error: Error): void => fail(connectFailure(endpoint, error));
    const onClose = (): void => fail(closedEarly(endpoint));
    const onAbort = (): void => fail(dialCancelled(endpoint, signal.reason));
    const timer = setTimeout(
      () => fail(connectTimeout(endpoint, timeoutMs, 'it takes the connection and says nothing')),
      timeoutMs,
    );
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('data', onData).on('error', onError).on('close', onClose);
    socket.write(requestText(endpoint, path, headers), (error) => {
      if (!error) onWritten();
    });
  });
}

/** Go's server takes `Upgrade: h2c` with an empty body; no API version prefix is needed. */
function requestText(endpoint: Endpoint, path: string, headers: RawHeaders): string {
  const lines = [
    `POST ${path} HTTP/1.1`,
    `Host: ${hostHeader(endpoint)}`,
    'User-Agent: bxtui',
    'Connection: Upgrade',
    'Upgrade: h2c',
    'Content-Length: 0',
  ];
  for (const [name, value] of headers) lines.push(`${name}: ${value.replace(/[\r\n]/g, ' ')}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Enough of chunked coding for a one-line error body. */
function dechunk(body: string): string {
  const chunked = /^[0-9a-f]+\r\n([\s\S]*?)\r\n(?:0\r\n[\s\S]*)?$/i.exec(body);
  return chunked ? (chunked[1] ?? body) : body;
}
