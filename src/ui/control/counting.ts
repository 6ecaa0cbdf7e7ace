/**
 * Numbers before a movement, as in vi: `12G`, `10j`. A digit acts at once, as the key of a panel; where more digits and a movement follow
 * within a moment it was the beginning of a number, and the focus goes back to the panel of before. One digit is a number only where it is
 * no panel's: `3G` goes to the end of the logs.
 */
import { PANELS } from '../../actions/index.js';
import type { ScreenClock } from '../deps.js';
import type { ViewState } from '../view-state.js';
import type { ViewStore } from './store.js';

/** Longer than between the keys of a number, shorter than it takes to see what a panel's key has done. */
const WITHIN_MS = 500;
const MAX_COUNT = 999_999;

export interface Counting {
  /** To be called with every key, before it acts. The number that a movement has before it, with the focus where it was; else null. */
  take(key: string, isMovement: boolean): number | null;
}

export function createCounting(store: ViewStore, clock: Pick<ScreenClock, 'now'>): Counting {
  let digits = '';
  let atMs = 0;
  let before: Pick<ViewState, 'focus' | 'recency' | 'zoomed'> | null = null;
  return {
    take(key, isMovement) {
      const nowMs = clock.now();
      if (nowMs - atMs > WITHIN_MS) digits = '';
      atMs = nowMs;
      if (/^[0-9]$/.test(key)) {
        if (digits === '') before = store.view;
        digits += key;
        return null;
      }
      const typed = digits;
      digits = '';
      if (!isMovement || before === null || !isNumber(typed)) return null;
      const { focus, recency, zoomed } = before;
      store.dispatch({ type: 'focus.restored', focus, recency, zoomed });
      return Math.min(Number(typed), MAX_COUNT);
    },
  };
}

function isNumber(digits: string): boolean {
  return digits.length > 1 ? Number(digits) > 0 : Number(digits) > PANELS.length;
}
