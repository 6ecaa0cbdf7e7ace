/**
 * When to draw: at most 30 frames a second, none while the terminal has not taken the last one, none when nothing changed, and a tick while
 * something on screen changes with time.
 */
import type { ScreenClock, ScreenOutput } from '../deps.js';

export const FRAME_MS = 33;

export interface FrameScheduler {
  /** A frame is wanted soon. */
  invalidate(): void;
  /** Draw frames by themselves in this rhythm; null: only when something changes. */
  setTick(everyMs: number | null): void;
  /** Stops drawing until `resume`. */
  pause(): void;
  resume(): void;
  dispose(): void;
}

export function createFrameScheduler(clock: ScreenClock, stdout: ScreenOutput, draw: () => void): FrameScheduler {
  let timer: unknown = null;
  let tickTimer: unknown = null;
  let tickMs: number | null = null;
  let lastMs = Number.NEGATIVE_INFINITY;
  let isPaused = false;
  let isWaitingForDrain = false;

  const frame = (): void => {
    timer = null;
    if (isPaused) return;
    if (stdout.writableLength > 0) {
      isWaitingForDrain = true;
      return;
    }
    lastMs = clock.now();
    draw();
  };
  const invalidate = (): void => {
    if (timer !== null || isPaused || isWaitingForDrain) return;
    const sinceMs = clock.now() - lastMs;
    timer = clock.setTimeout(frame, sinceMs >= FRAME_MS || sinceMs < 0 ? 0 : FRAME_MS - sinceMs);
  };
  const onDrain = (): void => {
    if (!isWaitingForDrain) return;
    isWaitingForDrain = false;
    invalidate();
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
    },
    resume() {
      isPaused = false;
      isWaitingForDrain = false;
      startTick();
      invalidate();
    },
    dispose() {
      this.pause();
      stdout.off('drain', onDrain);
    },
  };
}
