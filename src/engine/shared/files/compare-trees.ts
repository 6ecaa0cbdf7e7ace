/** What differs between two filesystems that can be listed: both are walked together, some directories at a time. It must not know an engine. */
import type { FileChange, FileEntry } from '../../../core/model/index.js';
import { isSameEntry } from './same-entry.js';
import { below } from './step-path.js';

/** Entries of a directory that is there. */
export type ListDirectory = (path: string) => Promise<readonly FileEntry[]>;

/** Directories that are asked for at once. */
const AT_ONCE = 8;

/** Sorted by path. Rejects with the first error of a listing, once nothing is asked for any more. */
export async function compareTrees(before: ListDirectory, after: ListDirectory): Promise<FileChange[]> {
  const changes: FileChange[] = [];
  /** Directories still to be looked into; `isNew`: it is not in the tree before. */
  const waiting: { readonly path: string; readonly isNew: boolean }[] = [{ path: '/', isNew: false }];
  const look = async ({ path, isNew }: (typeof waiting)[number]): Promise<void> => {
    const [old, now] = await Promise.all([isNew ? [] : before(path), after(path)]);
    const left = new Map(old.map((entry) => [entry.name, entry]));
    for (const entry of now) {
      const own = below(path, entry.name);
      const earlier = left.get(entry.name);
      left.delete(entry.name);
      if (earlier === undefined) changes.push({ path: own, kind: 'added' });
      else if (!isSameEntry(earlier, entry)) changes.push({ path: own, kind: 'changed' });
      if (entry.kind === 'dir') waiting.push({ path: own, isNew: earlier?.kind !== 'dir' });
    }
    for (const name of left.keys()) changes.push({ path: below(path, name), kind: 'deleted' });
  };
  await drain(waiting, look);
  return sortChanges(changes);
}

export function sortChanges(changes: FileChange[]): FileChange[] {
  return changes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** Works through a list that grows while it is worked on. */
function drain<T>(waiting: T[], work: (one: T) => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let running = 0;
    let failure: { readonly error: unknown } | null = null;
    const next = (): void => {
      if (failure !== null || (waiting.length === 0 && running === 0)) {
        if (running === 0) failure === null ? resolve() : reject(failure.error);
        return;
      }
      while (running < AT_ONCE && waiting.length > 0) {
        running++;
        work(waiting.pop()!)
          .catch((error: unknown) => {
            failure ??= { error };
          })
          .finally(() => {
            running--;
            next();
          });
      }
    };
    next();
  });
}
