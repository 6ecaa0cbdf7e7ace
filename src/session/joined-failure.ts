/** Whether a build has failed with the failure of another one. Pure. */
import type { Generation, StepKey } from '../core/model/index.js';
import { type Holder, holderNames } from '../core/select/index.js';

/** What the correction of the engine's clock may be wrong by. */
const SKEW_MS = 100;

/**
 * BuildKit joins a step that is the same as one of a build that is still open, also when that one has failed: the failure is told again,
 * with its times, and nothing runs (`solver/jobs.go` in moby/buildkit). Docker Engine 20.10 tells no times then: of a command that has an
 * exit status the step never began. Null: the failed step has run in this build.
 */
export function joinedFailure(generation: Generation): StepKey | null {
  const { failure, startedAtMs } = generation;
  if (failure === null || failure.step === null) return null;
  const own = Object.values(generation.vertices).filter(({ step }) => step === failure.step);
  const isOld = own.some(
    ({ error, completedAtMs }) => error !== '' && completedAtMs !== null && completedAtMs < startedAtMs - SKEW_MS,
  );
  const hasNeverBegun = failure.exitCode !== null && own.length > 0 && own.every((vertex) => vertex.startedAtMs === null);
  return isOld || hasNeverBegun ? failure.step : null;
}

/** What is told of it, on the screen and at a prompt. No holders: they are in another session. */
export function joinedText(step: StepKey, holders: readonly Holder[]): { readonly message: string; readonly hint: string } {
  const names = holderNames(holders);
  const whose =
    names === ''
      ? 'a build that another session holds open'
      : `a build that ${names} ${holders.length > 1 ? 'hold' : 'holds'} open`;
  const ids = holders.map(({ id }) => id).join(', ');
  const end = ids === '' ? 'End its shell there and reload' : `Close ${ids} and reload (X, r; at a prompt: disconnect, reload)`;
  return {
    message: `step ${step} was not run again: this is its failure in ${whose}`,
    hint: `${end}, or run every step again (R; at a prompt: reload --no-cache).`,
  };
}
