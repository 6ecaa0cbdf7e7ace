/** The window onto a log: it ends at the log's last line, follows it until scrolled away, and stays on its lines then. */
import type { Emulator, Viewport } from './types.js';

export interface LogViewport extends Viewport {
  /** The grid has changed: where the log ends has to be looked up again. */
  invalidate(): void;
}

/** `grid`: an emulator that is never scrolled itself. `rows`: height of the window. */
export function createLogViewport(grid: Emulator, rows: () => number, markDirty: () => void): LogViewport {
  /** Null: the end is followed. */
  let pinned: number | null = null;
  let knownEnd: number | null = null;

  /** The row after the last one with content; the cursor counts as content when it is inside of a line. */
  const findEnd = (): number => {
    const { firstRow, length, top } = grid.viewport;
    const cursorEnd = top + grid.cursor.y + (grid.cursor.x > 0 ? 1 : 0);
    let end = firstRow + length;
    while (end > cursorEnd && end > firstRow && grid.text(end - 1, 0, end - 1, grid.cols) === '') end -= 1;
    return Math.max(end, firstRow);
  };
  const end = (): number => {
    knownEnd ??= findEnd();
    return knownEnd;
  };
  const lastTop = (): number => Math.max(grid.viewport.firstRow, end() - rows());
  const top = (): number => (pinned === null ? lastTop() : Math.min(Math.max(pinned, grid.viewport.firstRow), lastTop()));
  const scrollTo = (row: number): void => {
    const before = top();
    const target = Math.max(row, grid.viewport.firstRow);
    pinned = target >= lastTop() ? null : target;
    if (top() !== before) markDirty();
  };

  return {
    get firstRow() {
      return grid.viewport.firstRow;
    },
    get length() {
      return end() - grid.viewport.firstRow;
    },
    get top() {
      return top();
    },
    get isAtBottom() {
      return top() >= lastTop();
    },
    get rowsBelow() {
      return Math.max(0, lastTop() - top());
    },
    scrollLines: (count) => scrollTo(top() + Math.trunc(count)),
    scrollToRow: (row) => scrollTo(Math.trunc(row)),
    scrollToTop: () => scrollTo(grid.viewport.firstRow),
    scrollToBottom: () => scrollTo(lastTop()),
    invalidate() {
      knownEnd = null;
    },
  };
}
