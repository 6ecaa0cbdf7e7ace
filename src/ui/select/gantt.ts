/** Wall time as bars: from the first start to the last end, or to now while the build runs. Pure. */
import type { Generation, Step } from '../../core/model/index.js';
import { isBuilding, stepsInOrder } from './current.js';

/** What the correction of the engine's clock may be wrong by. */
const EARLY_MS = 100;

export interface TimeSpan {
  readonly startMs: number;
  readonly endMs: number;
}

/** Null before anything has started. */
export function selectSpan(generation: Generation, nowMs: number): TimeSpan | null {
  let startMs = Number.POSITIVE_INFINITY;
  let endMs = Number.NEGATIVE_INFINITY;
  for (const step of stepsInOrder(generation)) {
    if (step.startedAtMs === null || step.state === 'cached') continue;
    // Run again for a shell, long after the build had ended.
    if (generation.endedAtMs !== null && step.startedAtMs > generation.endedAtMs) continue;
    // The engine tells of a step that another build, still open, has run with the times that it had there.
    const end = step.completedAtMs ?? step.startedAtMs;
    if (end < generation.startedAtMs - EARLY_MS) continue;
    startMs = Math.min(startMs, step.startedAtMs);
    endMs = Math.max(endMs, end);
  }
  if (startMs === Number.POSITIVE_INFINITY) return null;
  return { startMs, endMs: isBuilding(generation) ? Math.max(endMs, nowMs) : Math.max(endMs, startMs + 1) };
}

/** A bar of a step within `width` cells, in eighths; never shorter than one eighth. */
export function barOf(step: Step, span: TimeSpan, width: number, nowMs: number): { from: number; to: number } | null {
  if (step.startedAtMs === null || step.state === 'cached' || step.state === 'pending') return null;
  if (step.startedAtMs > span.endMs || (step.completedAtMs ?? span.startMs) < span.startMs) return null;
  const total = Math.max(1, span.endMs - span.startMs);
  const end = step.completedAtMs ?? (step.state === 'running' ? nowMs : step.startedAtMs);
  const scale = (ms: number): number => Math.max(0, Math.min(1, (ms - span.startMs) / total)) * width * 8;
  const from = Math.min(Math.floor(scale(step.startedAtMs)), width * 8 - 1);
  return { from, to: Math.max(from + 1, Math.round(scale(end))) };
}
