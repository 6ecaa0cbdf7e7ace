/**
 * When to draw: at once after a pause, at most 30 frames a second while changes keep coming, ten while only the build goes on and nobody
 * types, none while the terminal has not taken the last one, none when nothing changed, and a tick while something on screen changes with
 * time, which comes behind the echo of a key in a program and not before it.
 */
import type { SessionEvent } from '../../core/events.js';
import type { ScreenClock, ScreenOutput } from '../deps.js';

export const FRAME_MS = 33;
/** One frame may come ahead of the rhythm, so that the echo of a key does not wait for a tick that happened to be drawn just before. */
const AHEAD_MS = FRAME_MS;

/** Between frames that only the build asks for: the engine has better use for the processor. */
const CALM_MS = 100;
/** So long after a key, what changes is what the key asked for. */
const TOUCHED_MS = 200;

/** How often is looked whether the terminal has taken the last frame. */
const LOOK_MS = 5;

/** What has to be drawn again: everything, or only the program's cells in the terminal panel. */
export type FrameScope = 'all' | 'terminal';

/** `calm`: nobody waits for this change with a finger on a key. */
export type FramePace = 'prompt' | 'calm';

export interface FrameScheduler {
  /** A frame is wanted soon. */
  invalidate(scope?: FrameScope, pace?: FramePace): void;
  /** Somebody has pressed a key. */
  touched(): void;
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
  /** Returns what it has drawn, which may be more than what was wanted. */
  draw: (scope: FrameScope) => FrameScope,
): FrameScheduler {
  const wanted: Record<FramePace, FrameScope | null> = { prompt: null, calm: null };
  let timer: unknown = null;
  let timerDueMs = Number.POSITIVE_INFINITY;
  /** Counts what was scheduled; a frame whose number has passed was called off. */
  let turn = 0;
  let tickTimer: unknown = null;
  let tickMs: number | null = null;
  /** A tick waits for the next frame, but not for ever. */
  let dueTick: unknown = null;
  /** When the next frame is due in an even rhythm. */
  let nextMs = Number.NEGATIVE_INFINITY;
  /** The last frame that had something of the build. */
  let lastCalmMs = Number.NEGATIVE_INFINITY;
  let touchedMs = Number.NEGATIVE_INFINITY;
  /** The last frame was of a program alone: the next one may be as well. */
  let wasTerminal = false;
  let isPaused = false;
  let isWaitingForDrain = false;

  const endDueTick = (): void => {
    if (dueTick !== null) clock.clearTimeout(dueTick);
    dueTick = null;
  };
  const callOff = (): void => {
    turn++;
    timerDueMs = Number.POSITIVE_INFINITY;
    if (timer !== null) clock.clearTimeout(timer);
    timer = null;
  };
  const calmDueMs = (): number => lastCalmMs + CALM_MS;
  const frame = (): void => {
    callOff();
    if (stdout.writableLength > 0) {
      waitForDrain();
      return;
    }
    const nowMs = clock.now();
    const isCalmDue = wanted.calm !== null && (wanted.prompt === null || calmDueMs() <= nowMs);
    nextMs = Math.max(nextMs, nowMs) + FRAME_MS;
    const scope = wanted.prompt === 'all' || (isCalmDue && wanted.calm === 'all') ? 'all' : 'terminal';
    const { calm } = wanted;
    wanted.prompt = null;
    wanted.calm = null;
    const drawn = draw(scope);
    wasTerminal = drawn === 'terminal';
    if (dueTick !== null) {
      endDueTick();
      if (drawn !== 'all') wanted.prompt = 'all';
    }
    if (calm !== null && (isCalmDue || drawn === 'all')) lastCalmMs = nowMs;
    else wanted.calm ??= calm;
    schedule();
  };
  const schedule = (): void => {
    if (isPaused || isWaitingForDrain || (wanted.prompt === null && wanted.calm === null)) return;
    const nowMs = clock.now();
    // A clock that was set back must not hold the screen.
    if (nextMs - nowMs > AHEAD_MS + FRAME_MS) nextMs = nowMs;
    if (lastCalmMs > nowMs) lastCalmMs = nowMs;
    const rhythmMs = nextMs - AHEAD_MS;
    const dueMs = wanted.prompt === null ? Math.max(rhythmMs, calmDueMs()) : rhythmMs;
    if (dueMs >= timerDueMs) return;
    callOff();
    timerDueMs = Math.max(dueMs, nowMs);
    const mine = turn;
    const run = (): void => {
      if (mine === turn) frame();
    };
    if (dueMs > nowMs) timer = clock.setTimeout(run, dueMs - nowMs);
    else clock.soon(run);
  };
  const isTouched = (): boolean => Math.abs(clock.now() - touchedMs) < TOUCHED_MS;
  const invalidate = (scope: FrameScope = 'all', wish: FramePace = 'prompt'): void => {
    const pace = isTouched() ? 'prompt' : wish;
    if (wanted[pace] !== 'all') wanted[pace] = scope;
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
    endDueTick();
  };
  const startTick = (): void => {
    if (tickMs === null || tickTimer !== null || isPaused) return;
    tickTimer = clock.setTimeout(() => {
      tickTimer = null;
      tick();
      startTick();
    }, tickMs);
  };
  /** Of somebody who types into a program, the next key is furthest away when the one before has just been drawn. */
  const tick = (): void => {
    if (!wasTerminal || !isTouched()) invalidate('all', 'calm');
    else dueTick ??= clock.setTimeout(() => invalidate('all'), TOUCHED_MS);
  };
  stdout.on('drain', onDrain);

  return {
    invalidate,
    touched() {
      touchedMs = clock.now();
    },
    setTick(everyMs) {
      if (everyMs === tickMs) return;
      tickMs = everyMs;
      stopTick();
      startTick();
    },
    pause() {
      isPaused = true;
      stopTick();
      callOff();
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

/** What a person has done, has to know, or waits for. The programs that they start are drawn with what these print. */
const PROMPT: ReadonlySet<SessionEvent['type']> = new Set(['engine.lost', 'notice.posted', 'shell.opened']);

export function paceOf(event: SessionEvent): FramePace {
  const hasEnded = event.type === 'process.updated' && event.process.endedAtMs !== null;
  return hasEnded || PROMPT.has(event.type) ? 'prompt' : 'calm';
}
