/**
 * Where context and Dockerfile lie. What is missing, of the wrong kind or unreadable is told before anything is sent. It must not read any
 * file.
 */
import { accessSync, constants, lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { BxError } from '../../platform/errors.js';
import { reasonOf } from '../../platform/reason.js';
import type { BuildOptions } from './build-options.js';

export interface BuildInput {
  /** Absolute. */
  readonly contextDir: string;
  readonly dockerfileDir: string;
  readonly dockerfileName: string;
}

/** Throws `BxError('input' | 'usage')`. */
export function locateBuildInput(options: Pick<BuildOptions, 'context' | 'file'>, cwd: string): BuildInput {
  refuseRemote(options);
  const contextDir = resolve(cwd, options.context);
  requireDirectory(options.context, contextDir);
  const path = options.file === null ? defaultDockerfile(contextDir) : namedDockerfile(options.file, contextDir, cwd);
  return { contextDir, dockerfileDir: dirname(path), dockerfileName: basename(path) };
}

function refuseRemote(options: Pick<BuildOptions, 'context' | 'file'>): void {
  const { context, file } = options;
  const hint = 'Give a local directory, and the Dockerfile with -f PATH.';
  if (context === '-') throw new BxError('usage', 'a context from standard input is not supported yet', { hint });
  if (file === '-') throw new BxError('usage', 'a Dockerfile from standard input is not supported yet', { hint });
  const isRemote = /^(?:https?|git|ssh):\/\/|^git@|^github\.com\//.test(context);
  if (isRemote) throw new BxError('usage', `a context from a URL is not supported yet: ${context}`, { hint });
  if (file !== null && /^https?:\/\//.test(file)) {
    throw new BxError('usage', `a Dockerfile from a URL is not supported yet: ${file}`, { hint });
  }
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
