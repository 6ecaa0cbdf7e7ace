/** Turns what the operating system, TLS or an HTTP answer say about a failed connection into an error that names the next step. */
import { X509Certificate } from 'node:crypto';
import type { Endpoint } from '../../builders/endpoint.js';
import { BxError } from '../../platform/errors.js';
import { isNamedPipe } from './address.js';
import { readKubeAddress } from './channel/kube-address.js';
import { variablesWithoutRoots } from './system-roots.js';

/** `unix:///run/docker.sock (DOCKER_HOST)`: an endpoint as errors name it. */
export function describeEndpoint(endpoint: Endpoint): string {
  return `${endpoint.address} (${endpoint.source})`;
}

/** A failed `connect` or TLS handshake. */
export function connectFailure(endpoint: Endpoint, cause: unknown): BxError {
  // A channel has said it already.
  if (cause instanceof BxError) return cause;
  const { reason, hint } = explain(endpoint, cause);
  return new BxError('endpoint', `cannot connect to ${describeEndpoint(endpoint)}: ${reason}`, { hint, cause });
}

/** Connected, and then no BuildKit: `cause` is what the first calls failed with. With TLS 1.3 a refused certificate shows only here. */
export function noBuildKit(endpoint: Endpoint, cause: unknown, reason: string): BxError {
  const { cause: below } = cause instanceof Error ? cause : {};
  if (below instanceof BxError) return below;
  if (endpoint.tls && /SSL routines/.test(reason)) return connectFailure(endpoint, new Error(reason, { cause }));
  return new BxError('endpoint', `${describeEndpoint(endpoint)} does not answer as BuildKit does: ${reason}`, {
    hint:
      endpoint.kind === 'docker'
        ? 'Docker Engine 20.10 or newer, or a buildkitd, is needed.'
        : 'A buildkitd is needed; a Docker Engine is named with DOCKER_HOST.',
    cause,
  });
}

/** Nothing came back within the time allowed. */
export function connectTimeout(endpoint: Endpoint, timeoutMs: number, phase: string): BxError {
  return new BxError(
    'endpoint',
    `no answer from ${describeEndpoint(endpoint)} within ${Math.round(timeoutMs / 100) / 10} s: ${phase}`,
    {
      hint: hintForSilence(endpoint),
    },
  );
}

/** What to do about an endpoint that says nothing. */
export function hintForSilence({ address }: Endpoint): string {
  const [, scheme = '', rest = ''] = /^([a-z-]+):\/\/([^/?]*)/.exec(address) ?? [];
  const [, host = rest, port] = /^(.*?)(?::(\d+))?$/.exec(rest) ?? [];
  const byHand: Readonly<Record<string, string>> = {
    ssh: `ssh ${port === undefined ? '' : `-p ${port} `}${host.replace(/[[\]]/g, '')} docker version`,
    'docker-container': `docker exec ${rest} buildctl debug workers`,
    'podman-container': `podman exec ${rest} buildctl debug workers`,
    'kube-pod': kubectlByHand(address),
    kubernetes: kubectlByHand(address),
  };
  const command = byHand[scheme];
  if (command !== undefined) return `Try by hand: ${command}`;
  if (scheme === 'npipe') return 'Check that the engine is running and not stuck.';
  return 'Check that the engine is running and not stuck, and that no firewall stands between.';
}

function kubectlByHand(address: string): string {
  const { isDeployment, name, container, scope } = readKubeAddress(address);
  const where = container === null ? [] : [`--container=${container}`];
  const what = isDeployment ? ['get', 'pods'] : ['exec', name, ...where, '--', 'buildctl', 'debug', 'workers'];
  return ['kubectl', ...scope, ...what].join(' ');
}

/** The engine is there, and has no BuildKit: Podman, and Docker Engines of old. */
export class NoBuildKitError extends BxError {}

