/** Text in a given number of columns. Pure. */
import { eastAsianWidth } from 'get-east-asian-width';

const ASCII = /^[\x20-\x7e]*$/;

export function columnsOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let columns = 0;
  for (const sign of text) columns += signColumns(sign);
  return columns;
}

/** As much of the beginning as fits. */
export function cutTo(text: string, columns: number): string {
  if (ASCII.test(text)) return text.slice(0, Math.max(0, columns));
  let left = columns;
  let kept = '';
  for (const sign of text) {
    left -= signColumns(sign);
    if (left < 0) break;
    kept += sign;
  }
  return kept;
}

/** `left` at the left end and `right` at the right one, with blanks between; what is too long is cut. */
export function between(left: string, right: string, columns: number): string {
  const room = columns - columnsOf(right) - (right === '' ? 0 : 1);
  if (room <= 0) return cutTo(left, columns);
  const kept = cutTo(left, room);
  return right === '' ? kept : `${kept}${' '.repeat(room - columnsOf(kept))} ${right}`;
}

function signColumns(sign: string): number {
  if (/^(?:\p{M}|\u200b|\u200c|\u200d)$/u.test(sign)) return 0;
  return eastAsianWidth(sign.codePointAt(0) ?? 0) === 2 || /^\p{Emoji_Presentation}$/u.test(sign) ? 2 : 1;
}
