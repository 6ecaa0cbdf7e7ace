/** A mark as a range in reading order. Pure. */
import type { Match } from '../../term/types.js';
import type { TextMark } from '../view-state.js';

/** From the first marked cell to behind the last one; null when the mouse has not moved. */
export function rangeOf({ anchor, head }: TextMark): Match | null {
  if (anchor.row === head.row && anchor.col === head.col) return null;
  const isForward = anchor.row < head.row || (anchor.row === head.row && anchor.col <= head.col);
  const [start, last] = isForward ? [anchor, head] : [head, anchor];
  return { start, end: { row: last.row, col: last.col + 1 } };
}
