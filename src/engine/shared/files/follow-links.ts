/** Turns the paths that a build asks for into patterns that also cover where symlinks on the way lead (fsutil's follow paths). */
import type { FileTree } from './file-tree.js';
import { baseName, cleanPath, dirName, hasWildcards, joinPath, matchGlob } from './go-path.js';

/** Sorted paths, or null when one of them is the whole tree. Absolute targets start at the tree's root and none leads out of it. */
export function followLinks(tree: FileTree, paths: readonly string[]): readonly string[] | null {
  const resolved = new Set<string>();
  for (const path of paths) follow(tree, path, resolved);
  return withoutCovered([...resolved].sort(compareBytes));
}

/** Drops paths that lie below an earlier one; null when the root is among them. */
export function withoutCovered(paths: readonly string[]): readonly string[] | null {
  const result: string[] = [];
  let last = '';
  for (const path of paths) {
    if (path === '.') return null;
    if (path.startsWith(`${last}/`)) continue;
    result.push(path);
    last = path;
  }
  return result;
}

export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function follow(tree: FileTree, path: string, resolved: Set<string>): void {
  const parts = cleanPath(`./${path}`)
    .split('/')
    .filter((part) => part !== '');
  let current = '.';
  for (let i = 0; i === 0 || i < parts.length; i++) {
    current = joinPath(current, parts[i] ?? '');
    const targets = linkTargets(tree, current, true);
    const rest = parts.slice(i + 1).join('/');
    if ((rest === '' || targets !== null) && resolved.has(current)) return;
    if (targets !== null || rest === '') resolved.add(current);
    if (targets === null) continue;
    for (const target of targets) follow(tree, joinPath(target, rest), resolved);
    return;
  }
}

/** Where a symlink (or those that a wildcard names) leads; null when there is no symlink. */
function linkTargets(tree: FileTree, path: string, allowWildcard: boolean): string[] | null {
  if (allowWildcard && hasWildcards(baseName(path))) {
    const dir = dirName(path);
    const found = namesIn(tree, dir)
      .filter((name) => matchGlob(baseName(path), name))
      .flatMap((name) => linkTargets(tree, joinPath(dir, name), false) ?? []);
    return found.length === 0 ? null : found;
  }
  if (path === '.' || path === '/' || path.startsWith('..')) return null;
  if (tree.stat(path)?.kind !== 'symlink') return null;
  const target = cleanPath(tree.readLink(path));
  return [target.startsWith('/') ? target : cleanPath(`/${joinPath(dirName(path), target)}`)];
}

function namesIn(tree: FileTree, dir: string): string[] {
  const relative = dir === '.' ? '' : dir;
  if (relative.startsWith('..')) return [];
  try {
    return tree.list(relative).sort(compareBytes);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}
