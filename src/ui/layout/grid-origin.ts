/** Which part of a program's screen a pane shows when another screen has given it a larger size. Pure. */
import type { GridPosition } from '../../term/types.js';

export interface GridView {
  readonly cols: number;
  readonly rows: number;
  /** Relative to what is in view. */
  readonly cursor: { readonly x: number; readonly y: number };
  readonly viewport: { readonly isAtBottom: boolean };
}

/** The cell in the pane's upper left corner: the first one, or as far from it as the cursor needs to be seen. */
export function gridOrigin({ cols, rows, cursor, viewport }: GridView, width: number, height: number): GridPosition {
  return {
    row: viewport.isAtBottom ? firstOf(cursor.y, rows, height) : 0,
    col: firstOf(cursor.x, cols, width),
  };
}

function firstOf(wanted: number, length: number, room: number): number {
  return Math.max(0, Math.min(wanted - room + 1, length - room));
}
