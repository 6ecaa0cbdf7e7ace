/**
 * Ignore and include patterns with the semantics of moby/patternmatcher, its oddities included: the same files must reach the
 * engine as with the docker command. Paths are relative, slash-separated. It reads no file.
 */
import { BxError } from '../../../platform/errors.js';
import { cleanPath, dirName, parseGlob } from './go-path.js';
import { compileGoRegexp, PatternSyntaxError } from './go-regexp.js';

export interface Pattern {
  /** Cleaned, without `!`. */
  readonly text: string;
  readonly isExclusion: boolean;
  matches(path: string): boolean;
}

/** Which patterns matched a directory, for the entries below it; null at the top. */
export type ParentMatches = readonly boolean[] | null;

export interface PatternMatcher {
  readonly patterns: readonly Pattern[];
  /** One of the patterns begins with `!`. */
  readonly hasExclusions: boolean;
  /** Does `path` match, given what its directory matched? `matches` is for the entries below, if `path` is a directory. */
  matchUnder(path: string, parent: ParentMatches): { readonly isMatch: boolean; readonly matches: readonly boolean[] };
  /** The same for a path alone, all its parents looked at. */
  matches(path: string): boolean;
}

/** Throws `BxError('input')` naming the pattern that is malformed. `what` says whose patterns they are. */
export function createPatternMatcher(patternTexts: readonly string[], what = 'ignore pattern'): PatternMatcher {
  const patterns: Pattern[] = [];
  for (const original of patternTexts) {
    const pattern = createPattern(original, what);
    if (pattern) patterns.push(pattern);
  }
  const matchUnder = (path: string, parent: ParentMatches): { isMatch: boolean; matches: boolean[] } => {
    const matches = new Array<boolean>(patterns.length).fill(false);
    let isMatch = false;
    for (let i = 0; i < patterns.length; i++) {
      const pattern = patterns[i]!;
      let hit = parent?.[i] ?? false;
      if (!hit) {
        // An exclusion has nothing to take back before a match, and a second match changes nothing.
        if (pattern.isExclusion !== isMatch) continue;
        hit = pattern.matches(path) || (parent === null && matchesAnyParent(pattern, path));
      }
      matches[i] = hit;
      if (hit) isMatch = !pattern.isExclusion;
    }
    return { isMatch, matches };
  };
  return {
    patterns,
    hasExclusions: patterns.some((pattern) => pattern.isExclusion),
    matchUnder,
    matches: (path) => matchUnder(path, null).isMatch,
  };
}

function matchesAnyParent(pattern: Pattern, path: string): boolean {
  const parent = dirName(path);
  if (parent === '.') return false;
  const parts = parent.split('/');
  return parts.some((_, i) => pattern.matches(parts.slice(0, i + 1).join('/')));
}

function createPattern(original: string, what: string): Pattern | null {
  const trimmed = trimGoSpace(original);
  if (trimmed === '') return null;
  // Cleaned before the `!` is looked at: `! /x` and `!./x` keep what follows as it is.
  let text = cleanPath(trimmed);
  const isExclusion = text.startsWith('!');
  if (isExclusion) text = text.slice(1);
  if (isExclusion && text === '') throw malformed(original, what, 'nothing follows the !');
  if (parseGlob(text) === null) throw malformed(original, what, 'syntax error in pattern');
  let matches: ((path: string) => boolean) | null = null;
  return {
    text,
    isExclusion,
    matches(path) {
      if (!matches) {
        try {
          matches = compile(text);
        } catch (error) {
          if (!(error instanceof PatternSyntaxError)) throw error;
          throw malformed(original, what, error.message);
        }
      }
      return matches(path);
    },
  };
}

/** Translates a pattern the way moby/patternmatcher does; the four kinds are its own, they decide about special cases like `**` + `/x`. */
function compile(text: string): (path: string) => boolean {
  const chars = [...text];
  let source = '^';
  let kind: 'exact' | 'prefix' | 'suffix' | 'regexp' = 'exact';
  let i = 0;
  for (let turn = 0; i < chars.length; turn++) {
    const char = chars[i++]!;
    if (char === '*' && chars[i] === '*') {
      i++;
      if (chars[i] === '/') i++;
      if (i < chars.length) {
        source += '(.*/)?';
        kind = 'regexp';
      } else if (kind === 'exact') kind = 'prefix';
      else {
        source += '.*';
        kind = 'regexp';
      }
      if (turn === 0) kind = 'suffix';
    } else if (char === '*') {
      source += '[^/]*';
      kind = 'regexp';
    } else if (char === '?') {
      source += '[^/]';
      kind = 'regexp';
    } else if ('.+()$'.includes(char)) {
      // Braces and bars are not escaped by the original either.
      source += `\\${char}`;
    } else if (char === '\\') {
      const escaped = chars[i++];
      source += `\\${escaped ?? ''}`;
      if (escaped !== undefined) kind = 'regexp';
    } else {
      source += char;
      if (char === '[' || char === ']') kind = 'regexp';
    }
  }
  switch (kind) {
    case 'exact':
      return (path) => path === text;
    case 'prefix': {
      const prefix = text.slice(0, -2);
      return (path) => path.startsWith(prefix);
    }
    case 'suffix': {
      const suffix = text.slice(2);
      return (path) => path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1));
    }
    case 'regexp': {
      const regexp = compileGoRegexp(`${source}$`);
      return (path) => regexp.test(path);
    }
  }
}

/** Go's `strings.TrimSpace` does not take U+FEFF for a space, JavaScript's `trim` does. */
function trimGoSpace(text: string): string {
  return text
    .replace(/^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/, '')
    .replace(/[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/, '');
}

function malformed(pattern: string, what: string, why: string): BxError {
  return new BxError('input', `${what} ${JSON.stringify(pattern)} cannot be used: ${why}`, {
    hint: 'Correct the pattern in the ignore file or in the instruction.',
  });
}
