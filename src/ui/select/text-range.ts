/** A mark as a range in reading order. Pure. */
import type { Match } from '../../term/types.js';
import type { CopyOverlay, TextMark } from '../view-state.js';

/** From the first marked cell to behind the last one; null when the mouse has not moved. */
export function rangeOf({ anchor, head }: TextMark): Match | null {
  if (anchor.row === head.row && anchor.col === head.col) return null;
  const isForward = anchor.row < head.row || (anchor.row === head.row && anchor.col <= head.col);
  const [start, last] = isForward ? [anchor, head] : [head, anchor];
  return { start, end: { row: last.row, col: last.col + 1 } };
}

/** What the keyboard has marked, or the cell of its cursor: whole rows, or from cell to cell with both ends in it. */
export function rangeOfCopy({ head, anchor, isLines }: CopyOverlay, cols: number): Match {
  const from = anchor ?? head;
  const [start, last] = from.row < head.row || (from.row === head.row && from.col <= head.col) ? [from, head] : [head, from];
  if (isLines) return { start: { row: start.row, col: 0 }, end: { row: last.row, col: cols } };
  return { start, end: { row: last.row, col: last.col + 1 } };
}
