/**
 * The directory with a person's sessions: theirs alone (0700), because whoever can enter it can type into their shells. It must not know
 * what is in it.
 */
import { lstatSync, type Stats } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BxError } from '../../platform/errors.js';
import { makeDirectory } from '../../platform/make-directory.js';
import { ownUid } from '../../platform/person.js';
import { reasonOf, writeReasonOf } from '../../platform/reason.js';

const OTHERS = 0o077;
/** sockaddr_un(7): 108 bytes with the final zero; what follows the root is `/<8 characters>/socket`. */
const LONGEST_ROOT_BYTES = 107 - '/12345678/socket'.length;

/** Without unix sockets, of which the file system says who may enter, a session lives in the program that began it. */
export function canOutliveItsProgram(platform: NodeJS.Platform = process.platform): boolean {
  return platform !== 'win32';
}

/**
 * `given`: `--root`. Else BXTUI_ROOT, else below the directory for temporary files. Not below XDG_RUNTIME_DIR, which goes with the person's
 * last login (pam_systemd(8)), and a session is there to outlive that.
 */
export function sessionRoot(given: string | null, env: NodeJS.ProcessEnv): string {
  const named = given ?? (env.BXTUI_ROOT || null);
  return named === null ? join(tmpdir(), `bxtui-${ownUid()}`) : resolve(named);
}

/**
 * Makes it where there is none. Throws `BxError('state')` when it is somebody else's, open to others, or too deep for a socket, and
 * `BxError('unsupported')` on Windows.
 */
export function prepareRoot(root: string, platform: NodeJS.Platform = process.platform): void {
  if (!canOutliveItsProgram(platform)) {
    throw new BxError(
      'unsupported',
      'a session in a process of its own, which the screen needs as well, cannot be had on Windows',
      {
        hint: 'bxtui build --progress=plain builds without one, and --on=error with it debugs at a prompt.',
      },
    );
  }
  if (Buffer.byteLength(root) > LONGEST_ROOT_BYTES) {
    throw new BxError('state', `${root} is too long a path for the sockets of sessions`, {
      hint: `Name a shorter one with --root (at most ${LONGEST_ROOT_BYTES} bytes).`,
    });
  }
  try {
    makeDirectory(root);
  } catch (error) {
    throw new BxError('state', `the directory for sessions ${root} cannot be made: ${writeReasonOf(error)}`, {
      hint: 'Name another one with --root.',
      cause: error,
    });
  }
  checkRoot(root);
}

/** What keeps a session from being put there, in words; a `BxError` is returned as it is. */
export function cannotKeep(root: string, error: unknown): BxError {
  if (error instanceof BxError) return error;
  return new BxError('state', `cannot keep the session in ${root}: ${writeReasonOf(error)}`, {
    hint: 'Make room there, or name another directory with --root.',
    cause: error,
  });
}

/** Throws `BxError('state')`; a root that is not there is fine. */
export function checkRoot(root: string): void {
  const hint = 'Name another one with --root.';
  let stat: Stats | undefined;
  try {
    stat = lstatSync(root, { throwIfNoEntry: false });
  } catch (error) {
    throw new BxError('state', `${root} cannot be a directory for sessions: ${reasonOf(error)}`, { hint, cause: error });
  }
  if (stat === undefined) return;
  if (!stat.isDirectory()) throw new BxError('state', `${root} is no directory, so that it cannot hold sessions`, { hint });
  if (stat.uid !== ownUid()) throw new BxError('state', `the directory for sessions ${root} belongs to another user`, { hint });
  if ((stat.mode & OTHERS) !== 0) {
    throw new BxError('state', `others can enter the directory for sessions ${root}`, {
      hint: `They could type into your shells. Close it with: chmod 700 ${root}`,
    });
  }
}
