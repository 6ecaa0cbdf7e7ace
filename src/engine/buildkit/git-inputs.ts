/**
 * Git repositories whose URL has a query (`…/app.git?branch=main`), for a frontend that reads no such URL: it is given a graph in the place of
 * the URL, as docker/buildx does with BUILDX_SEND_GIT_QUERY_AS_INPUT (build/opt.go, processGitURL). What a query may have is told by moby/buildkit,
 * frontend/dockerfile/dfgitutil.
 */
import { execFile } from 'node:child_process';
import { BxError } from '../../platform/errors.js';
import { parseGoBoolean } from '../../platform/go-boolean.js';
import type { BuildRequest } from '../engine.js';
import type { Definition } from './proto/gen/pb_pb.js';
import { sourceDefinition } from './source-definition.js';

/** `FrontendInputs` of a solve. */
export type FrontendInputs = Record<string, Definition>;

const KEYSCAN_MS = 5_000;

/** Whether that is a git repository by a URL with a query. */
export function hasGitQuery(url: string): boolean {
  const [address = ''] = url.split('#', 1);
  const at = address.indexOf('?');
  if (at < 0) return false;
  return !/^https?:\/\//i.test(address) || address.slice(0, at).endsWith('.git');
}

/**
 * Takes what is wanted as a graph out of the frontend's `options`. `warn`: of a host whose keys nobody here knows. Throws `BxError('input')` for a
 * query that there is not.
 */
export async function takeGitInputs(
  { sendsGitQueries = false, dockerfile }: Pick<BuildRequest, 'sendsGitQueries' | 'dockerfile'>,
  options: Record<string, string>,
  warn: (message: string) => void,
): Promise<FrontendInputs> {
  const inputs: FrontendInputs = {};
  if (!sendsGitQueries) return inputs;
  const places = Object.entries(options).filter(([key, url]) => /^context(?::|$)/.test(key) && hasGitQuery(url));
  for (const [key, url] of places) {
    const isContext = key === 'context';
    const keepsGit = isContext && parseGoBoolean(options['build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR'] ?? '') === true;
    const definition = await repository(url, keepsGit, warn);
    options[`input:${key}`] = url;
    if (isContext) {
      delete options.context;
      inputs.context = definition;
      if (dockerfile.origin === 'context') inputs.dockerfile = definition;
    } else {
      inputs[`git_state_${key}`] = definition;
      options[key] = `input:git_state_${key}`;
    }
  }
  return inputs;
}

interface GitPlace {
  readonly ref: string;
  readonly dir: string;
  readonly checksum: string;
  readonly keepsGit: boolean;
  readonly skipsSubmodules: boolean;
}

async function repository(url: string, keepsGit: boolean, warn: (message: string) => void): Promise<Definition> {
  const { remote, host, path, fragment, query, isSsh } = splitUrl(url);
  const place = readPlace(url, fragment, query);
  const inner = place.dir === '' ? place.ref : `${place.ref}:${place.dir}`;
  const knownHosts = isSsh ? await keysOf(host) : '';
  if (isSsh && knownHosts === '') warn(`ssh-keyscan tells no key of ${host} here: the engine takes whatever key is shown to it`);
  return sourceDefinition({
    identifier: `git://${host}/${path.replace(/^\/+/, '')}${inner === '' ? '' : `#${inner}`}`,
    name: `[internal] load git source ${url}`,
    attrs: {
      'git.fullurl': remote,
      'git.authtokensecret': 'GIT_AUTH_TOKEN',
      'git.authheadersecret': 'GIT_AUTH_HEADER',
      ...((keepsGit || place.keepsGit) && { 'git.keepgitdir': 'true' }),
      ...(place.checksum !== '' && { 'git.checksum': place.checksum }),
      ...(place.skipsSubmodules && { 'git.skipsubmodules': 'true' }),
      ...(isSsh && { 'git.mountsshsock': 'default' }),
      ...(knownHosts !== '' && { 'git.knownsshhosts': knownHosts }),
    },
    caps: [
      'source.git',
      'source.git.fullurl',
      ...(keepsGit || place.keepsGit ? ['source.git.keepgitdir'] : []),
      ...(place.checksum === '' ? [] : ['source.git.checksum']),
      ...(place.skipsSubmodules ? ['source.git.skipsubmodules'] : []),
      ...(isSsh ? ['source.git.knownsshhosts', 'source.git.mountsshsock'] : []),
    ],
  });
}

