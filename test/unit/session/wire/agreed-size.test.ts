import { describe, expect, it } from 'vitest';
import { agreedSize, type SizeWish } from '../../../../src/session/wire/agreed-size.js';

const wish = (cols: number, rows: number, change: Partial<SizeWish> = {}): SizeWish => ({
  size: { cols, rows },
  isShown: true,
  shownAt: 1,
  typedAt: 0,
  rule: 'smallest',
  ...change,
});

describe('the size of a program that several screens have open', () => {
  it('is the smallest in each direction of those that show it', () => {
    expect(agreedSize([wish(120, 30), wish(90, 60), wish(10, 10, { isShown: false })])).toEqual({ cols: 90, rows: 30 });
  });

  it('is that of the screen which showed it last when none does', () => {
    const hidden = { isShown: false } as const;
    const wishes = [wish(120, 30, { ...hidden, shownAt: 4 }), wish(90, 60, { ...hidden, shownAt: 7 }), wish(1, 1, hidden)];
    expect(agreedSize(wishes)).toEqual({ cols: 90, rows: 60 });
  });

  it('is that of the screen which typed last, where that one wants it so', () => {
    const typist = wish(120, 30, { typedAt: 5, rule: 'typist' });
    expect(agreedSize([wish(90, 60, { typedAt: 4 }), typist])).toEqual({ cols: 120, rows: 30 });
    expect(agreedSize([wish(90, 60, { typedAt: 6 }), typist])).toEqual({ cols: 90, rows: 30 });
    expect(agreedSize([wish(90, 60), { ...typist, isShown: false }])).toEqual({ cols: 90, rows: 60 });
  });

  it('is that of the first one, where nobody has typed and the first wants it so', () => {
    expect(agreedSize([wish(120, 30, { rule: 'typist' }), wish(90, 60)])).toEqual({ cols: 120, rows: 30 });
  });

  it("is nobody's when nobody has said one", () => {
    expect(agreedSize([])).toBeNull();
    expect(agreedSize([{ ...wish(1, 1), size: null }])).toBeNull();
  });
});
