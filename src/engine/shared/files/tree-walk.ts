/**
 * Walks a tree as fsutil does: depth first, siblings in byte order, patterns applied on the way, parents of what matches sent before it,
 * excluded directories entered only where something below them may still match. It works in slices, so that nothing else has to wait.
 */
import { BxError } from '../../../platform/errors.js';
import { reasonOf } from '../../../platform/reason.js';
import { type FileStat, type FileTree, GoMode } from './file-tree.js';
import { compareBytes, followLinks, withoutCovered } from './follow-links.js';
import { createPatternMatcher, type ParentMatches, type Pattern, type PatternMatcher } from './pattern-matcher.js';

export interface WalkFilter {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Like `include`, but symlinks on the way are followed; null: not given. */
  readonly follow: readonly string[] | null;
}

/** One entry to send, in order. `linkName`: the target of a symlink, or the earlier path of the same inode. */
export interface WalkEntry {
  readonly path: string;
  readonly stat: FileStat;
  readonly linkName: string;
}

export interface TreeWalk {
  /** Looks at up to `budget` names and hands on those that are sent. Returns false when the walk is over. Throws `BxError('input')`. */
  advance(budget: number, onEntry: (entry: WalkEntry) => void): boolean;
}

interface OpenDir {
  readonly path: string;
  readonly names: readonly string[];
  next: number;
  readonly includeMatches: ParentMatches;
  readonly excludeMatches: ParentMatches;
  /** Null once the directory itself has been handed on, and for the root. */
  pending: FileStat | null;
}

export function walkTree(tree: FileTree, filter: WalkFilter): TreeWalk {
  const include = includeMatcher(tree, filter);
  const exclude = filter.exclude.length === 0 ? null : createPatternMatcher(filter.exclude);
  const canSkipUnincluded = include?.patterns.every((pattern) => pattern.isExclusion || isPlainPrefix(pattern)) ?? false;
  const canSkipExcluded = exclude?.patterns.every((pattern) => !pattern.isExclusion || isPlainPrefix(pattern)) ?? false;
  const firstNames = new Map<string, string>();
  const stack: OpenDir[] = [];
  let isStarted = false;

  return {
    advance(budget, onEntry) {
      if (!isStarted) {
        isStarted = true;
        stack.push(openDir('', null, null, null));
      }
      for (let left = budget; left > 0; left--) {
        const dir = stack[stack.length - 1];
        if (!dir) return false;
        const name = dir.names[dir.next++];
        if (name === undefined) stack.pop();
        else visit(dir, name, onEntry);
      }
      return stack.length > 0;
    },
  };

  function visit(dir: OpenDir, name: string, onEntry: (entry: WalkEntry) => void): void {
    const path = dir.path === '' ? name : `${dir.path}/${name}`;
    const included = include?.matchUnder(path, dir.includeMatches) ?? null;
    if (included && !included.isMatch && canSkipUnincluded && !mayMatchBelow(include!, path, false)) return;
    const excluded = exclude?.matchUnder(path, dir.excludeMatches) ?? null;
    if (excluded?.isMatch && canSkipExcluded && !(exclude!.hasExclusions && mayMatchBelow(exclude!, path, true))) return;
    const isSkipped = (included !== null && !included.isMatch) || (excluded?.isMatch ?? false);

    const stat = statOf(path, name);
    if (!stat) return;
    if (!isSkipped) {
      handOnParents(onEntry);
      onEntry(toEntry(path, stat));
    }
    if (stat.kind !== 'dir') return;
    const opened = tryOpenDir(path, included?.matches ?? null, excluded?.matches ?? null, isSkipped ? stat : null, isSkipped);
    if (opened) stack.push(opened);
  }

  function handOnParents(onEntry: (entry: WalkEntry) => void): void {
    for (const parent of stack) {
      if (!parent.pending) continue;
      onEntry(toEntry(parent.path, parent.pending));
      parent.pending = null;
    }
  }

  function toEntry(path: string, stat: FileStat): WalkEntry {
    let linkName = '';
    if (stat.inode !== null) {
      const first = firstNames.get(stat.inode);
      if (first === undefined) firstNames.set(stat.inode, path);
      else linkName = first;
    }
    if (stat.kind === 'symlink') linkName = attempt(path, 'read the link', () => tree.readLink(path));
    // Sockets travel as ordinary files without content, as with the docker command.
    const mode = stat.mode & GoMode.socket ? stat.mode - GoMode.socket : stat.mode;
    return { path, stat: mode === stat.mode ? stat : { ...stat, mode }, linkName };
  }

  function statOf(path: string, name: string): FileStat | null {
    const stat = attempt(path, 'look at', () => tree.stat(path));
    if (stat === null && name.includes('\ufffd')) {
      throw new BxError('input', `${describe(path)} has a name that is not valid UTF-8, which BuildKit cannot take`, {
        hint: 'Rename it, or keep it out with .dockerignore.',
      });
    }
    return stat;
  }

  function openDir(
    path: string,
    includeMatches: ParentMatches,
    excludeMatches: ParentMatches,
    pending: FileStat | null,
  ): OpenDir {
    return { path, names: sortNames(tree.list(path)), next: 0, includeMatches, excludeMatches, pending };
  }

  function tryOpenDir(
    path: string,
    includeMatches: ParentMatches,
    excludeMatches: ParentMatches,
    pending: FileStat | null,
    isSkipped: boolean,
  ): OpenDir | null {
    try {
      return openDir(path, includeMatches, excludeMatches, pending);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      if (isSkipped && (code === 'EACCES' || code === 'EPERM')) return null;
      throw readFailure(describe(path), 'read the directory', error);
    }
  }

  function attempt<T>(path: string, action: string, body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw readFailure(describe(path), action, error);
    }
  }

  function describe(path: string): string {
    return tree.diskPath(path) ?? path;
  }
}

