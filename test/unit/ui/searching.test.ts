/** What a search costs. */
import { expect, test, vi } from 'vitest';
import type { Emulator } from '../../../src/term/types.js';
import { gridMatches, startSearch, stepSearch } from '../../../src/ui/control/searching.js';
import type { Ui } from '../../../src/ui/control/ui-context.js';

test('a grid is searched once for each query, and anew when it has changed', () => {
  const hits = [{ start: { row: 3, col: 0 }, end: { row: 3, col: 1 } }];
  let changed = (): void => undefined;
  const grid = {
    rows: 10,
    viewport: { top: 0, firstRow: 0, scrollToRow: () => undefined },
    search: vi.fn(() => hits),
    onDirty(listener: () => void) {
      changed = listener;
    },
  };
  const view = { activeTab: 'p1', search: null };
  const ui = {
    store: { view, dispatch: ({ search }: { search: null }) => Object.assign(view, { search }) },
    deps: { session: { state: { generations: [] } }, clock: { now: () => 1 } },
    terminals: { get: () => ({ emulator: grid as unknown as Emulator }) },
    layout: () => ({ boxes: [] }),
    invalidate: () => undefined,
  } as unknown as Ui;
  startSearch(ui, 'terminal', 'a');
  expect(gridMatches(ui)).toEqual(hits);
  expect(grid.search).toHaveBeenCalledTimes(1);
  startSearch(ui, 'terminal', 'ab');
  expect(gridMatches(ui)).toEqual(hits);
  stepSearch(ui, 1);
  expect(grid.search).toHaveBeenCalledTimes(2);
  changed();
  stepSearch(ui, 1);
  expect(grid.search).toHaveBeenCalledTimes(3);
});
