/**
 * Keys that are typed ahead of a program's end were meant for the program. So for a moment after the end, and as long as they keep coming,
 * keys go nowhere: what is left of `exit⏎make clean⏎` is not a row of commands.
 */
import { actionForKey } from '../../actions/index.js';
import type { ScreenClock } from '../deps.js';
import type { ViewStore } from './store.js';

/** Longer than between the keys of somebody who types, shorter than it takes to see that a program has ended. */
const HELD_MS = 300;

export interface TypeAhead {
  /** The program that had the keyboard has ended. */
  begin(): void;
  /** Whether this key goes nowhere. Escape and the leave key end it; the leave key is carried out. */
  swallows(key: string): boolean;
  dispose(): void;
}

export function createTypeAhead(store: ViewStore, clock: ScreenClock): TypeAhead {
  let timer: unknown = null;
  const end = (): void => {
    if (timer !== null) clock.clearTimeout(timer);
    timer = null;
    if (store.view.areKeysHeld) store.dispatch({ type: 'keys.held', areHeld: false });
  };
  const begin = (): void => {
    if (timer !== null) clock.clearTimeout(timer);
    timer = clock.setTimeout(end, HELD_MS);
    if (!store.view.areKeysHeld) store.dispatch({ type: 'keys.held', areHeld: true });
  };
  return {
    begin,
    swallows(key) {
      if (!store.view.areKeysHeld) return false;
      const isLeaving = actionForKey(key, 'terminal')?.id === 'terminal.sendLeaveKey';
      if (isLeaving || key === 'escape') end();
      else begin();
      return !isLeaving;
    },
    dispose: end,
  };
}
