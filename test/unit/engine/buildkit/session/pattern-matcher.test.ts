import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPatternMatcher } from '../../../../../src/engine/shared/files/pattern-matcher.js';
import { BxError } from '../../../../../src/platform/errors.js';

/** [patterns, path, is it matched?] */
const CASES: ReadonlyArray<readonly [patterns: readonly string[], path: string, isMatch: boolean]> = [
  [['*.txt'], 'a.txt', true],
  [['*.txt'], 'dir/a.txt', false],
  [['**/*.txt'], 'a.txt', true],
  [['**/*.txt'], 'x/y/a.txt', true],
  [['**'], 'x/y', true],
  [['**/'], 'x', true],
  [['dir'], 'dir/file', true],
  [['dir/'], 'dir', true],
  [['/dir'], 'dir', false],
  [['./dir'], 'dir', true],
  [['dir/../other'], 'other', true],
  [['dir/**'], 'dir', false],
  [['dir/**'], 'dir/a', true],
  [['dir/*'], 'dir/a/b', true],
  [['dir/*'], 'dir', false],
  [['a?c'], 'abc', true],
  [['a?c'], 'a/c', false],
  [['[ab]x'], 'bx', true],
  [['[a-c]x'], 'cx', true],
  [['[^b]'], 'a', true],
  [['[^b]'], 'b', false],
  [['[!b]'], 'a', false],
  [['[!b]'], '!', true],
  [['{a,b}'], 'a', false],
  [['{a,b}'], '{a,b}', true],
  [['{a,b}*'], '{a,b}c', true],
  [['a+b'], 'a+b', true],
  [['a+b'], 'aab', false],
  [['a+b*'], 'a+bc', true],
  [['^a'], '^a', true],
  [['^a'], 'a', false],
  [['+(a)*'], '+(a)b', true],
  [['a(b*'], 'a(bc', true],
  [['a.b*'], 'axb', false],
  [['a$*'], 'a$b', true],
  [['\\*'], '*', true],
  [['\\*'], 'a', false],
  [['a\\ b'], 'a b', true],
  [['*', '!keep'], 'keep', false],
  [['*', '!keep'], 'drop', true],
  [['*', '!keep/this'], 'keep/this', false],
  [['*', '!keep/this'], 'keep/that', true],
  [['!keep', '*'], 'keep', true],
  [['*', '!keep', 'keep/not'], 'keep/not/x', true],
  [['*', '!**/*.md'], 'docs/a.md', false],
  [['  a  '], 'a', true],
  [[''], 'a', false],
  [['a'], 'A', false],
  [['é*'], 'éa', true],
  [['a**c'], 'abc', false],
  [['a**c'], 'ab/c', true],
  [['**a'], 'x/ba', true],
  [['**/a'], 'ba', false],
  [['**/a/b'], 'x/a/b/c', true],
  [['a/**/b'], 'a/b', true],
  [['a/**/b'], 'a/x/y/b', true],
  [['..'], '../x', true],
  [['.'], 'a', false],
  [['#a'], '#a', true],
  [['a]'], 'a]', true],
  [['a{2}*'], 'aab', true],
  [['a|b*'], 'ax', true],
];

describe('ignore patterns', () => {
  it.each(CASES)('%j against %s: %s', (patterns, path, isMatch) => {
    expect(createPatternMatcher(patterns).matches(path)).toBe(isMatch);
  });

  it.each([['!'], ['[a'], ['a\\'], ['[]a]'], ['[a-]'], ['!/[']])('refuses %j', (pattern) => {
    expect(() => createPatternMatcher([pattern])).toThrow(BxError);
  });

  it('names the pattern whose translation Go would refuse, when it is used', () => {
    const matcher = createPatternMatcher(['a\\yb*']);
    expect(() => matcher.matches('x')).toThrow(/a\\\\yb\*.*invalid escape/);
  });

  const segment = fc.stringMatching(/^[a-c.!+^$(){}|#-]{1,3}$/).filter((text) => text !== '.' && text !== '..');
  const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const glob = fc.constantFrom('*', '**', '?', '[ab]', '[^a]', 'a*', '*b', '\\*');
  const pattern = fc
    .tuple(fc.constantFrom('', '!', '/'), fc.array(fc.oneof(segment, glob), { minLength: 1, maxLength: 3 }))
    .map(([prefix, parts]) => prefix + parts.join('/'))
    .filter((text) => text !== '!' && !/^!\/*$/.test(text));

  it('gives the same answer for a path alone and for a walk down to it', () => {
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 1, maxLength: 5 }), path, (patterns, target) => {
        const matcher = createPatternMatcher(patterns);
        const parts = target.split('/');
        let parent: readonly boolean[] | null = null;
        let isMatch = false;
        for (let i = 1; i <= parts.length; i++) {
          const result = matcher.matchUnder(parts.slice(0, i).join('/'), parent);
          parent = result.matches;
          isMatch = result.isMatch;
        }
        // A directory's pattern that was skipped because of an earlier match is not remembered, so an exclusion in between may differ.
        if (!matcher.hasExclusions) expect(isMatch).toBe(matcher.matches(target));
      }),
      { numRuns: 2000 },
    );
  });

  it('matches every literal path by itself and by its directories, and takes that back with an exclusion', () => {
    fc.assert(
      fc.property(path, (target) => {
        const first = target.split('/')[0]!;
        fc.pre(!/[{|^$!]/.test(first) && !/^[!#]/.test(target));
        expect(createPatternMatcher([target]).matches(target)).toBe(true);
        expect(createPatternMatcher([first]).matches(`${first}/below`)).toBe(true);
        expect(createPatternMatcher([target, `!${target}`]).matches(target)).toBe(false);
      }),
    );
  });
});
