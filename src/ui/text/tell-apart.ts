/** Names cut to a width so that they still tell what they name apart. Pure. */
import { ellipsize, ellipsizeStart, textWidth } from '../../platform/text-width.js';

/**
 * `name` in at most `max` cells: its beginning, or, where another one of `names` would look the same, both of its ends, as evenly as tells
 * them apart.
 */
export function cutApart(name: string, names: readonly string[], max: number, mark: string): string {
  const cut = (text: string, tail: number): string => bothEnds(text, max, tail, mark);
  if (textWidth(name) <= max) return name;
  const others = names.filter((other) => other !== name);
  const isAlone = (tail: number): boolean => others.every((other) => cut(other, tail) !== cut(name, tail));
  const room = max - textWidth(mark);
  const half = Math.floor(room / 2);
  const tails = [0, ...Array.from({ length: Math.max(0, room - half) }, (_, more) => half + more)];
  return cut(name, tails.find(isAlone) ?? 0);
}

/** The last `tail` cells, and of the beginning what there is room for. */
function bothEnds(text: string, max: number, tail: number, mark: string): string {
  if (tail <= 0 || textWidth(text) <= max) return ellipsize(text, max, mark);
  const end = ellipsizeStart(text, tail, '');
  return ellipsize(text, max - textWidth(end), mark) + end;
}
