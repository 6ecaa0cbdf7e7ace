/** Reads an endpoint's address into what `node:net` and `node:tls` take. It opens nothing and reads no environment. */
import type { Endpoint } from '../../builders/endpoint.js';
import { BxError } from '../../platform/errors.js';

export type SocketTarget =
  | { readonly kind: 'unix'; readonly path: string }
  /** A named pipe of Windows. */
  | { readonly kind: 'npipe'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** Ports that the docker command and buildkitd's own clients take when an address names none. */
const DEFAULT_DOCKER_PORT = 2375;
const DEFAULT_DOCKER_TLS_PORT = 2376;
const DEFAULT_BUILDKITD_PORT = 1234;

export function isNamedPipe(address: string): boolean {
  return /^npipe:\/\//i.test(address);
}

/** Others are reached through a program or a container: `channel/`. */
export function isSocketAddress(address: string): boolean {
  return /^(?:unix|npipe|tcp|https?):\/\//i.test(address);
}

/** Not a socket of this machine: there is a line between, which can be long, and break. */
export function isFar({ address }: Endpoint): boolean {
  return !/^(?:unix|npipe):\/\//i.test(address);
}

/** Throws `BxError('endpoint')` for an address that cannot be dialed. */
export function socketTarget(endpoint: Endpoint): SocketTarget {
  const { address } = endpoint;
  if (isNamedPipe(address)) return { kind: 'npipe', path: address.slice('npipe://'.length) };
  if (address.startsWith('unix://')) {
    const path = address.slice('unix://'.length);
    if (!path.startsWith('/')) throw malformed(endpoint, 'a unix address needs an absolute path');
    return { kind: 'unix', path };
  }
  const match = /^(?:tcp|https?):\/\/(.*)$/i.exec(address);
  if (!match) throw malformed(endpoint, 'only unix:// and tcp:// addresses have a socket');
  let url: URL;
  try {
    url = new URL(`http://${match[1]}`);
  } catch (error) {
    throw malformed(endpoint, 'host and port cannot be read', error);
  }
  if (url.hostname === '') throw malformed(endpoint, 'the host is missing');
  return {
    kind: 'tcp',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: explicitPort(match[1] ?? '') ?? defaultPort(endpoint),
  };
}

/** What an HTTP request to it says as its host; `docker` where there is none. */
export function hostHeader(endpoint: Endpoint): string {
  const target = isSocketAddress(endpoint.address) ? socketTarget(endpoint) : null;
  if (target?.kind !== 'tcp') return 'docker';
  return `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
}

/** `URL` hides a port that is http's default, so the digits are read from the text. */
function explicitPort(authority: string): number | null {
  const digits = /:(\d+)(?:\/|$)/.exec(authority.replace(/^.*\]/, ''))?.[1];
  return digits === undefined ? null : Number(digits);
}

function defaultPort(endpoint: Endpoint): number {
  if (endpoint.kind === 'buildkitd') return DEFAULT_BUILDKITD_PORT;
  return endpoint.tls ? DEFAULT_DOCKER_TLS_PORT : DEFAULT_DOCKER_PORT;
}

function malformed(endpoint: Endpoint, why: string, cause?: unknown): BxError {
  return new BxError('endpoint', `cannot use the engine address ${endpoint.address} (${endpoint.source}): ${why}`, {
    hint: 'Write it as unix:///path/to/engine.sock or tcp://host:port.',
    cause,
  });
}