/** The answer to an upgrade request was not `101 Switching Protocols`. */
export function upgradeRefused(endpoint: Endpoint, path: string, status: number, body: string): BxError {
  if (status === 400 && /HTTP request to an HTTPS server/i.test(body)) {
    return new BxError('endpoint', `${describeEndpoint(endpoint)} speaks TLS, and was asked without it`, {
      hint: 'Set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use a docker context with TLS.',
    });
  }
  if (status === 404 || status === 405 || status === 501) {
    return new NoBuildKitError(
      'endpoint',
      `the engine at ${describeEndpoint(endpoint)} has no BuildKit: it answered ${status} to ${path}`,
      {
        hint: 'Its classic builder is used with --engine=classic; a standalone buildkitd is named with BUILDKIT_HOST.',
      },
    );
  }
  const strange = strangeAnswer(endpoint, status, body);
  if (strange !== null) return strange;
  return new BxError('endpoint', `${describeEndpoint(endpoint)} refused to open BuildKit: ${saidBy(status, body)}`, {
    hint: "Look into the engine's own log for the reason.",
  });
}

/** An answer that comes from whoever stands between here and the engine, or that asks who is asking; null: it is neither. */
export function strangeAnswer(endpoint: Endpoint, status: number, body: string): BxError | null {
  const where = describeEndpoint(endpoint);
  const said = saidBy(status, body);
  if (status === 407) {
    return new BxError('endpoint', `a proxy stands between here and ${where}, and asks for credentials of its own: ${said}`, {
      hint: 'Name the engine by an address that no proxy serves, or reach it by ssh (DOCKER_HOST=ssh://USER@HOST).',
    });
  }
  if (status === 401 || status === 403) {
    return new BxError('endpoint', `${where} refused access: ${said}`, {
      hint: 'Renew the token or the certificate it is reached with, or ask whoever runs the engine for access.',
    });
  }
  if (status < 400 || /^(?:502|503|504)$/.test(String(status)) || /<(?:!doctype|html)/i.test(body)) {
    return new BxError('endpoint', `what answers at ${where} is no Docker Engine, but a proxy or a web server: ${said}`, {
      hint: 'Check host and port. Where a proxy stands between, name the address of the engine itself, or reach it by ssh (DOCKER_HOST=ssh://USER@HOST).',
    });
  }
  return null;
}

/** A status and the words of its answer in one line: of JSON its message, of a page what it says, which often begins with the status. */
function saidBy(status: number, body: string): string {
  const message = /^\s*\{.*"message"\s*:\s*("(?:[^"\\]|\\.)*")/s.exec(body)?.[1];
  const page = body.replace(/<(style|script)\b[\s\S]*?<\/\1>/gi, ' ');
  // Most pages have their title as a heading again.
  const title = /<title\b[\s\S]*?<\/title>/i.exec(page)?.[0] ?? '';
  const text = message === undefined ? withoutTags(page.replace(title, ' ')) || withoutTags(title) : decoded(message);
  return `${status} ${text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(new RegExp(`^${status}\\b *`), '')
    .slice(0, 300)}`.trimEnd();
}

function withoutTags(html: string): string {
  return html.replace(/<[^>]*>/g, ' ').trim();
}

function decoded(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return json;
  }
}

/** What answers there is no Engine API at all. */
export function notHttp(endpoint: Endpoint, start: string): BxError {
  const shown = JSON.stringify(start.slice(0, 40));
  return new BxError('endpoint', `what listens at ${describeEndpoint(endpoint)} is no Docker Engine: it answered ${shown}`, {
    hint: 'For a standalone buildkitd use BUILDKIT_HOST; for an engine with TLS set DOCKER_TLS_VERIFY=1.',
  });
}

/** The connection was closed before the upgrade was answered. */
export function closedEarly(endpoint: Endpoint): BxError {
  return new BxError('endpoint', `${describeEndpoint(endpoint)} closed the connection without an answer`, {
    hint:
      endpoint.tls === null
        ? 'Check that it is a Docker Engine that listens there, and whether it needs TLS.'
        : 'Check that it is a Docker Engine that listens there, and whether it accepts the certificate of this side (cert.pem).',
  });
}

export function dialCancelled(endpoint: Endpoint, cause?: unknown): BxError {
  return new BxError('cancelled', `connecting to ${describeEndpoint(endpoint)} was cancelled`, { cause });
}

function explain(endpoint: Endpoint, cause: unknown): { reason: string; hint: string } {
  const isUnix = endpoint.address.startsWith('unix://');
  const isUnheard = isUnix && errnoCode(cause) === 'ECONNREFUSED';
  if (isNamedPipe(endpoint.address)) {
    const own = pipeFailure(endpoint, errnoCode(cause));
    if (own !== null) return own;
  }
  return { reason: isUnheard ? 'nobody listens on the socket' : socketReason(cause), hint: hintForFailure(endpoint, cause) };
}

