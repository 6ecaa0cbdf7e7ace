/** The directories of the private engine: made, and looked at before anything is put into them. */
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BxError } from '../platform/errors.js';
import { makeDirectory } from '../platform/make-directory.js';
import { ownUid } from '../platform/person.js';
import { reasonOf, writeReasonOf } from '../platform/reason.js';
import { type EnginePaths, type EngineProgram, socketOf } from './record.js';

const OTHERS = 0o077;
/** sockaddr_un(7): 108 bytes with the final zero. */
const LONGEST_SOCKET_BYTES = 107;
/** The deepest socket that a daemon makes in its own directory. */
const DEEPEST: Readonly<Record<EngineProgram, string>> = {
  dockerd: 'exec/containerd/containerd-debug.sock',
  buildkitd: 'buildkitd.sock',
};
/** Less than this is used up while a daemon starts. */
const LEAST_FREE_BYTES = 128 * 1024 * 1024;
/** Says that what is around it is the private engine's, and may go with it. */
const MARK = '.bxtui-engine';

/** Makes it where there is none. Throws `BxError('state')`: it cannot be made, others can enter it, a socket in it would have too long a path. */
export function prepareDirectory(paths: EnginePaths, engine: EngineProgram): void {
  const { dir, run } = paths;
  const longest = [socketOf(paths, engine), join(run, DEEPEST[engine])]
    .map((path) => Buffer.byteLength(path))
    .reduce((one, other) => Math.max(one, other));
  if (longest > LONGEST_SOCKET_BYTES) {
    const room = LONGEST_SOCKET_BYTES - (longest - Buffer.byteLength(dir));
    throw new BxError('state', `${dir} is too long a path for the sockets of ${engine} (${Buffer.byteLength(dir)} bytes)`, {
      hint: `Set XDG_STATE_HOME to a shorter directory, so that XDG_STATE_HOME/bxtui/engine has at most ${room} bytes.`,
    });
  }
  try {
    makeDirectory(dir);
  } catch (error) {
    throw new BxError('state', `the directory of the private engine ${dir} cannot be made: ${writeReasonOf(error)}`, {
      hint: 'Set XDG_STATE_HOME to a directory that you may write to.',
      cause: error,
    });
  }
  const stat = lstatSync(dir);
  if (!stat.isDirectory() || stat.uid !== ownUid() || (stat.mode & OTHERS) !== 0) {
    throw new BxError('state', `the directory of the private engine ${dir} is not yours alone`, {
      hint: `Whoever can enter it rules the engine. Look at it with ls -ld, close it with: chmod 700 ${dir}`,
    });
  }
}

/**
 * The directory with one program's data below `dataDir`. Throws `BxError('input')`: it cannot be made, or holds something else already;
 * `BxError('state')`: its disk is full.
 */
export function prepareData(dataDir: string, engine: EngineProgram): string {
  const dir = join(dataDir, engine);
  const named = `the data directory ${dir}`;
  const hint = 'Name another with --data-dir.';
  try {
    makeDirectory(dir);
    const isOurs = statSync(join(dir, MARK), { throwIfNoEntry: false }) !== undefined;
    if (!isOurs && readdirSync(dir).length > 0) {
      throw new BxError('input', `${named} holds something that is not of a private engine`, { hint });
    }
    const { bavail, bsize } = statfsSync(dir);
    if (bavail * bsize < LEAST_FREE_BYTES) {
      const free = Math.floor((bavail * bsize) / 1_000_000);
      throw new BxError('state', `${named} is on a disk with ${free} MB left, which is too little for an engine`, {
        hint: 'Make room, or name a directory on another disk with --data-dir.',
      });
    }
    if (!isOurs) writeFileSync(join(dir, MARK), '', { mode: 0o600 });
  } catch (error) {
    if (error instanceof BxError) throw error;
    throw new BxError('input', `${named} cannot be used: ${reasonOf(error)}`, { hint, cause: error });
  }
  return dir;
}

/** The programs' directories below `dataDir` that are a private engine's. */
export function dataBelow(dataDir: string): string[] {
  return (['dockerd', 'buildkitd'] as const)
    .map((engine) => join(dataDir, engine))
    .filter((dir) => statSync(join(dir, MARK), { throwIfNoEntry: false }) !== undefined);
}

/** Empties what lived as long as the last daemon. Throws what the system says. */
export function renewRunDirectory({ run }: EnginePaths): void {
  removeTree(run);
  mkdirSync(run, { mode: 0o700 });
}

/** Also what a daemon has closed to its own user, as a rootless one does with the directory of its sockets. Throws what the system says. */
export function removeTree(path: string): void {
  const options = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 };
  try {
    rmSync(path, options);
  } catch {
    openTree(path);
    rmSync(path, options);
  }
}

function openTree(path: string): void {
  try {
    chmodSync(path, 0o700);
    for (const entry of readdirSync(path, { withFileTypes: true })) if (entry.isDirectory()) openTree(join(path, entry.name));
  } catch {
    // The removal says it.
  }
}
