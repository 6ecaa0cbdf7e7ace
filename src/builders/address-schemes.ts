/** Which addresses can be used, and what to say about the others. */
import { BxError } from '../platform/errors.js';

/** What is not reached yet, by scheme, with a way that works today. */
const NOT_YET: Readonly<Record<string, string>> = {
  ssh: 'Forward its socket (ssh -L /tmp/docker.sock:/var/run/docker.sock HOST) and set DOCKER_HOST=unix:///tmp/docker.sock.',
  npipe: "Named pipes are Windows' own; name an engine with tcp:// or unix://.",
  fd: 'fd:// is for a daemon that is handed its socket; name the socket itself with unix://.',
  'docker-container': 'Publish a port of the container or mount its socket, and set BUILDKIT_HOST=tcp://… or unix://….',
  'podman-container': 'Publish a port of the container or mount its socket, and set BUILDKIT_HOST=tcp://… or unix://….',
  'nerdctl-container': 'Publish a port of the container or mount its socket, and set BUILDKIT_HOST=tcp://… or unix://….',
  'kube-pod': 'Forward a port of the pod (kubectl port-forward) and set BUILDKIT_HOST=tcp://127.0.0.1:PORT.',
};

/** `HOST:PORT` means tcp, as with the docker command. Throws `BxError('endpoint')` for what cannot be used, naming it and `source`. */
export function normaliseAddress(text: string, source: string): string {
  const address = text.trim();
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    if (address.startsWith('/')) return `unix://${address}`;
    return checkTcp(`tcp://${address.startsWith(':') ? `127.0.0.1${address}` : address}`, source);
  }
  const rest = address.slice(scheme.length + 3);
  if (scheme === 'unix') {
    if (!rest.startsWith('/')) throw malformed(address, source, 'a unix address needs an absolute path');
    return `unix://${rest}`;
  }
  if (scheme === 'tcp') return checkTcp(`tcp://${rest}`, source);
  const hint = NOT_YET[scheme] ?? 'Name an engine with unix:///path or tcp://host:port.';
  throw new BxError('endpoint', `${source} names ${address}, and ${scheme}:// is not supported yet`, { hint });
}

function checkTcp(address: string, source: string): string {
  try {
    const { hostname, username } = new URL(address.replace(/^tcp:/, 'http:'));
    if (hostname === '' || username !== '') throw new Error('the host cannot be read');
    return address.replace(/\/+$/, '');
  } catch (error) {
    throw malformed(address, source, 'host and port cannot be read', error);
  }
}

function malformed(address: string, source: string, why: string, cause?: unknown): BxError {
  return new BxError('endpoint', `${source} names ${JSON.stringify(address)}: ${why}`, {
    hint: 'Write it as unix:///path/to/engine.sock or tcp://host:port.',
    cause,
  });
}
