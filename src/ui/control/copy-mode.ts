/** Marking and copying text of a terminal or a log with the keyboard, as in vi: move, v or V, move, y. The grid itself is never changed. */
import type { Emulator, GridPosition } from '../../term/types.js';
import type { GridPanel } from '../layout/grid-area.js';
import { gridArea } from '../layout/grid-area.js';
import { selectGeneration, selectStep } from '../select/current.js';
import { rangeOfCopy } from '../select/text-range.js';
import type { CopyOverlay } from '../view-state.js';
import { copyText } from './copying.js';
import { gridOf } from './scrolling.js';
import { stepSearch } from './searching.js';
import type { Ui } from './ui-context.js';

/** Begins on the last row with text that is seen. */
export function enterCopyMode(ui: Ui, panel: GridPanel): void {
  const grid = gridOf(ui, panel);
  if (grid === null) return;
  const { top } = grid.viewport;
  let row = Math.min(top + pageRows(ui, panel), lastRow(grid) + 1) - 1;
  while (row > top && rowText(grid, row) === '') row--;
  const { layoutVersion } = grid;
  const overlay: CopyOverlay = { kind: 'copy', panel, head: { row, col: 0 }, anchor: null, isLines: false, layoutVersion };
  ui.store.dispatch({ type: 'overlay.opened', overlay });
}

export function copyModeKey(ui: Ui, overlay: CopyOverlay, key: string): void {
  const grid = gridOf(ui, overlay.panel);
  // After a resize, or on another screen, rows have other numbers.
  if (grid === null || grid.layoutVersion !== overlay.layoutVersion || key === 'q') {
    ui.store.closeTop();
    return;
  }
  const change = (next: Partial<CopyOverlay>): void =>
    ui.store.dispatch({ type: 'overlay.changed', overlay: { ...overlay, ...next } });
  if (key === 'y' || key === 'enter') {
    copyMarked(ui, overlay, grid);
    return;
  }
  if (key === 'v' || key === 'V') {
    const isLines = key === 'V';
    const isOff = overlay.anchor !== null && overlay.isLines === isLines;
    change({ anchor: isOff ? null : (overlay.anchor ?? overlay.head), isLines });
    return;
  }
  if (key === 'o') {
    if (overlay.anchor !== null) change({ head: overlay.anchor, anchor: overlay.head });
    return;
  }
  const head =
    key === 'n' || key === 'N' ? foundBy(ui, grid, overlay, key) : moved(grid, overlay.head, key, pageRows(ui, overlay.panel));
  const { firstRow } = grid.viewport;
  const row = Math.max(firstRow, Math.min(lastRow(grid), head.row));
  const next = { row, col: Math.max(0, Math.min(grid.cols - 1, head.col)) };
  change({ head: next });
  showRow(ui, grid, overlay.panel, row);
}

function moved(grid: Emulator, { row, col }: GridPosition, key: string, page: number): GridPosition {
  const { firstRow } = grid.viewport;
  switch (key) {
    case 'h':
    case 'left':
      return { row, col: col - 1 };
    case 'l':
    case 'right':
      return { row, col: col + 1 };
    case 'k':
    case 'up':
      return { row: row - 1, col };
    case 'j':
    case 'down':
      return { row: row + 1, col };
    case 'C-u':
      return { row: row - Math.ceil(page / 2), col };
    case 'C-d':
      return { row: row + Math.ceil(page / 2), col };
    case 'C-b':
    case 'pageup':
      return { row: row - page, col };
    case 'C-f':
    case 'pagedown':
      return { row: row + page, col };
    case 'g':
      return { row: firstRow, col: 0 };
    case 'G':
      return { row: lastRow(grid), col: 0 };
    case '0':
    case 'home':
      return { row, col: 0 };
    case '^':
      return {
        row,
        col: Math.max(
          0,
          rowCells(grid, row).findIndex((chars) => chars.trim() !== ''),
        ),
      };
    case '$':
    case 'end':
      return {
        row,
        col: Math.max(
          0,
          rowCells(grid, row).findLastIndex((chars) => chars.trim() !== ''),
        ),
      };
    case 'w':
      return wordFrom(grid, row, col, 1);
    case 'b':
      return wordFrom(grid, row, col, -1);
    default:
      return { row, col };
  }
}

/** The beginning of the next or the previous word, on the next row where there is none in this one. */
function wordFrom(grid: Emulator, row: number, col: number, direction: 1 | -1): GridPosition {
  const cells = rowCells(grid, row);
  const starts = cells.flatMap((chars, x) => (chars.trim() !== '' && (x === 0 || cells[x - 1]!.trim() === '') ? [x] : []));
  const found = direction > 0 ? starts.find((x) => x > col) : starts.findLast((x) => x < col);
  if (found !== undefined) return { row, col: found };
  return direction > 0 ? { row: row + 1, col: 0 } : { row: row - 1, col: grid.cols };
}

function foundBy(ui: Ui, grid: Emulator, { panel, head }: CopyOverlay, key: 'n' | 'N'): GridPosition {
  if (ui.store.view.search?.panel !== panel) return head;
  stepSearch(ui, key === 'n' ? 1 : -1);
  const { search } = ui.store.view;
  return (search === null ? undefined : grid.search(search.query)[search.index]?.start) ?? head;
}

function copyMarked(ui: Ui, overlay: CopyOverlay, grid: Emulator): void {
  const { start, end } = rangeOfCopy(overlay.anchor === null ? { ...overlay, isLines: true } : overlay, grid.cols);
  ui.store.closeTop();
  void copyText(ui, grid.text(start.row, start.col, end.row, end.col));
}

function rowCells(grid: Emulator, row: number): string[] {
  return Array.from({ length: grid.cols }, (_, x) => grid.text(row, x, row, x + 1));
}

function rowText(grid: Emulator, row: number): string {
  return grid.text(row, 0, row, grid.cols).trim();
}

function lastRow({ viewport }: Emulator): number {
  return viewport.firstRow + viewport.length - 1;
}

function pageRows(ui: Ui, panel: GridPanel): number {
  const generation = selectGeneration(ui.deps.session.state, ui.store.view);
  return Math.max(1, gridArea(ui.layout(), panel, generation, selectStep(generation, ui.store.view))?.height ?? 1);
}

function showRow(ui: Ui, grid: Emulator, panel: GridPanel, row: number): void {
  const { top } = grid.viewport;
  const height = pageRows(ui, panel);
  if (row < top) grid.viewport.scrollToRow(row);
  else if (row >= top + height) grid.viewport.scrollToRow(row - height + 1);
  ui.invalidate();
}
