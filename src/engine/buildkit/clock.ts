/**
 * The engine's clock against the client's. Nothing on the wire tells the difference, but causality bounds it: nothing is reported
 * before it happened, and nothing that belongs to this build alone starts before the build was asked for.
 */
export interface EngineClock {
  /** A moment that the engine names, in client time. */
  toClientMs(engineMs: number): number;
  /** Everything in a message that arrived at `receivedAtMs` happened before. */
  noteReported(engineMs: number, receivedAtMs: number): void;
  /** Something that only this build can have caused has started. */
  noteOwnStart(engineMs: number): void;
}

/** `startedAtMs`: client's clock when the build was asked for. */
export function createEngineClock(startedAtMs: number): EngineClock {
  let lowest = Number.NEGATIVE_INFINITY;
  let highest = Number.POSITIVE_INFINITY;
  // The same clock is assumed until it is refuted: on one machine the bounds are a network delay wide and would only add noise.
  const offsetMs = (): number => {
    if (highest < 0) return highest;
    return lowest > 0 ? Math.min(lowest, highest) : 0;
  };
  return {
    toClientMs: (engineMs) => Math.round(engineMs + offsetMs()),
    noteReported(engineMs, receivedAtMs) {
      highest = Math.min(highest, receivedAtMs - engineMs);
    },
    noteOwnStart(engineMs) {
      lowest = Math.max(lowest, startedAtMs - engineMs);
    },
  };
}
