/**
 * Opens the stream below everything: a socket (unix, tcp, TLS) within a deadline, or a channel through a program or a container. It speaks no
 * protocol on it.
 */
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { Endpoint, TlsMaterial } from '../../builders/endpoint.js';
import { isSocketAddress, type SocketTarget, socketTarget } from './address.js';
import { connectFailure, connectTimeout, dialCancelled } from './connect-error.js';
import { DialAbortedError, DialTimeoutError, dialSocket, dialTls } from './dial-socket.js';
import { secureContextOf } from './tls-context.js';

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
    return openThroughProxy(endpoint, signal, (line) => connectSocket(endpoint, signal, options, line));
  }
  if (isSocketAddress(endpoint.address)) return connectSocket(endpoint, signal, options);
  const { openChannel } = await import('./channel/open-channel.js');
  return openChannel(endpoint, signal);
}

/** `line`: a connection that leads to the engine already. */
async function connectSocket(
  endpoint: Endpoint,
  signal: AbortSignal,
  { timeoutMs = DIAL_TIMEOUT_MS, alpn = [] }: OpenOptions,
  line: Socket | null = null,
): Promise<Socket> {
  const limits = { signal, timeoutMs };
  try {
    const target = socketTarget(endpoint);
    if (endpoint.tls !== null) return await dialTls(target, tlsOptions(endpoint.tls, target, alpn), limits, line);
    return line ?? (await dialSocket(target, limits));
  } catch (error) {
    if (error instanceof DialAbortedError) throw dialCancelled(endpoint, error.cause);
    if (error instanceof DialTimeoutError) throw connectTimeout(endpoint, timeoutMs, 'the connection did not come up');
    throw connectFailure(endpoint, error);
  }
}

function tlsOptions(material: TlsMaterial, target: SocketTarget, alpn: readonly string[]): ConnectionOptions {
  const host = material.serverName ?? (target.kind === 'tcp' ? target.host : 'localhost');
  return {
    secureContext: secureContextOf(material),
    // An IP address is no valid SNI name; the certificate is then checked against the address itself.
    ...(isIP(host) ? { host } : { servername: host }),
    ...(isIP(host) &&
      target.kind === 'tcp' && {
        host: target.host,
        checkServerIdentity: (_: string, cert: PeerCertificate) => checkServerIdentity(host, cert),
      }),
    rejectUnauthorized: !material.skipVerify,
    ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
  };
}
