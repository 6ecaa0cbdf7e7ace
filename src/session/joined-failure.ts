/** Whether a build has failed with the failure of another one. Pure. */
import type { Generation, StepKey } from '../core/model/index.js';
import { type Holder, holderNames } from '../core/select/index.js';

/** What the correction of the engine's clock may be wrong by. */
const SKEW_MS = 100;

interface Told {
  readonly message: string;
  readonly hint: string;
}

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

/**
 * What is told of it, on the screen and at a prompt. No holders: they are in another session. `noCache`: this build was to run every step;
 * another such one would join what is held again.
 */
export function joinedText(step: StepKey, holders: readonly Holder[], noCache: boolean): Told {
  const whose = holders.length === 0 ? 'a build that another session holds open' : `a build that ${holding(holders)} open`;
  const ids = idsOf(holders);
  const [again, key] = noCache
    ? ['rebuild', 'R; at a prompt: disconnect, reload --no-cache']
    : ['reload', 'r; at a prompt: disconnect, reload'];
  const end = ids === '' ? `End its shell there and ${again}` : `Close ${ids} and ${again} (X, ${key})`;
  const isOfUse = !noCache && !holders.some(({ isUncached }) => isUncached);
  return {
    message: `step ${step} was not run again: this is its failure in ${whose}`,
    hint: isOfUse ? `${end}, or run every step again (R; at a prompt: reload --no-cache).` : `${end}.`,
  };
}

/** What is told before a build without the cache that will not run all of its steps. */
export function heldUncachedText(holders: readonly Holder[]): Told {
  return {
    message: `${holding(holders)} an earlier build without the cache open: what is the same in it is not run again`,
    hint: `Close ${idsOf(holders)} first to have every step run (X; at a prompt: disconnect).`,
  };
}

const idsOf = (holders: readonly Holder[]): string => holders.map(({ id }) => id).join(', ');

const holding = (holders: readonly Holder[]): string => `${holderNames(holders)} ${holders.length > 1 ? 'hold' : 'holds'}`;
