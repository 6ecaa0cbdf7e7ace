/**
 * The logs of steps as grids, made when a step is looked at and kept for the newest few.
 */
import type { SessionEvent } from '../../core/events.js';
import type { SessionState, StepKey } from '../../core/model/index.js';
import { stepsAt } from '../../core/reduce/index.js';
import { lacksBeginning, type SessionClient } from '../../session/session.js';
import { createLogView } from '../../term/log-view.js';
import type { Emulator } from '../../term/types.js';

const KEPT_LOGS = 6;
const MAX_PENDING_BYTES = 4 << 20;
const SCROLLBACK_ROWS = 10_000;

export interface LogGrids {
  /** Null when the step has printed nothing. */
  get(generation: number, step: StepKey): Emulator | null;
  /** To its first row, also where the grid has let go of it; then the middle is left out. */
  toBeginning(generation: number, step: StepKey): void;
  resize(cols: number, rows: number): void;
  /** The session is another one: all are made anew. */
  reset(): void;
  dispose(): void;
}

export function createLogGrids(session: SessionClient, onDirty: () => void): LogGrids {
  const grids = new Map<string, Emulator>();
  let size = { cols: 80, rows: 24 };

  const append = (event: SessionEvent, state: SessionState): void => {
    if (event.type !== 'engine.reported' || event.event.type !== 'log.appended') return;
    const generation = state.generations.find(({ number }) => number === event.generation);
    for (const step of stepsAt(generation, event.event.digest)) write(`${event.generation}/${step}`, event.event.text);
  };

  const write = (key: string, text: string): void => {
    const grid = grids.get(key);
    if (grid === undefined) return;
    if (grid.pendingBytes < MAX_PENDING_BYTES) {
      grid.write(text);
      return;
    }
    // It prints faster than it can be parsed: the next look begins anew with what the session has kept of it.
    grid.dispose();
    grids.delete(key);
    onDirty();
  };
  const listener = session.onEvent(append);

  const reset = (): void => {
    for (const emulator of grids.values()) emulator.dispose();
    grids.clear();
  };
  const create = (generation: number, step: StepKey): Emulator | null => {
    const log = session.stepLog(generation, step);
    if (log.head === '' && log.tail === '' && log.omittedBytes === 0) return null;
    const view = createLogView({ ...size, scrollbackRows: SCROLLBACK_ROWS, log });
    view.onDirty(onDirty);
    if (lacksBeginning(log)) void completed(generation, step, view);
    return view;
  };

  /** With the whole log, which the session had to be asked for, as far from its end. */
  const completed = async (generation: number, step: StepKey, stump: Emulator): Promise<void> => {
    const log = await session.wholeLog(generation, step);
    const key = `${generation}/${step}`;
    if (lacksBeginning(log) || grids.get(key) !== stump) return;
    const { isAtBottom, firstRow, length, top } = stump.viewport;
    stump.dispose();
    grids.delete(key);
    const renewed = get(generation, step);
    if (!isAtBottom) renewed?.write('', () => renewed.viewport.scrollToRow(endOf(renewed) - (firstRow + length - top)));
    onDirty();
  };

  const get = (generation: number, step: StepKey): Emulator | null => {
    const key = `${generation}/${step}`;
    const known = grids.get(key) ?? create(generation, step);
    if (known === null) return null;
    grids.delete(key);
    grids.set(key, known);
    while (grids.size > KEPT_LOGS) {
      const [oldest, emulator] = grids.entries().next().value!;
      emulator.dispose();
      grids.delete(oldest);
    }
    return known;
  };

  return {
    get,
    toBeginning(generation, step) {
      const key = `${generation}/${step}`;
      const known = grids.get(key);
      if (known === undefined || known.viewport.firstRow === 0) {
        known?.viewport.scrollToTop();
        return;
      }
      known.dispose();
      grids.delete(key);
      const renewed = get(generation, step);
      // There is nothing to scroll in before it is parsed.
      renewed?.write('', () => renewed.viewport.scrollToTop());
    },
    resize(cols, rows) {
      if (cols < 1 || rows < 1 || (cols === size.cols && rows === size.rows)) return;
      size = { cols, rows };
      for (const emulator of grids.values()) emulator.resize(cols, rows);
    },
    reset,
    dispose() {
      listener.dispose();
      reset();
    },
  };
}

function endOf({ viewport }: Emulator): number {
  return viewport.firstRow + viewport.length;
}
