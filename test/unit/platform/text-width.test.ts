import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  between,
  cleanText,
  ellipsize,
  ellipsizeStart,
  graphemes,
  graphemeWidth,
  textWidth,
  wrapText,
} from '../../../src/platform/text-width.js';

describe('text on cells', () => {
  test('counts wide clusters as two', () => {
    expect(textWidth('abc')).toBe(3);
    expect(textWidth('名前')).toBe(4);
    expect(textWidth('🎉')).toBe(2);
    expect(textWidth('👨‍👩‍👧')).toBe(2);
    expect(textWidth('é')).toBe(1);
  });

  test('cuts with a mark, never through a cluster', () => {
    expect(ellipsize('RUN npm ci', 20)).toBe('RUN npm ci');
    expect(ellipsize('RUN npm ci', 7)).toBe('RUN np…');
    expect(ellipsize('名前名前', 4)).toBe('名…');
    expect(ellipsizeStart('/very/long/Dockerfile', 11)).toBe('…Dockerfile');
  });

  test('never gives more cells than asked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 30 }), (text, max) => {
        expect(textWidth(ellipsize(cleanText(text), max))).toBeLessThanOrEqual(max);
      }),
    );
  });

  test('takes escape sequences, overrides and line ends out of foreign text', () => {
    expect(cleanText('a\x1b[31mb\u202ec\r\nd\te')).toBe('a[31mbc d e');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(cleanText(text)).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  test('puts two texts at the ends of a line, and cuts the first', () => {
    expect(between('left', 'right', 12)).toBe('left   right');
    expect(between('much too long', 'r', 6)).toBe('much r');
    expect(between('構築', '', 3)).toBe('構');
  });

  test('wraps at blanks and cuts what is too long', () => {
    expect(wrapText('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrapText('abcdefgh', 3)).toEqual(['abc', 'def', 'gh']);
  });
});

describe('graphemes', () => {
  test('are those of the segmenter, also where it is not asked', () => {
    const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
    const expected = (text: string) =>
      Array.from(segmenter.segment(text), ({ segment }) => ({ chars: segment, width: graphemeWidth(segment) }));
    for (let code = 0x20; code < 0x3100; code++) {
      const char = String.fromCharCode(code);
      for (const text of [char, `a${char}`, `${char}…`, `é${char}█${char}`]) {
        const parts = graphemes(text);
        expect(parts, JSON.stringify(text)).toEqual(expected(text));
        expect(textWidth(text)).toBe(parts.reduce((sum, { width }) => sum + width, 0));
      }
    }
  });
});