function pipeFailure({ kind }: Endpoint, code: string): { reason: string; hint: string } | null {
  const startIt = kind === 'docker' ? 'Start it (Docker Desktop, or Start-Service docker)' : 'Start buildkitd';
  switch (code) {
    case 'ENOENT':
      return { reason: 'there is no such pipe', hint: `${startIt}, or ${nameOther(kind)}.` };
    case 'EACCES':
    case 'EPERM':
      return {
        reason: 'permission denied',
        hint: 'Join the group docker-users (net localgroup docker-users NAME /add, then sign in again), or run as an administrator.',
      };
    case 'EBUSY':
      return { reason: 'everything that listens on the pipe is taken', hint: `Try again, or ${nameOther(kind)}.` };
    case 'ECONNRESET':
    case 'EPIPE':
      return {
        reason: 'the connection was reset',
        hint: 'Check that the engine is running, and that it is one that listens on the pipe.',
      };
  }
  return null;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'connection refused',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTFOUND: 'the host name cannot be resolved',
  EAI_AGAIN: 'the host name cannot be resolved',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the host cannot be reached',
  ETIMEDOUT: 'the host cannot be reached',
  ECONNRESET: 'the connection was reset',
  ENOTSOCK: 'the path is not a socket',
};

/** Why a connection does not come up, whoever is to be at its end. */
export function socketReason(cause: unknown): string {
  const code = errnoCode(cause);
  const message = messageOf(cause);
  return REASONS[code] ?? (isTlsFailure(code, message) ? `TLS failed: ${tlsReason(code, message)}` : message);
}

function hintForFailure({ kind, tls }: Endpoint, cause: unknown): string {
  const code = errnoCode(cause);
  const startIt = kind === 'docker' ? 'Start it (systemctl start docker)' : 'Start buildkitd';
  const other = nameOther(kind);
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return `${startIt}, or ${other}.`;
    case 'EACCES':
    case 'EPERM':
      return 'Join the group that owns the socket (usually: usermod -aG docker $USER, then log in again), or run as root.';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `Check the name and the network, or ${other}.`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return `Check the network, or ${other}.`;
    case 'ECONNRESET':
      return 'Check that the address and TLS settings fit the engine.';
    case 'ENOTSOCK':
      return `Give the path of the engine's socket: ${other}.`;
  }
  if (!isTlsFailure(code, messageOf(cause))) return `Check the address, or ${other}.`;
  // Node passes over an authority that it cannot read.
  if (tls?.ca != null && !isCertificate(tls.ca)) {
    return 'What is in ca.pem is no certificate: put that of the authority there which has signed the certificate of the engine.';
  }
  const [unread] = tls?.ca == null && !tls?.skipVerify ? variablesWithoutRoots(process.env) : [];
  if (unread !== undefined) {
    return `No certificate can be read at ${unread}: mend that, or put the authority's certificate at ca.pem of the endpoint.`;
  }
  return 'Check ca.pem, cert.pem and key.pem, the host name, and whether the engine uses TLS at all.';
}

function nameOther(kind: Endpoint['kind']): string {
  return kind === 'docker' ? 'name another one with DOCKER_HOST or a docker context' : 'correct BUILDKIT_HOST';
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function errnoCode(cause: unknown): string {
  // A host with several addresses fails with an AggregateError whose parts carry the code.
  if (cause instanceof AggregateError) {
    const own = (cause as NodeJS.ErrnoException).code;
    return own ?? errnoCode(cause.errors[0]);
  }
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : '';
}

function isTlsFailure(code: string, message: string): boolean {
  const isTlsCode = /^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO$|ERR_OSSL|HOSTNAME_MISMATCH)/.test(
    code,
  );
  return isTlsCode || /wrong version number|alert|certificate/i.test(message);
}

function tlsReason(code: string, message: string): string {
  if (/wrong version number|packet length too long/i.test(message)) return 'the other side does not speak TLS';
  const refused = /alert ((?:bad |unknown |no )?(?:certificate|ca)\b[a-z ]*)/.exec(message)?.[1];
  if (refused) return `the engine refused the certificate of this side (${refused})`;
  const openssl = /:SSL routines:[^:]*:([^:]+)/.exec(message)?.[1];
  if (openssl) return openssl;
  return code !== '' && !message.includes(code) ? `${message} (${code})` : message;
}
