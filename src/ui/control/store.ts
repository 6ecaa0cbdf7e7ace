/** The view state with its reducer and whoever wants to know of changes, plus questions that wait for an answer. */
import { reduceView, type ViewEvent } from '../view-reduce.js';
import type { Overlay, ViewState } from '../view-state.js';

export interface ViewStore {
  readonly view: ViewState;
  dispatch(event: ViewEvent): void;
  /** Opens an overlay and resolves with what `answer` is called with for its id; null when it is closed without one. */
  wait<T>(make: (id: number) => Overlay): Promise<T | null>;
  /** Closes the topmost overlay, which has this id, with a result. */
  answer(id: number, result: unknown): void;
  /** Closes the topmost overlay without a result. */
  closeTop(): void;
  /** Closes this overlay, whatever lies above it, without a result. */
  close(id: number): void;
}

export function createViewStore(initial: ViewState, onChange: () => void): ViewStore {
  let view = initial;
  let nextId = 1;
  const waiting = new Map<number, (result: unknown) => void>();

  const settle = (id: number, result: unknown): void => {
    const resolve = waiting.get(id);
    waiting.delete(id);
    resolve?.(result);
  };
  const store: ViewStore = {
    get view() {
      return view;
    },
    dispatch(event) {
      const next = reduceView(view, event);
      if (next === view) return;
      view = next;
      onChange();
    },
    wait<T>(make: (id: number) => Overlay): Promise<T | null> {
      const id = nextId++;
      return new Promise((resolve) => {
        waiting.set(id, resolve as (result: unknown) => void);
        store.dispatch({ type: 'overlay.opened', overlay: make(id) });
      });
    },
    answer(id, result) {
      store.dispatch({ type: 'overlay.closed' });
      settle(id, result);
    },
    closeTop() {
      const top = view.overlays.at(-1);
      if (top === undefined) return;
      store.dispatch({ type: 'overlay.closed' });
      if ('id' in top) settle(top.id, null);
    },
    close(id) {
      store.dispatch({ type: 'overlay.removed', id });
      settle(id, null);
    },
  };
  return store;
}
