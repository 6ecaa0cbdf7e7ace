/** The state of a session and those who hear what changes it: all that happens in a session comes through here, as an event. */
import type { EngineEvent, SessionEvent } from '../core/events.js';
import type { Notice, SessionState } from '../core/model/index.js';
import { batches, initialState, reduce, reduceBatch } from '../core/reduce/index.js';

export interface ToldState {
  readonly state: SessionState;
  readonly now: () => number;
  onEvent(listener: (event: SessionEvent, state: SessionState) => void): { dispose(): void };
  emit(event: SessionEvent): void;
  notify(level: Notice['level'], message: string, hint?: string | null): void;
  /** What comes together is taken in together; everybody is told of each event all the same. */
  report(generation: number, events: readonly EngineEvent[]): void;
}

/** `react`: what the session itself does about an event of the engine, once all have heard of it. `now`: milliseconds since the epoch. */
export function createToldState(now: () => number, react: (generation: number, event: EngineEvent) => void): ToldState {
  const listeners = new Set<(event: SessionEvent, state: SessionState) => void>();
  let state = initialState();
  let noticeCount = 0;
  const tell = (event: SessionEvent): void => {
    for (const listener of listeners) listener(event, state);
  };
  const emit = (event: SessionEvent): void => {
    state = reduce(state, event);
    tell(event);
  };
  return {
    get state() {
      return state;
    },
    now,
    onEvent(listener) {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    emit,
    notify: (level, message, hint = null) =>
      emit({ type: 'notice.posted', atMs: now(), notice: { id: ++noticeCount, level, message, hint } }),
    report(generation, reported) {
      for (const events of batches(reported)) {
        const atMs = now();
        state = reduceBatch(state, { generation, atMs, events });
        for (const event of events) {
          tell({ type: 'engine.reported', atMs, generation, event });
          react(generation, event);
        }
      }
    },
  };
}
