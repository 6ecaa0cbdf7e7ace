/**
 * When to draw: at once after a pause, at most 30 frames a second while changes keep coming, none while the terminal has not taken the last
 * one, none when nothing changed, and a tick while something on screen changes with time.
 */
import type { ScreenClock, ScreenOutput } from '../deps.js';

export const FRAME_MS = 33;
/** One frame may come ahead of the rhythm, so that the echo of a key does not wait for a tick that happened to be drawn just before. */
const AHEAD_MS = FRAME_MS;

/** How often is looked whether the terminal has taken the last frame. */
const LOOK_MS = 5;

/** What has to be drawn again: everything, or only the program's cells in the terminal panel. */
export type FrameScope = 'all' | 'terminal';

export interface FrameScheduler {
  /** A frame is wanted soon. */
  invalidate(scope?: FrameScope): void;
  /** Draw frames by themselves in this rhythm; null: only when something changes. */
  setTick(everyMs: number | null): void;
  /** Stops drawing until `resume`. */
  pause(): void;
  resume(): void;
  dispose(): void;
}

export function createFrameScheduler(
  clock: ScreenClock,
  stdout: ScreenOutput,
  draw: (scope: FrameScope) => void,
): FrameScheduler {
  let scope: FrameScope = 'terminal';
  let isScheduled = false;
  let timer: unknown = null;
  /** Counts what was scheduled; a frame whose number has passed was called off. */
  let turn = 0;
  let tickTimer: unknown = null;
  let tickMs: number | null = null;
  /** When the next frame is due in an even rhythm. */
  let nextMs = Number.NEGATIVE_INFINITY;
  let isPaused = false;
  let isWaitingForDrain = false;

  const frame = (): void => {
    isScheduled = false;
    timer = null;
    if (stdout.writableLength > 0) {
      waitForDrain();
      return;
    }
    nextMs = Math.max(nextMs, clock.now()) + FRAME_MS;
    const drawn = scope;
    scope = 'terminal';
    draw(drawn);
  };
  const schedule = (): void => {
    if (isScheduled || isPaused || isWaitingForDrain) return;
    isScheduled = true;
    const mine = ++turn;
    const run = (): void => {
      if (mine === turn) frame();
    };
    const nowMs = clock.now();
    // A clock that was set back must not hold the screen.
    if (nextMs - nowMs > AHEAD_MS + FRAME_MS) nextMs = nowMs;
    const waitMs = nextMs - AHEAD_MS - nowMs;
    if (waitMs > 0) timer = clock.setTimeout(run, waitMs);
    else clock.soon(run);
  };
  const invalidate = (wanted: FrameScope = 'all'): void => {
    if (wanted === 'all') scope = 'all';
    schedule();
  };
  const onDrain = (): void => {
    if (!isWaitingForDrain) return;
    isWaitingForDrain = false;
    schedule();
  };
  /** A stream that holds less than its high water mark does not say when it has become empty: it is looked at as well. */
  const waitForDrain = (): void => {
    isWaitingForDrain = true;
    clock.setTimeout(() => {
      if (!isWaitingForDrain) return;
      if (stdout.writableLength === 0) onDrain();
      else waitForDrain();
    }, LOOK_MS);
  };
  const stopTick = (): void => {
    if (tickTimer !== null) clock.clearTimeout(tickTimer);
    tickTimer = null;
  };
  const startTick = (): void => {
    if (tickMs === null || tickTimer !== null || isPaused) return;
    tickTimer = clock.setTimeout(() => {
      tickTimer = null;
      invalidate();
      startTick();
    }, tickMs);
  };
  stdout.on('drain', onDrain);

  return {
    invalidate,
    setTick(everyMs) {
      if (everyMs === tickMs) return;
      tickMs = everyMs;
      stopTick();
      startTick();
    },
    pause() {
      isPaused = true;
      stopTick();
      if (timer !== null) clock.clearTimeout(timer);
      timer = null;
      isScheduled = false;
      turn++;
    },
    resume() {
      isPaused = false;
      isWaitingForDrain = false;
      startTick();
      invalidate();
    },
    dispose() {
      this.pause();
      isWaitingForDrain = false;
      stdout.off('drain', onDrain);
    },
  };
}
