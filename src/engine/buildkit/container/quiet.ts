/**
 * Work in a container that nobody waits for, while somebody types into a program of this process: the start of one more process keeps an
 * engine busy for longer than the echo of a key takes.
 */

/** Between two keys of somebody who types it is shorter. */
const PAUSE_MS = 500;
/** Somebody may hold a key down. */
const LATEST_MS = 10_000;

let typedAtMs = Number.NEGATIVE_INFINITY;

/** Somebody has typed something. */
export function noteTyping(): void {
  typedAtMs = performance.now();
}

/** Calls `run` after `delayMs`, or in the first pause of somebody who types, at most 10 s later. Returns what calls it off. */
export function whenQuiet(delayMs: number, run: () => void): () => void {
  const latestMs = performance.now() + delayMs + LATEST_MS;
  let timer = setTimeout(look, delayMs).unref();
  function look(): void {
    const nowMs = performance.now();
    const restMs = Math.min(typedAtMs + PAUSE_MS, latestMs) - nowMs;
    if (restMs <= 0) run();
    else timer = setTimeout(look, restMs).unref();
  }
  return () => clearTimeout(timer);
}
