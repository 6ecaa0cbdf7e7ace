/** Paths in a directory whose symbolic links somebody else has made: none leads out of it, as if it were the root (moby/sys, symlink). */
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { BxError } from '../../../platform/errors.js';

/** As many as Linux follows. */
const MOST_LINKS = 40;

/**
 * Where `path` leads to, all links on the way followed; with `isLastKept` not the last one. What is not there is taken by its name. Throws
 * `BxError('input')` for a circle.
 */
export function resolveInScope(root: string, path: string, isLastKept = false): string {
  const left = path.split('/').reverse();
  const found: string[] = [];
  let links = 0;
  while (left.length > 0) {
    const part = left.pop();
    if (part === undefined || part === '' || part === '.') continue;
    if (part === '..') {
      found.pop();
      continue;
    }
    const isLast = left.every((one) => one === '' || one === '.');
    const target = isLast && isLastKept ? null : linkAt(join(root, ...found, part));
    if (target === null) {
      found.push(part);
      continue;
    }
    if (++links > MOST_LINKS) throw new BxError('input', `${path}: too many symbolic links`);
    if (target.startsWith('/')) found.length = 0;
    left.push(...target.split('/').reverse());
  }
  return join(root, ...found);
}

function linkAt(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
