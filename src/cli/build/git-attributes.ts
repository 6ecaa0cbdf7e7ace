/**
 * What git says of the files that are built from, as BuildKit's frontend takes it: `vcs:…` for the provenance, and labels of the image. It is read
 * with the git of this machine, as docker buildx does (build/git.go). It must not fail a build.
 */
import { execFile } from 'node:child_process';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { SourceControl } from '../../engine/engine.js';
import { parseGoBoolean } from '../../platform/go-boolean.js';

export interface GitPlace {
  /** Absolute. */
  readonly contextDir: string;
  /** Absolute; null: it is no file of this machine. */
  readonly dockerfile: string | null;
  /** Directories that are sent, by the name that they are sent as. */
  readonly sent: Readonly<Record<string, string>>;
}

type Env = NodeJS.ProcessEnv;

const LABELS = {
  revision: 'label:org.opencontainers.image.revision',
  source: 'label:org.opencontainers.image.source',
  dockerfile: 'label:com.docker.image.source.entrypoint',
} as const;

/** Null: nothing is to be told, or these files are in no repository. Never rejects. */
export async function readGitAttributes(place: GitPlace, env: Env): Promise<SourceControl | null> {
  const hasLabels = env.BUILDX_GIT_LABELS === 'full' || isOn(env.BUILDX_GIT_LABELS, false);
  const hasInfo = isOn(env.BUILDX_GIT_INFO, true);
  const isBelowGit = env.GIT_DIR || ancestors(place.contextDir).some((dir) => existsSync(join(dir, '.git')));
  if ((!hasLabels && !hasInfo) || !isBelowGit) return null;
  try {
    const told = await readRepository(place.contextDir, env);
    if (told === null) return null;
    const { root, revision, source } = told;
    const labels = { ...named(LABELS.revision, revision), ...named(LABELS.source, source), ...dockerfileLabel(root, place) };
    const info = { ...named('vcs:revision', revision), ...named('vcs:source', source), ...sentFrom(root, place.sent) };
    return { attributes: { ...(hasLabels && labels), ...(hasInfo && info) }, warning: null };
  } catch (error) {
    return { attributes: {}, warning: `the build does not know its commit: ${(error as Error).message}` };
  }
}

function isOn(told: string | undefined, usual: boolean): boolean {
  return parseGoBoolean(told ?? '') ?? usual;
}

function ancestors(dir: string): string[] {
  const above = dirname(dir);
  return above === dir ? [dir] : [dir, ...ancestors(above)];
}

interface Repository {
  readonly root: string;
  /** Empty: there is no commit yet. */
  readonly revision: string;
  /** Empty: there is no remote. */
  readonly source: string;
}

/** Null: no work tree. Throws where this very directory is one that git cannot read. */
async function readRepository(dir: string, env: Env): Promise<Repository | null> {
  const git = (...args: string[]): Promise<Answer> => run(args, dir, env);
  const isDirtyWanted = isOn(env.BUILDX_GIT_CHECK_DIRTY, false);
  const [tree, head, branch, changes] = await Promise.all([
    git('rev-parse', '--is-inside-work-tree', '--show-toplevel'),
    git('rev-parse', '--verify', '--quiet', 'HEAD^{commit}'),
    git('symbolic-ref', '-q', 'HEAD'),
    isDirtyWanted ? git('status', '--porcelain', '--ignored') : null,
  ]);
  const [isInside, root = ''] = tree.lines;
  if (tree.error !== null || isInside !== 'true') {
    if (tree.error === null || !statSync(join(dir, '.git'), { throwIfNoEntry: false })?.isDirectory()) return null;
    throw new Error(tree.error);
  }
  const isDirty = changes !== null && (changes.error !== null || changes.lines.some((line) => line.trim() !== ''));
  const [commit = ''] = head.lines;
  return { root, revision: commit && isDirty ? `${commit}-dirty` : commit, source: await remoteOf(git, branch.lines[0] ?? '') };
}

/** The remote that the branch follows, else the usual ones. Empty: none of them is there. */
async function remoteOf(git: (...args: string[]) => Promise<Answer>, branch: string): Promise<string> {
  const followed = branch === '' ? '' : (await git('for-each-ref', '--format=%(upstream:remotename)', branch)).lines[0];
  for (const remote of [followed, 'origin', 'upstream']) {
    const [url = ''] = remote ? (await git('remote', 'get-url', remote)).lines : [];
    if (url !== '') return withoutCredentials(url);
  }
  return '';
}

function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');
}

function named(name: string, value: string): Record<string, string> {
  return value === '' ? {} : { [name]: value };
}

function dockerfileLabel(root: string, { dockerfile }: GitPlace): Record<string, string> {
  const path = dockerfile === null ? null : below(root, dockerfile);
  return path === null ? {} : { [LABELS.dockerfile]: path };
}

function sentFrom(root: string, sent: GitPlace['sent']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sent).flatMap(([name, dir]) => {
      const path = below(root, realpathSync(dir));
      return path === null ? [] : [[`vcs:localdir:${name}`, path || '.']];
    }),
  );
}

/** Null: it is not there. Empty: it is the root. */
function below(root: string, path: string): string | null {
  const found = relative(root, path);
  return found.startsWith('..') ? null : found;
}

interface Answer {
  readonly lines: readonly string[];
  /** Null: it went well. */
  readonly error: string | null;
}

function run(args: readonly string[], cwd: string, env: Env): Promise<Answer> {
  const options = { cwd, env: { ...env, LC_ALL: 'C' }, maxBuffer: 16 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile('git', args, options, (error, stdout, stderr) => {
      const isMissing = error?.code === 'ENOENT';
      const said = isMissing ? 'git is not installed here' : stderr.trim().split('\n')[0] || error?.message;
      resolve({ lines: error === null ? stdout.split('\n') : [], error: error === null ? null : (said ?? 'git failed') });
    }).on('error', () => undefined);
  });
}
