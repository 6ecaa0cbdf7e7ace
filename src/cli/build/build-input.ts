/**
 * Where context and Dockerfile lie. What is missing, of the wrong kind or unreadable is told before anything is sent. It must not read any
 * file.
 */
import { accessSync, constants, lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { BxError } from '../../platform/errors.js';
import { reasonOf } from '../../platform/reason.js';
import type { BuildOptions } from './build-options.js';

export interface BuildInput {
  /** Absolute; null: it is no directory of this machine. */
  readonly contextDir: string | null;
  /** The context, where the engine gets it by itself. */
  readonly url?: string;
  /** What comes by standard input: the context (an archive, or a Dockerfile without any files), or the Dockerfile. */
  readonly stdin?: 'context' | 'dockerfile';
  /** Absolute; null: it is no file of this machine. */
  readonly dockerfileDir: string | null;
  readonly dockerfileName: string;
  /** The Dockerfile, where the engine gets it by itself. */
  readonly dockerfileUrl?: string;
}

/** `git@github.com:org/repo.git` (moby/buildkit, util/sshutil). */
const SCP_STYLE = /^[a-zA-Z0-9_-]+@[a-zA-Z0-9.-]+:./;

/** What a Dockerfile is called that nobody has named. */
export const DOCKERFILE_NAME = 'Dockerfile';

/**
 * As docker/buildx tells them apart (build/opt.go, loadInputs): a directory of that name comes before a URL. Throws
 * `BxError('input' | 'usage')`.
 */
export function locateBuildInput(options: Pick<BuildOptions, 'context' | 'file'>, cwd: string): BuildInput {
  const { context, file } = options;
  if (context === '') {
    throw new BxError('input', 'the build context is empty', {
      hint: 'Name a directory, such as . for the current one; a variable in its place may not be set.',
    });
  }
  if (context === '-') return fromStandardInput(file);
  // Nothing lies in a directory that is gone.
  if (cwd === '' && isRemoteContext(context)) return fromUrl(context, file);
  const contextDir = resolve(cwd, context);
  const isDirectory = statSync(contextDir, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isDirectory && isRemoteContext(context)) return fromUrl(context, file);
  requireDirectory(context, contextDir);
  if (isFileUrl(file)) return { contextDir, dockerfileDir: null, ...named(file) };
  if (file === '-') return { contextDir, stdin: 'dockerfile', dockerfileDir: null, dockerfileName: DOCKERFILE_NAME };
  const path = file === null ? defaultDockerfile(contextDir) : namedDockerfile(file, contextDir, cwd);
  return { contextDir, dockerfileDir: dirname(path), dockerfileName: basename(path) };
}

function fromStandardInput(file: string | null): BuildInput {
  if (file === '-') {
    throw new BxError('usage', 'standard input cannot be both the context and the Dockerfile', {
      hint: 'Give a directory as the context, or leave -f out.',
    });
  }
  return { contextDir: null, stdin: 'context', dockerfileDir: null, ...named(file) };
}

/** A Dockerfile of this machine has to be named by its whole path there: any other is in what the URL names. */
function fromUrl(url: string, file: string | null): BuildInput {
  const none = { contextDir: null, url, dockerfileDir: null } as const;
  if (file === '-') return { ...none, stdin: 'dockerfile', dockerfileName: DOCKERFILE_NAME };
  if (file === null || !isAbsolute(file)) return { ...none, ...named(file) };
  const path = namedDockerfile(file, dirname(file), '/');
  return { ...none, dockerfileDir: dirname(path), dockerfileName: basename(path) };
}

function named(file: string | null): Pick<BuildInput, 'dockerfileName' | 'dockerfileUrl'> {
  return isFileUrl(file) ? { dockerfileName: DOCKERFILE_NAME, dockerfileUrl: file } : { dockerfileName: file ?? DOCKERFILE_NAME };
}

function isFileUrl(file: string | null): file is string {
  return file !== null && /^https?:\/\//.test(file);
}

/** http(s), and what git is reached by (moby/buildkit, util/gitutil and frontend/dockerfile/dfgitutil). */
export function isRemoteContext(context: string): boolean {
  return /^(?:https?|git|ssh):\/\//i.test(context) || SCP_STYLE.test(context) || context.startsWith('github.com/');
}

/** A repository that is reached over ssh. */
export function isGitOverSsh(context: string): boolean {
  return /^ssh:\/\//i.test(context) || SCP_STYLE.test(context);
}

function requireDirectory(written: string, path: string): void {
  const stat = statOrThrow(
    path,
    `the context ${quoted(written, path)}`,
    'Give the directory with the files to build from, such as .',
  );
  if (!stat.isDirectory()) {
    throw new BxError('input', `the context ${quoted(written, path)} is a file, and must be a directory`, {
      hint: `To name a Dockerfile: bxtui build -f ${written} ${dirname(written)}`,
    });
  }
  requireAccess(path, constants.R_OK | constants.X_OK, `the context ${quoted(written, path)}`);
}

/** `Dockerfile`, or `dockerfile` as engines accept it. */
function defaultDockerfile(contextDir: string): string {
  for (const name of ['Dockerfile', 'dockerfile']) {
    const path = join(contextDir, name);
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return requireFile(path, path);
    refuseDanglingLink(path, path);
  }
  const other = ['Containerfile', 'docker/Dockerfile', 'build/Dockerfile'].find(
    (name) => statSync(join(contextDir, name), { throwIfNoEntry: false }) !== undefined,
  );
  throw new BxError('input', `there is no Dockerfile in ${contextDir}`, {
    hint: other === undefined ? 'Name it with -f PATH.' : `There is a ${other}; name it with -f ${join(contextDir, other)}`,
  });
}

function namedDockerfile(written: string, contextDir: string, cwd: string): string {
  const path = resolve(cwd, written);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    refuseDanglingLink(path, written);
    // The frontend looks for the usual name in the other case as well, whoever has named it (BuildKit, frontend/dockerui).
    const other = join(dirname(path), DOCKERFILE_NAME.toLowerCase());
    if (basename(path) === DOCKERFILE_NAME && statSync(other, { throwIfNoEntry: false })?.isFile()) return other;
    const inContext = join(contextDir, written);
    const isThere = statSync(inContext, { throwIfNoEntry: false }) !== undefined;
    throw new BxError('input', `the Dockerfile ${quoted(written, path)} does not exist`, {
      hint: isThere
        ? `Paths are relative to the working directory. Did you mean -f ${inContext}?`
        : 'Name an existing file with -f PATH.',
    });
  }
  return requireFile(path, written);
}

