/** A log of more rows than a grid keeps loses its middle and not its beginning. Pure. */
import type { LogText } from './log-view.js';

/** Of the rows that the grid keeps; the rest is for what comes after. */
const HEAD_SHARE = 0.25;
const TAIL_SHARE = 0.6;

/** Rows are estimated without what moves the cursor: there may be fewer, and hardly more. */
export function fitLog(log: LogText, rows: number, cols: number): LogText {
  const isWhole = log.omittedBytes === 0;
  const head = isWhole ? log.head + log.tail : log.head;
  const tail = isWhole ? head : log.tail;
  const headEnd = endOfRows(head, Math.floor(rows * HEAD_SHARE), cols);
  const tailStart = startOfRows(tail, Math.floor(rows * TAIL_SHARE), cols);
  if (isWhole) {
    if (tailStart <= headEnd) return log;
    const omittedBytes = Buffer.byteLength(head.slice(headEnd, tailStart));
    return { head: head.slice(0, headEnd), tail: tail.slice(tailStart), omittedBytes };
  }
  const cut = Buffer.byteLength(head.slice(headEnd)) + Buffer.byteLength(tail.slice(0, tailStart));
  return { head: head.slice(0, headEnd), tail: tail.slice(tailStart), omittedBytes: log.omittedBytes + cut };
}

const rowsOfLine = (chars: number, cols: number): number => Math.max(1, Math.ceil(chars / Math.max(1, cols)));

function endOfRows(text: string, rows: number, cols: number): number {
  let at = 0;
  for (let left = rows; left > 0 && at < text.length; ) {
    const next = text.indexOf('\n', at);
    if (next < 0) return text.length;
    left -= rowsOfLine(next - at, cols);
    at = next + 1;
  }
  return at;
}

function startOfRows(text: string, rows: number, cols: number): number {
  let at = text.length;
  for (let left = rows; left > 0 && at > 0; ) {
    const before = at < 2 ? -1 : text.lastIndexOf('\n', at - 2);
    left -= rowsOfLine(at - before - 1, cols);
    at = before + 1;
  }
  return at;
}
