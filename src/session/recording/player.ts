/**
 * The clock of a replay: which entries happen when, at any speed, with pauses, jumps and shortened idle times. What happens is the
 * business of whoever it calls.
 */
import type { Disposable } from '../../platform/byte-channel.js';
import type { ReplayStatus } from '../replay-control.js';
import type { Timeline } from './timeline.js';

export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, Number.POSITIVE_INFINITY] as const;
export const DEFAULT_IDLE_LIMIT_MS = 2_000;
/** Further than this nobody wants to see what lies between. */
const NEAR_ENTRIES = 200;
const ENTRIES_PER_TURN = 500;

export interface PlayerClock {
  now(): number;
  setTimeout(run: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
  soon(run: () => void): void;
}

export interface PlayerOptions {
  readonly timeline: Timeline;
  readonly clock: PlayerClock;
  readonly speed: number;
  readonly idleLimitMs: number | null;
  /** The entry at this index happens now. */
  happen(index: number): void;
  /** Exactly so many entries have happened now, whatever was before. */
  jump(count: number): void;
}

export interface Player {
  readonly status: ReplayStatus;
  play(): void;
  pause(): void;
  setSpeed(speed: number): void;
  setIdleLimit(limitMs: number | null): void;
  seekTo(positionMs: number): void;
  step(direction: 1 | -1): void;
  /** Somebody cannot take more: time stands still until as many `release`. */
  hold(): void;
  release(): void;
  onChange(listener: () => void): Disposable;
  dispose(): void;
}

export function createPlayer(options: PlayerOptions): Player {
  const { timeline, clock } = options;
  const listeners = new Set<() => void>();
  let { speed, idleLimitMs } = options;
  /** Entries that have happened. */
  let count = 0;
  /** Record time up to which all has been accounted for, as of `anchorMs` of the clock. */
  let positionMs = 0;
  let anchorMs = clock.now();
  let isPlaying = false;
  let holds = 0;
  let timer: unknown = null;
  /** What was planned under an older number is called off. */
  let turn = 0;

  /** How fast record time passes up to the next entry: faster where nothing happens for too long. */
  const pace = (): number => {
    if (count >= timeline.length) return speed;
    const gapMs = timeline.timeOf(count) - (count === 0 ? 0 : timeline.timeOf(count - 1));
    return idleLimitMs === null || gapMs <= idleLimitMs ? speed : (speed * gapMs) / Math.max(1, idleLimitMs);
  };
  const isRunning = (): boolean => isPlaying && holds === 0;
  const present = (): number => {
    if (!isRunning() || speed === Number.POSITIVE_INFINITY) return positionMs;
    const until = count < timeline.length ? timeline.timeOf(count) : timeline.durationMs;
    return Math.min(until, positionMs + Math.max(0, clock.now() - anchorMs) * pace());
  };
  const settle = (): void => {
    positionMs = present();
    anchorMs = clock.now();
  };
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const callOff = (): void => {
    turn++;
    if (timer !== null) clock.clearTimeout(timer);
    timer = null;
  };
  const plan = (): void => {
    callOff();
    if (!isRunning()) return;
    const mine = turn;
    const run = (): void => {
      if (mine !== turn) return;
      timer = null;
      advance();
    };
    const waitMs = count < timeline.length ? (timeline.timeOf(count) - positionMs) / pace() : 0;
    if (speed === Number.POSITIVE_INFINITY || waitMs <= 0) clock.soon(run);
    else timer = clock.setTimeout(run, waitMs);
  };
  /** Everything that is due by now; where that is much, in several turns. */
  const advance = (): void => {
    let budgetMs = Math.max(0, clock.now() - anchorMs);
    anchorMs = clock.now();
    for (let some = 0; some < ENTRIES_PER_TURN && count < timeline.length && isRunning(); some++) {
      const dueMs = timeline.timeOf(count);
      const costMs = speed === Number.POSITIVE_INFINITY ? 0 : (dueMs - positionMs) / pace();
      // A timer may come a moment early.
      if (costMs > budgetMs + 1) {
        positionMs += budgetMs * pace();
        budgetMs = 0;
        break;
      }
      budgetMs = Math.max(0, budgetMs - costMs);
      positionMs = dueMs;
      options.happen(count++);
    }
    // What this turn had no room for is still due.
    anchorMs -= budgetMs;
    if (count >= timeline.length) isPlaying = false;
    plan();
    changed();
  };
  const moveTo = (target: number, atMs: number): void => {
    callOff();
    if (target >= count && target - count <= NEAR_ENTRIES) {
      while (count < target) options.happen(count++);
    } else if (target !== count) {
      count = target;
      options.jump(count);
    }
    positionMs = atMs;
    anchorMs = clock.now();
    if (count >= timeline.length) isPlaying = false;
    plan();
    changed();
  };

  const player: Player = {
    get status() {
      const nowPositionMs = present();
      return {
        positionMs: nowPositionMs,
        durationMs: timeline.durationMs,
        nowMs: timeline.startMs + nowPositionMs,
        speed,
        isPlaying,
        isAtEnd: count >= timeline.length,
        event: stopsUpTo(timeline.stops, count),
        eventCount: timeline.stops.length,
        idleLimitMs,
      };
    },
    play() {
      if (isPlaying) return;
      if (count >= timeline.length) player.seekTo(0);
      isPlaying = true;
      anchorMs = clock.now();
      plan();
      changed();
    },
    pause() {
      settle();
      isPlaying = false;
      callOff();
      changed();
    },
    setSpeed(next) {
      settle();
      speed = next;
      plan();
      changed();
    },
    setIdleLimit(limitMs) {
      settle();
      idleLimitMs = limitMs;
      plan();
      changed();
    },
    seekTo(wantedMs) {
      const atMs = Math.max(0, Math.min(timeline.durationMs, wantedMs));
      moveTo(timeline.countAt(atMs), atMs);
    },
    step(direction) {
      settle();
      isPlaying = false;
      const passed = stopsUpTo(timeline.stops, count);
      const isOnStop = timeline.stops[passed - 1] === count;
      const target =
        direction > 0 ? (timeline.stops[passed] ?? timeline.length) : (timeline.stops[passed - (isOnStop ? 2 : 1)] ?? 1);
      moveTo(target, timeline.timeOf(target - 1));
    },
    hold() {
      settle();
      holds++;
      callOff();
    },
    release() {
      if (holds === 0) return;
      holds--;
      if (holds > 0) return;
      anchorMs = clock.now();
      plan();
    },
    onChange(listener) {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    dispose() {
      callOff();
      isPlaying = false;
      listeners.clear();
    },
  };
  return player;
}

function stopsUpTo(stops: readonly number[], count: number): number {
  let low = 0;
  for (let high = stops.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (stops[middle]! <= count) low = middle + 1;
    else high = middle;
  }
  return low;
}
