import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteWord, scanWords, splitWords } from '../../../src/monitor/split-words.js';

describe('splitWords', () => {
  it.each([
    ['', []],
    ['  a   b\tc ', ['a', 'b', 'c']],
    [`sh -c 'ls "a b"'`, ['sh', '-c', 'ls "a b"']],
    [`a"b c"d'e f'`, ['ab cde f']],
    [`'' ""`, ['', '']],
    ['a\\ b', ['a b']],
    ['"a\\"b\\$c\\\\d\\n"', ['a"b$c\\d\\n']],
    [`'a\\b'`, ['a\\b']],
    ['a\\\nb', ['ab']],
    ['$HOME * ~ #9', ['$HOME', '*', '~', '#9']],
    ['"a\nb"', ['a\nb']],
  ])('splits %j as a shell does', (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });

  it.each([`echo 'a`, 'echo "a', 'echo a\\'])('refuses %j', (line) => {
    expect(() => splitWords(line)).toThrow();
  });

  it('reads back whatever is quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        expect(splitWords(words.map(quoteWord).join(' '))).toEqual(words);
      }),
    );
  });

  it('says where words are and what is open', () => {
    expect(scanWords(`rb 'a b`)).toEqual({
      words: [
        { text: 'rb', start: 0, end: 2 },
        { text: 'a b', start: 3, end: 7 },
      ],
      open: "'",
    });
    expect(scanWords('a\\').open).toBe('\\');
    expect(scanWords('a').open).toBeNull();
  });
});
