/**
 * What differs between the root filesystems of two containers, told by their archives, which are read side by side and kept nowhere. Both are
 * whole filesystems; the builder has no other way to compare two images.
 */
import type { FileChange, FileEntry } from '../../core/model/index.js';
import { BxError } from '../../platform/errors.js';
import { sortChanges } from '../shared/files/compare-trees.js';
import { isSameEntry } from '../shared/files/same-entry.js';
import { type ArchiveEntry, hashOf } from './archive.js';

/** What the engine puts into every container for itself (moby, daemon/initlayer). */
const OWN_FILES = new Set(['/.dockerenv', '/dev/console', '/etc/hosts', '/etc/hostname', '/etc/resolv.conf']);
const OWN_DIRECTORIES = new Set(['/dev', '/dev/pts', '/dev/shm', '/etc', '/proc', '/sys']);
const OWN_LINK = '/etc/mtab';

/** True for a placeholder of the engine's. */
export function isEnginesOwn(path: string, { kind, sizeBytes, linkTarget }: FileEntry): boolean {
  if (path === OWN_LINK) return linkTarget === '/proc/mounts';
  return OWN_FILES.has(path) && kind === 'file' && sizeBytes === 0;
}

/**
 * `before`: null for an empty filesystem. `sinceMs`: a file of that time or younger may have been written within the second in which it was
 * written before, so that only its content tells. Sorted by path. Throws `BxError`.
 */
export async function compareArchives(
  before: AsyncIterator<ArchiveEntry> | null,
  after: AsyncIterator<ArchiveEntry>,
  sinceMs: number,
): Promise<FileChange[]> {
  const changes: FileChange[] = [];
  const [old, now] = [createReader(before), createReader(after)];
  /** What is below it is gone with it. */
  let gone: string | null = null;
  try {
    await Promise.all([old.advance(), now.advance()]);
    while (old.at !== null || now.at !== null) {
      const order = old.at === null ? 1 : now.at === null ? -1 : Buffer.compare(old.key, now.key);
      if (order < 0) {
        const { path, entry } = old.at!;
        if (!(gone !== null && path.startsWith(`${gone}/`)) && !isEnginesOwn(path, entry)) {
          changes.push({ path, kind: 'deleted' });
          gone = path;
        }
        await old.advance();
      } else if (order > 0) {
        const { path, entry } = now.at!;
        if (!isEnginesOwn(path, entry)) changes.push({ path, kind: 'added' });
        await now.advance();
      } else {
        const [earlier, later] = [old.at!, now.at!];
        if (!(await isSame(earlier, later, sinceMs))) changes.push({ path: later.path, kind: 'changed' });
        if (earlier.entry.kind === 'dir' && later.entry.kind !== 'dir') gone = earlier.path;
        await Promise.all([old.advance(), now.advance()]);
      }
    }
  } finally {
    await Promise.allSettled([before?.return?.(), after.return?.()]);
  }
  return sortChanges(before === null ? withoutMountPoints(changes) : changes);
}

async function isSame(before: ArchiveEntry, after: ArchiveEntry, sinceMs: number): Promise<boolean> {
  if (isEnginesOwn(before.path, before.entry) && isEnginesOwn(after.path, after.entry)) return true;
  // Which name of a file is told first depends on the others.
  const isLinked = before.isHardLink || after.isHardLink;
  const told = isLinked ? { ...before.entry, sizeBytes: after.entry.sizeBytes } : before.entry;
  if (!isSameEntry(told, after.entry)) return false;
  if (isLinked || after.entry.kind !== 'file' || after.entry.mtimeMs < sinceMs) return true;
  const [old, now] = await Promise.all([hashOf(before), hashOf(after)]);
  return old === now;
}

/** Directories that only the engine has made. */
function withoutMountPoints(changes: readonly FileChange[]): FileChange[] {
  const isUsed = (dir: string): boolean => changes.some(({ path }) => path.startsWith(`${dir}/`) && !OWN_DIRECTORIES.has(path));
  return changes.filter(({ path }) => !OWN_DIRECTORIES.has(path) || isUsed(path));
}

interface Reader {
  readonly at: ArchiveEntry | null;
  readonly key: Buffer;
  advance(): Promise<void>;
}

function createReader(entries: AsyncIterator<ArchiveEntry> | null): Reader {
  let at: ArchiveEntry | null = null;
  let key: Buffer = Buffer.alloc(0);
  return {
    get at() {
      return at;
    },
    get key() {
      return key;
    },
    async advance() {
      const isFirst = at === null;
      let next = await entries?.next();
      if (next?.value?.path === '/') next = await entries?.next();
      at = next === undefined || next.done === true ? null : next.value;
      if (at === null) return;
      const own = orderKey(at.path);
      if (!isFirst && Buffer.compare(key, own) >= 0) {
        throw new BxError('engine', 'the engine told the files in an order in which they cannot be compared');
      }
      key = own;
    },
  };
}

/** A directory's content comes before what is behind the directory. */
function orderKey(path: string): Buffer {
  return Buffer.from(path.replaceAll('/', '\0'));
}