function splitUrl(url: string) {
  const [address = '', ...more] = url.split('#');
  const at = address.indexOf('?');
  const remote = address.slice(0, at);
  const common = { remote, query: new URLSearchParams(address.slice(at + 1)) };
  const scp = /^[\w-]+@([\w.-]+):(.*)$/s.exec(remote);
  if (scp) return { ...common, host: scp[1] ?? '', path: scp[2] ?? '', fragment: more.join('#'), isSsh: true };
  const [, scheme = '', host = '', path = ''] = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/@]*@)?([^/]*)(.*)$/is.exec(remote) ?? [];
  const fragment = decoded(more.join('#'));
  return { ...common, host, path: decoded(path), fragment, isSsh: scheme.toLowerCase() === 'ssh' };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readPlace(url: string, fragment: string, query: URLSearchParams): GitPlace {
  const refused = (what: string): BxError =>
    new BxError('input', `${what}, in ${url}`, {
      hint: 'A query may have ref, tag, branch, subdir, checksum, keep-git-dir and submodules, each once: URL?branch=main&subdir=web',
    });
  const found: Record<string, string> = {};
  for (const [name, value] of query) {
    const isSwitch = name === 'keep-git-dir' || name === 'submodules';
    if (!isSwitch && !['ref', 'tag', 'branch', 'subdir', 'checksum', 'commit'].includes(name))
      throw refused(`unexpected query "${name}"`);
    if (name in found) throw refused(`query "${name}" has multiple values`);
    if (value === '' && !isSwitch) throw refused(`query "${name}" has no value`);
    if (value !== '' && isSwitch && parseGoBoolean(value) === null) throw refused(`invalid ${name} value: "${value}"`);
    found[name] = value;
  }
  const colon = fragment.indexOf(':');
  const agree = (what: string, first: string, second: string | undefined): string => {
    if (first !== '' && second !== undefined && first !== second) throw refused(`${what} conflicts: "${first}" vs "${second}"`);
    return second ?? first;
  };
  const long = (prefix: string, name: string | undefined) =>
    name === undefined || name.startsWith(prefix) ? name : `${prefix}${name}`;
  if (found.tag !== undefined && found.branch !== undefined) throw refused('branch conflicts with tag');
  const ref = agree('ref', colon < 0 ? fragment : fragment.slice(0, colon), found.ref);
  const tagged = agree('ref', ref, long('refs/tags/', found.tag));
  return {
    ref: agree('ref', tagged, long('refs/heads/', found.branch)),
    dir: agree('subdir', colon < 0 ? '' : fragment.slice(colon + 1), found.subdir),
    checksum: found.checksum ?? found.commit ?? '',
    keepsGit: found['keep-git-dir'] === '' || parseGoBoolean(found['keep-git-dir'] ?? '') === true,
    skipsSubmodules: parseGoBoolean(found.submodules ?? '') === false,
  };
}

/** The engine takes no other than these, and without them any (moby/buildkit, source/git). Empty: none is to be had. */
function keysOf(host: string): Promise<string> {
  const [, name = '', port = '22'] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  return new Promise((resolve) => {
    execFile('ssh-keyscan', ['-p', port, '--', name], { timeout: KEYSCAN_MS, encoding: 'utf8' }, (_, stdout) =>
      resolve(
        stdout
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith('#'))
          .join('\n'),
      ),
    );
  });
}
