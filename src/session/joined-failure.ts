/** Whether a build has failed with the failure of another one. Pure. */
import type { Generation, StepKey } from '../core/model/index.js';

/** What the correction of the engine's clock may be wrong by. */
const SKEW_MS = 100;

/**
 * BuildKit joins a step that is the same as one of a build that is still open, also when that one has failed: the failure is told again,
 * with its times, and nothing runs (`solver/jobs.go` in moby/buildkit). Null: the failed step has run in this build.
 */
export function joinedFailure(generation: Generation): StepKey | null {
  const step = generation.failure?.step ?? null;
  if (step === null) return null;
  const failed = Object.values(generation.vertices).filter((vertex) => vertex.step === step && vertex.error !== '');
  const isOld = failed.some(({ completedAtMs }) => completedAtMs !== null && completedAtMs < generation.startedAtMs - SKEW_MS);
  return isOld ? step : null;
}
