/** Which size a program gets that several screens have open. Pure. */
import type { TerminalSize } from '../session.js';
import type { SharedSize } from './messages.js';

export interface SizeWish {
  /** Of the pane; null: none was said. */
  readonly size: TerminalSize | null;
  readonly isShown: boolean;
  /** When it was shown, and typed into, for the last time, as numbers that rise; 0: never. */
  readonly shownAt: number;
  readonly typedAt: number;
  readonly rule: SharedSize;
}

/**
 * Screens that do not show the program count only when none does, and of those the one alone that showed it last. `wishes` in the order in
 * which they came. Null: nobody wants any.
 */
export function agreedSize(wishes: readonly SizeWish[]): TerminalSize | null {
  const sized = wishes.filter((wish) => wish.size !== null);
  const shown = sized.filter((wish) => wish.isShown);
  const counting = shown.length > 0 ? shown : latest(sized, (wish) => wish.shownAt);
  const [leader] = latest(counting, (wish) => wish.typedAt);
  if (leader === undefined) return null;
  if (leader.rule === 'typist') return leader.size;
  return {
    cols: Math.min(...counting.map(({ size }) => size!.cols)),
    rows: Math.min(...counting.map(({ size }) => size!.rows)),
  };
}

/** The one with the highest number, of several the first. */
export function latest<T>(all: readonly T[], at: (one: T) => number): T[] {
  const highest = Math.max(...all.map(at));
  return all.filter((one) => at(one) === highest).slice(0, 1);
}
