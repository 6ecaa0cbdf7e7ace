import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PANELS } from '../../../src/actions/index.js';
import { computeLayout, innerRect, type LayoutInput, panelRect } from '../../../src/ui/layout/layout.js';

const base: LayoutInput = {
  cols: 160,
  rows: 48,
  mode: 'auto',
  zoomed: null,
  recency: ['steps', 'logs', 'terminal', 'source', 'processes'],
  hasTerminal: true,
  dividers: { steps: 0, logs: 0 },
};

const anyInput = fc.record({
  cols: fc.integer({ min: 1, max: 300 }),
  rows: fc.integer({ min: 1, max: 100 }),
  mode: fc.constantFrom('auto', 'columns', 'stacked', 'terminal') as fc.Arbitrary<LayoutInput['mode']>,
  zoomed: fc.constantFrom(null, ...PANELS),
  recency: fc.shuffledSubarray([...PANELS], { minLength: 5 }),
  hasTerminal: fc.boolean(),
  dividers: fc.record({ steps: fc.integer({ min: -99, max: 99 }), logs: fc.integer({ min: -99, max: 99 }) }),
});

describe('layout', () => {
  test('keeps every box inside of the screen and lets none lie over another', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { boxes } = computeLayout(input);
        const owners = new Map<string, number>();
        boxes.forEach((box, index) => {
          const { x, y, width, height } = box.rect;
          expect(x).toBeGreaterThanOrEqual(0);
          expect(y).toBeGreaterThanOrEqual(1);
          expect(x + width).toBeLessThanOrEqual(input.cols);
          expect(y + height).toBeLessThanOrEqual(input.rows - 1);
          const inner = innerRect(box);
          expect(inner.width).toBeGreaterThan(0);
          expect(inner.height).toBeGreaterThan(0);
          for (let row = inner.y; row < inner.y + inner.height; row++) {
            for (const column of [inner.x, inner.x + inner.width - 1]) {
              const key = `${column},${row}`;
              expect(owners.get(key) ?? index, `${key} in two boxes`).toBe(index);
              owners.set(key, index);
            }
          }
        });
      }),
      { numRuns: 300 },
    );
  });

  test('gives the terminal the same size whatever was looked at last', () => {
    fc.assert(
      fc.property(anyInput, fc.shuffledSubarray([...PANELS], { minLength: 5 }), (input, recency) => {
        const sizes = [computeLayout(input), computeLayout({ ...input, recency })].map((layout) => panelRect(layout, 'terminal'));
        expect(sizes[0]).toEqual(sizes[1]);
      }),
    );
  });

  test('pins the terminal to 80 columns on wide screens', () => {
    expect(panelRect(computeLayout({ ...base, cols: 200 }), 'terminal')?.width).toBeGreaterThanOrEqual(80);
  });

  test('is one sentence below 40x10 and one box below 80 columns', () => {
    expect(computeLayout({ ...base, cols: 39 }).kind).toBe('message');
    expect(computeLayout({ ...base, rows: 9 }).kind).toBe('message');
    expect(computeLayout({ ...base, cols: 79, rows: 24 }).boxes).toHaveLength(1);
  });
});