/** A link is there for the person who looks; that it leads nowhere is the news. */
function refuseDanglingLink(path: string, written: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  throw new BxError(
    'input',
    `the Dockerfile ${quoted(written, path)} is a symbolic link to ${readlinkSync(path)}, which does not exist`,
    {
      hint: 'Correct the link, or name another file with -f PATH.',
    },
  );
}

function requireFile(path: string, written: string): string {
  const stat = statOrThrow(path, `the Dockerfile ${quoted(written, path)}`, 'Name an existing file with -f PATH.');
  if (stat.isDirectory()) {
    throw new BxError('input', `the Dockerfile ${quoted(written, path)} is a directory`, {
      hint: `Name the file in it, such as -f ${join(written, 'Dockerfile')}`,
    });
  }
  requireAccess(path, constants.R_OK, `the Dockerfile ${quoted(written, path)}`);
  return path;
}

function statOrThrow(path: string, what: string, hint: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new BxError('input', isMissing ? `${what} does not exist` : `${what} cannot be looked at: ${reasonOf(error)}`, {
      hint,
      cause: error,
    });
  }
}

function requireAccess(path: string, mode: number, what: string): void {
  try {
    accessSync(path, mode);
  } catch (error) {
    throw new BxError('input', `${what} cannot be read: ${reasonOf(error)}`, {
      hint: `Look at its permissions: ls -ld ${path}`,
      cause: error,
    });
  }
}

/** The path as written, and where it is looked for when that is not obvious. */
function quoted(written: string, path: string): string {
  return written === path || written === '.' ? `"${path}"` : `"${written}" (${path})`;
}
