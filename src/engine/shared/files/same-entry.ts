/** Whether two entries of one path are told as the same. Pure. */
import type { FileEntry } from '../../../core/model/index.js';

/** Without their content. The times of directories and links say nothing: of a directory they change with what is in it. */
export function isSameEntry(before: FileEntry, after: FileEntry): boolean {
  if (before.kind !== after.kind || before.linkTarget !== after.linkTarget) return false;
  if (before.permissions !== after.permissions || before.uid !== after.uid || before.gid !== after.gid) return false;
  return before.kind !== 'file' || (before.sizeBytes === after.sizeBytes && before.mtimeMs === after.mtimeMs);
}
