/** Connects one socket, plain or TLS, within a deadline. It knows no engine: why it does not come up is as the system and TLS say it. */
import * as net from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type { SocketTarget } from './address.js';

export interface DialLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** Nobody has answered in time. */
export class DialTimeoutError extends Error {}

/** The signal has ended it. */
export class DialAbortedError extends Error {}

/** Rejects with what the system says, or with one of the two above. */
export function dialSocket(target: SocketTarget, limits: DialLimits): Promise<net.Socket> {
  return connected(() => net.connect(placeOf(target)), 'connect', limits);
}

/** A verified one. `base`: a stream that leads to the target already. Rejects likewise, and with what TLS says. */
export function dialTls(
  target: SocketTarget,
  options: ConnectionOptions,
  limits: DialLimits,
  base: net.Socket | null = null,
): Promise<TLSSocket> {
  const start = (): TLSSocket => connectTls({ ...placeOf(target), ...(base !== null && { socket: base }), ...options });
  return connected(start, 'secureConnect', limits);
}

function placeOf(target: SocketTarget) {
  return target.kind !== 'tcp' ? { path: target.path } : { host: target.host, port: target.port, keepAlive: true };
}

function connected<S extends net.Socket>(
  start: () => S,
  event: 'connect' | 'secureConnect',
  { signal, timeoutMs }: DialLimits,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const aborted = (): Error => new DialAbortedError('the dialing was given up', { cause: signal.reason });
    if (signal.aborted) return reject(aborted());
    const socket = start();
    const settle = (action: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.off('error', fail).off(event, onConnect).off('close', onClose);
      action();
    };
    const fail = (error: Error): void =>
      settle(() => {
        socket.on('error', () => {});
        socket.destroy();
        reject(error);
      });
    const onClose = (): void => fail(new Error('the connection was closed'));
    const onAbort = (): void => fail(aborted());
    const onConnect = (): void =>
      settle(() => {
        socket.setNoDelay?.(true);
        resolve(socket);
      });
    const timer = setTimeout(() => fail(new DialTimeoutError(`no answer within ${timeoutMs} ms`)), timeoutMs);
    socket.on('error', fail).on('close', onClose).on(event, onConnect);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
