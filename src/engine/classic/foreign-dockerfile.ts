/**
 * Where a Dockerfile stands that is none of the context's: one that is cut, from stdin, or from elsewhere. The engine takes it out of the context
 * before anything is copied, if the ignore file leaves it out, and so it has to; but a line more in an ignore file that is copied itself would
 * be in the image. So it takes a name that the ignore file leaves out as it is. Pure but for the tree that it is given.
 */
import type { FileTree } from '../shared/files/file-tree.js';
import type { PatternMatcher } from '../shared/files/pattern-matcher.js';

export interface ForeignPlace {
  readonly path: string;
  /** Text of an ignore file that leaves it out; null: the one of the context does. */
  readonly ignoreText: string | null;
}

/** The same for every build, so that the cache is found again. */
const NAME = '.dockerfile.bxtui';
export const IGNORE_FILE = '.dockerignore';

/** `ignored`: text of the context's ignore file, null without one. */
export function placeForeign(tree: FileTree, ignored: string | null, matcher: PatternMatcher): ForeignPlace {
  const withLine = { path: NAME, ignoreText: `${ignored ?? IGNORE_FILE}\n${NAME}\n` };
  // Then the engine takes the ignore file out with it.
  if (ignored === null || matcher.matches(IGNORE_FILE)) return withLine;
  if (matcher.matches(NAME)) return { path: NAME, ignoreText: null };
  const path = matcher.patterns
    .filter(({ isExclusion }) => !isExclusion)
    .map(({ text }) => exampleOf(text))
    .find((one): one is string => one !== null && matcher.matches(one) && isFree(tree, one, matcher));
  // Patterns that match no name in a directory that is there: then there is no way around the line.
  return path === undefined ? withLine : { path, ignoreText: null };
}

/** A path that the pattern matches; null when it is not worth while. */
function exampleOf(pattern: string): string | null {
  const path = pattern
    .replace(/\*\*\//g, '')
    .replace(/\*+/g, NAME)
    .replaceAll('?', '_');
  return /[[\]\\]/.test(path) || path.startsWith('../') ? null : path;
}

function isFree(tree: FileTree, path: string, matcher: PatternMatcher): boolean {
  const slash = path.lastIndexOf('/');
  const parent = slash < 0 ? '' : path.slice(0, slash);
  // A directory that is made for it would be copied.
  if (parent !== '' && (matcher.matches(parent) || tree.stat(parent)?.kind !== 'dir')) return false;
  // What it hides is not sent anyway, unless an exception calls something in it back.
  return !matcher.hasExclusions || tree.stat(path) === null;
}
