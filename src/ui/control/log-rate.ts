/** How many lines of log come in a second: samples of the build's line counts, bounded. */
import type { Generation } from '../../core/model/index.js';

const KEPT_SECONDS = 120;
const SECOND_MS = 1000;

export interface LogRate {
  /** The lines of each second so far, newest last; takes a sample when a second has passed. */
  sample(generation: Generation | null, nowMs: number): readonly number[];
}

export function createLogRate(): LogRate {
  let rates: number[] = [];
  let generationNumber: number | null = null;
  let lines = 0;
  let sampledAtMs = 0;
  return {
    sample(generation, nowMs) {
      if (generation === null) return rates;
      const total = Object.values(generation.steps).reduce((sum, step) => sum + step.log.lines, 0);
      if (generation.number !== generationNumber) {
        generationNumber = generation.number;
        rates = [];
        lines = total;
        sampledAtMs = nowMs;
        return rates;
      }
      const passedMs = nowMs - sampledAtMs;
      const isOver = generation.endedAtMs !== null;
      if (isOver ? total === lines : passedMs < SECOND_MS) return rates;
      // The last second is seldom a whole one.
      rates = [...rates, Math.round(((total - lines) * SECOND_MS) / Math.max(SECOND_MS, passedMs))].slice(-KEPT_SECONDS);
      lines = total;
      sampledAtMs = nowMs;
      return rates;
    },
  };
}
