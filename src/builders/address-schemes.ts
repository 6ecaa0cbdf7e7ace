/** Which addresses can be used for which kind of engine, and what to say about the others. */
import { BxError } from '../platform/errors.js';
import type { Endpoint } from './endpoint.js';
import { USUAL_PIPES } from './usual-pipes.js';

/** Schemes of a buildkitd alone, with what may stand behind the name (buildkit, client/connhelper). */
const CONTAINER_QUERIES: Readonly<Record<string, readonly string[]>> = {
  'docker-container': ['context'],
  'podman-container': [],
  'nerdctl-container': ['namespace'],
  'kube-pod': ['context', 'namespace', 'container'],
};
const CONTAINER_NAME = /^[a-z0-9][a-z0-9_.-]*$/i;
/** A pipe of this machine or of another one. */
const PIPE = /^\/\/[^/]+\/pipe\/[^/].*$/i;
const WAYS: Readonly<Record<Endpoint['kind'], string>> = {
  docker: 'Write it as unix:///path/to/docker.sock, tcp://HOST:PORT or ssh://USER@HOST.',
  buildkitd:
    'Write it as unix:///path/to/buildkitd.sock, tcp://HOST:PORT, ssh://USER@HOST, docker-container://NAME, podman-container://NAME or kube-pod://POD.',
};

/** `HOST:PORT` means tcp, as with the docker command. Throws `BxError('endpoint')` for what cannot be used, naming it and `source`. */
export function normaliseAddress(
  text: string,
  source: string,
  kind: Endpoint['kind'],
  platform: string = process.platform,
): string {
  const address = text.trim();
  const way = platform === 'win32' ? WAYS[kind].replace(/unix:\/\/\S+(?=,)/, `npipe://${USUAL_PIPES[kind]}`) : WAYS[kind];
  const wrong = (why: string, cause?: unknown): BxError => malformed(address, source, why, way, cause);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    if (address.startsWith('/')) return `unix://${address}`;
    return checkTcp(`tcp://${address.startsWith(':') ? `127.0.0.1${address}` : address}`, wrong);
  }
  const rest = address.slice(scheme.length + 3);
  switch (scheme) {
    case 'unix':
      if (!rest.startsWith('/')) throw wrong('a unix address needs an absolute path');
      return `unix://${rest}`;
    case 'tcp':
      return checkTcp(`tcp://${rest}`, wrong);
    case 'ssh':
      return checkSsh(`ssh://${rest}`, wrong);
    case 'npipe':
      if (platform !== 'win32') throw wrong('named pipes are of Windows, and this system has none');
      return checkPipe(rest, wrong);
    case 'fd':
      throw wrong('fd:// is for a daemon that is handed its socket; the socket itself has to be named');
  }
  const queries = Object.hasOwn(CONTAINER_QUERIES, scheme) ? CONTAINER_QUERIES[scheme]! : null;
  if (queries === null) throw wrong(`there is no such scheme as ${scheme}://`);
  if (kind === 'docker') {
    throw malformed(address, source, 'what it names is a buildkitd, not a Docker Engine', 'Name it with BUILDKIT_HOST instead.');
  }
  return checkContainer(scheme, rest, queries, wrong);
}

type Wrong = (why: string, cause?: unknown) => BxError;

function checkTcp(address: string, wrong: Wrong): string {
  let url: URL;
  try {
    url = new URL(address.replace(/^tcp:/, 'http:'));
  } catch (error) {
    throw wrong('host and port cannot be read', error);
  }
  if (url.hostname === '' || url.username !== '') throw wrong('host and port cannot be read');
  return address.replace(/\/+$/, '');
}

/** With the slashes of an address, whichever were written. */
function checkPipe(rest: string, wrong: Wrong): string {
  const path = rest.replaceAll('\\', '/');
  if (!PIPE.test(path)) throw wrong('a pipe of this machine is named as npipe:////./pipe/NAME');
  return `npipe://${path}`;
}

function checkSsh(address: string, wrong: Wrong): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch (error) {
    throw wrong('host and port cannot be read', error);
  }
  if (url.hostname === '' || url.hostname.startsWith('-')) throw wrong('the host is missing');
  if (url.password !== '') throw wrong('a password has no place in an address; ssh takes keys, or an agent');
  if (url.search !== '' || url.hash !== '') throw wrong('nothing may stand behind host, port and the path of a socket');
  return address.replace(/\/+$/, '');
}

function checkContainer(scheme: string, rest: string, queries: readonly string[], wrong: Wrong): string {
  const [, name = '', query = ''] = /^([^/?#]*)\/?(?:\?(.*))?$/.exec(rest) ?? [];
  if (!CONTAINER_NAME.test(name)) throw wrong(name === '' ? 'the name is missing' : `${JSON.stringify(name)} cannot be a name`);
  for (const key of new URLSearchParams(query).keys()) {
    if (!queries.includes(key)) {
      throw wrong(`${key}= means nothing here${queries.length === 0 ? '' : `; ${queries.join('=, ')}= would`}`);
    }
  }
  return `${scheme}://${name}${query === '' ? '' : `?${query}`}`;
}

function malformed(address: string, source: string, why: string, hint: string, cause?: unknown): BxError {
  return new BxError('endpoint', `${source} names ${JSON.stringify(withoutSecret(address))}: ${why}`, { hint, cause });
}

/** A password that was written into an address is not repeated. */
function withoutSecret(address: string): string {
  return address.replace(/^([a-z+.-]+:\/\/[^/@:]*):[^/@]*@/i, '$1:…@');
}