/** What stopped us at one file of the context. `action`: `open`, `read`, `look at` … */
export function readFailure(path: string, action: string, error: unknown): BxError {
  if (error instanceof BxError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  const why = code === 'ENOENT' ? 'it has vanished meanwhile' : reasonOf(error);
  const hint =
    code === 'ENOENT'
      ? 'Reload when the files are quiet, or keep it out with .dockerignore.'
      : 'Make it readable, or keep it out with .dockerignore.';
  return new BxError('input', `cannot ${action} ${path}: ${why}`, { hint, cause: error });
}

function includeMatcher(tree: FileTree, filter: WalkFilter): PatternMatcher | null {
  let patterns: readonly string[] = filter.include;
  if (filter.follow) {
    const targets = followLinks(tree, filter.follow);
    if (targets) patterns = withoutCovered([...patterns, ...targets]) ?? [];
  }
  return patterns.length === 0 ? null : createPatternMatcher(patterns, 'include pattern');
}

/** A pattern whose matches all lie at or below one path, so that directories elsewhere need not be entered. */
function isPlainPrefix(pattern: Pattern): boolean {
  return !/[*[\]?^\\]/.test(withoutTrailingGlob(pattern));
}

function mayMatchBelow(matcher: PatternMatcher, dir: string, exclusions: boolean): boolean {
  return matcher.patterns.some(
    (pattern) => pattern.isExclusion === exclusions && `${withoutTrailingGlob(pattern)}/`.startsWith(`${dir}/`),
  );
}

function withoutTrailingGlob(pattern: Pattern): string {
  return pattern.text.replace(/\/\*\*$/, '').replace(/\/\*$/, '');
}

/** Byte order of UTF-8. JavaScript's own order differs only where surrogates meet the end of the basic plane. */
function sortNames(names: string[]): string[] {
  return names.some((name) => /[\ud800-\uffff]/.test(name)) ? names.sort(compareBytes) : names.sort();
}
