/** Where a file is written that appears under its name only when it is whole. It must not write anything. */
import { randomBytes } from 'node:crypto';
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

export interface FilePlace {
  /** To be renamed to `final` when it is whole; `final` itself where that is no file (a device, a pipe), which must not be replaced. */
  readonly writeTo: string;
  readonly final: string;
  readonly isTemporary: boolean;
  /** Permissions of the file that is there; null: there is none. */
  readonly mode: number | null;
}

/** As many as Linux follows (path_resolution(7)). */
const MOST_LINKS = 40;

/** Where symbolic links lead to, also those to what is not there yet. Throws what the file system throws, and EISDIR for a directory. */
export function filePlace(path: string): FilePlace {
  let final = path;
  for (let links = 0; ; links++) {
    const stat = lstatSync(final, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) {
      if (links === MOST_LINKS) throw Object.assign(new Error('too many symbolic links'), { code: 'ELOOP' });
      // What a process has open has no path there (proc(5)): the kernel follows the link.
      if (/^\/proc\/[^/]+\/fd\//.test(final)) return { writeTo: final, final, isTemporary: false, mode: null };
      final = resolve(dirname(final), readlinkSync(final));
      continue;
    }
    if (stat?.isDirectory()) throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' });
    if (stat && !stat.isFile()) return { writeTo: final, final, isTemporary: false, mode: null };
    return { writeTo: beside(final), final, isTemporary: true, mode: stat ? permissions(stat) : null };
  }
}

function beside(final: string): string {
  return join(dirname(final), `.${basename(final)}.${randomBytes(6).toString('hex')}.part`);
}

function permissions({ mode }: Stats): number {
  return mode & 0o7777;
}
