/**
 * Opens the stream below everything: a socket (unix, tcp, TLS) within a deadline, or a channel through a program or a container. It speaks no
 * protocol on it.
 */
import * as net from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, checkServerIdentity, connect as connectTls, type PeerCertificate } from 'node:tls';
import type { Endpoint } from '../../builders/endpoint.js';
import { isSocketAddress, type SocketTarget, socketTarget } from './address.js';
import { connectFailure, connectTimeout, dialCancelled } from './connect-error.js';

/** How long it may take until somebody answers: the connection and the answer to an upgrade together. With the start of the program it is below 5 s. */
const DIAL_TIMEOUT_MS = 3_700;
/** Through a program, which has its own limits for what it connects to. */
const CHANNEL_TIMEOUT_MS = 10_000;

/** From the first packet to the first byte of an answer. */
export function answerTimeoutMs({ address }: Endpoint): number {
  return isSocketAddress(address) ? DIAL_TIMEOUT_MS : CHANNEL_TIMEOUT_MS;
}

export interface OpenOptions {
  readonly timeoutMs?: number;
  readonly alpn?: readonly string[];
}

/**
 * A connected (for TLS: verified) socket, or a channel, of which it shows only with the first bytes whether somebody is there: until then it
 * fails with an 'error' that is a `BxError`. Throws `BxError('endpoint' | 'cancelled')`.
 */
export async function openSocket(endpoint: Endpoint, signal: AbortSignal, options: OpenOptions = {}): Promise<Duplex> {
  if (endpoint.kind === 'docker' && /^(?:tcp|https?):/i.test(endpoint.address)) {
    const { openThroughProxy } = await import('./engine-proxy.js');
    return openThroughProxy(endpoint, signal, (to, base) => connectSocket(to, signal, options, base));
  }
  if (isSocketAddress(endpoint.address)) return connectSocket(endpoint, signal, options);
  const { openChannel } = await import('./channel/open-channel.js');
  return openChannel(endpoint, signal);
}

/** `base`: a stream that leads there already, for TLS. */
function connectSocket(
  endpoint: Endpoint,
  signal: AbortSignal,
  options: OpenOptions,
  base: net.Socket | null = null,
): Promise<net.Socket> {
  const timeoutMs = options.timeoutMs ?? DIAL_TIMEOUT_MS;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(dialCancelled(endpoint, signal.reason));
    let socket: net.Socket;
    try {
      socket = startConnecting(endpoint, socketTarget(endpoint), options.alpn ?? [], base);
    } catch (error) {
      return reject(error instanceof Error && error.name === 'BxError' ? error : connectFailure(endpoint, error));
    }
    const settle = (action: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket
        .off('error', onError)
        .off(endpoint.tls ? 'secureConnect' : 'connect', onConnect)
        .off('close', onClose);
      action();
    };
    const fail = (error: Error): void =>
      settle(() => {
        socket.on('error', () => {});
        socket.destroy();
        reject(error);
      });
    const onError = (error: Error): void => fail(connectFailure(endpoint, error));
    const onClose = (): void => fail(connectFailure(endpoint, new Error('the connection was closed')));
    const onAbort = (): void => fail(dialCancelled(endpoint, signal.reason));
    const onConnect = (): void =>
      settle(() => {
        socket.setNoDelay?.(true);
        resolve(socket);
      });
    const timer = setTimeout(() => fail(connectTimeout(endpoint, timeoutMs, 'the connection did not come up')), timeoutMs);
    socket
      .on('error', onError)
      .on('close', onClose)
      .on(endpoint.tls ? 'secureConnect' : 'connect', onConnect);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function startConnecting(endpoint: Endpoint, target: SocketTarget, alpn: readonly string[], base: net.Socket | null): net.Socket {
  if (target.kind === 'unix' && !endpoint.tls) return net.connect({ path: target.path });
  if (target.kind === 'tcp' && !endpoint.tls) return net.connect({ host: target.host, port: target.port, keepAlive: true });
  return connectTls({
    ...(target.kind === 'unix' ? { path: target.path } : { host: target.host, port: target.port }),
    ...(base !== null && { socket: base }),
    ...tlsOptions(endpoint, target, alpn),
  });
}

function tlsOptions(endpoint: Endpoint, target: SocketTarget, alpn: readonly string[]): ConnectionOptions {
  const material = endpoint.tls;
  const host = material?.serverName ?? (target.kind === 'tcp' ? target.host : 'localhost');
  return {
    ...(material?.ca != null && { ca: material.ca }),
    ...(material?.cert != null && { cert: material.cert }),
    ...(material?.key != null && { key: material.key }),
    // An IP address is no valid SNI name; the certificate is then checked against the address itself.
    ...(net.isIP(host) ? { host } : { servername: host }),
    ...(net.isIP(host) &&
      target.kind === 'tcp' && {
        host: target.host,
        checkServerIdentity: (_: string, cert: PeerCertificate) => checkServerIdentity(host, cert),
      }),
    rejectUnauthorized: !(material?.skipVerify ?? false),
    ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
    minVersion: 'TLSv1.2',
  };
}
