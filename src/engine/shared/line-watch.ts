/** Watches the line to an engine that is not on this machine: how long an answer takes, whether one comes at all. It must not know the protocol. */
import type { EngineLine } from '../../core/model/index.js';

const ASK_EVERY_MS = 5_000;
/** Within this a far, busy engine answers as well. */
const SILENT_AFTER_MS = 3_000;
/** A line over which nothing has come for so long does not come back: TCP would wait for a quarter of an hour. */
const LOST_AFTER_MS = 20_000;
const LOOK_EVERY_MS = 500;
/** Less than this is the engine's doing, not the line's. */
const NOTABLE_MS = 5;
const NOTABLE_SHARE = 0.25;

export interface LineWatchOptions {
  /** Asks for a sign of life; resolves with it. A rejection is told by the connection itself. */
  ask(): Promise<unknown>;
  /** Grows with every byte that comes. */
  heardBytes(): number;
  /** Nothing has come for too long. */
  onLost(silentMs: number): void;
}

export interface LineWatch {
  /** Calls with what is known now, and with each notable change. */
  onLine(listener: (line: EngineLine) => void): void;
  stop(): void;
}

export function watchLine(options: LineWatchOptions): LineWatch {
  const listeners = new Set<(line: EngineLine) => void>();
  let line: EngineLine = { roundTripMs: null, isSilent: false };
  let askedAtMs: number | null = null;
  let nextAtMs = 0;
  let heard = options.heardBytes();
  let heardAtMs = performance.now();

  const tell = (next: EngineLine): void => {
    line = next;
    for (const listener of listeners) listener(line);
  };
  const ask = (nowMs: number): void => {
    askedAtMs = nowMs;
    options.ask().then(
      () => {
        const atMs = performance.now();
        askedAtMs = null;
        nextAtMs = atMs + ASK_EVERY_MS;
        heardAtMs = atMs;
        const roundTripMs = Math.round(atMs - nowMs);
        if (line.isSilent || isNotable(line.roundTripMs, roundTripMs)) tell({ roundTripMs, isSilent: false });
      },
      () => stop(),
    );
  };
  const look = (): void => {
    const nowMs = performance.now();
    const bytes = options.heardBytes();
    // This process may have slept as well: what was not looked at is not silence.
    if (bytes !== heard || nowMs - lookedAtMs > 4 * LOOK_EVERY_MS) heardAtMs = nowMs;
    heard = bytes;
    lookedAtMs = nowMs;
    if (askedAtMs === null) {
      if (nowMs >= nextAtMs) ask(nowMs);
      return;
    }
    const silentMs = nowMs - Math.max(askedAtMs, heardAtMs);
    if (silentMs >= LOST_AFTER_MS) {
      stop();
      options.onLost(silentMs);
    } else if (silentMs >= SILENT_AFTER_MS && !line.isSilent) tell({ ...line, isSilent: true });
  };
  let lookedAtMs = performance.now();
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();
  function stop(): void {
    clearInterval(timer);
  }
  look();
  return {
    onLine(listener) {
      listeners.add(listener);
      if (line.roundTripMs !== null || line.isSilent) listener(line);
    },
    stop,
  };
}

/** Worth telling, after what was told before. */
export function isNotable(beforeMs: number | null, nowMs: number): boolean {
  if (beforeMs === null) return true;
  return Math.abs(nowMs - beforeMs) > Math.max(NOTABLE_MS, NOTABLE_SHARE * Math.max(beforeMs, nowMs));
}
