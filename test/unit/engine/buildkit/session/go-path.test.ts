import { describe, expect, it } from 'vitest';
import {
  baseName,
  cleanPath,
  dirName,
  hasWildcards,
  joinPath,
  matchGlob,
  parseGlob,
} from '../../../../../src/engine/shared/files/go-path.js';

describe("Go's path functions", () => {
  it.each([
    ['', '.'],
    ['a//b/', 'a/b'],
    ['/../a', '/a'],
    ['../a/..', '..'],
    ['a/../../b', '../b'],
    ['/', '/'],
    ['./', '.'],
  ])('cleans %j to %j', (path, clean) => expect(cleanPath(path)).toBe(clean));

  it('joins, and splits off names and directories', () => {
    expect(joinPath('', 'a', '', '../b')).toBe('b');
    expect(joinPath('')).toBe('');
    expect([dirName('a/b'), dirName('a'), dirName('/a')]).toEqual(['a', '.', '/']);
    expect([baseName('a/b'), baseName('a/'), baseName('')]).toEqual(['b', 'a', '.']);
  });

  it.each([
    ['*.go', 'a.go', true],
    ['*', 'a/b', false],
    ['a*b*c', 'axxbyyc', true],
    ['[a-c]?', 'b1', true],
    ['[^a]', 'a', false],
    ['[\\]]', ']', true],
    ['\\[x', '[x', true],
    ['a?', 'a/', false],
    ['*a*a*a*a*b', 'aaaaaaaaaaaaaaaa', false],
  ])('matches %s against %s: %s', (pattern, name, isMatch) => expect(matchGlob(pattern, name)).toBe(isMatch));

  it.each(['[', '[a', '[]a]', '[a-]', '[-x]', '\\', '[\\'])('%s is malformed', (pattern) =>
    expect(parseGlob(pattern)).toBeNull(),
  );

  it('knows a pattern from a name', () => {
    expect(['a*', '?', '[a]', '\\\\*'].every(hasWildcards)).toBe(true);
    expect(['a', '\\*', 'a\\[b', ']'].some(hasWildcards)).toBe(false);
  });
});
