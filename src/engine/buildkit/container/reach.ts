/**
 * Gets a state that a container stands on, and tells plainly which step is in the way when it cannot be had. It must not choose the
 * state.
 */

import type { StepKey } from '../../../core/model/index.js';
import { BxError } from '../../../platform/errors.js';
import type { OutputRef } from '../graph-types.js';
import type { RunContext, SolveFailure } from '../run-context.js';

/** Failures that another attempt would only repeat; anything else (a registry out of reach) may have passed. */
const LASTING: ReadonlySet<SolveFailure['kind']> = new Set(['exec', 'file', 'cache']);

/** True for a failure of the step itself, which leaves a state to look at. */
export function isLasting(failure: SolveFailure | null): failure is SolveFailure {
  return failure !== null && LASTING.has(failure.kind);
}

/**
 * The result id of `output`, evaluated if need be. A step on the way that is known to fail is not carried out once more.
 * Throws `BxError`: 'engine' naming the step that failed, 'cancelled' after `signal`.
 */
export async function reach(context: RunContext, step: StepKey, output: OutputRef, signal: AbortSignal): Promise<string> {
  const known = stepInTheWay(context, step, output);
  if (known !== null && isLasting(known.failure)) throw blocked(context, step, known, known.failure.message);
  try {
    return await context.evaluate(output, signal);
  } catch (error) {
    const culprit = error instanceof BxError && error.code === 'engine' ? stepInTheWay(context, step, output) : null;
    if (culprit === null || culprit.step === step) throw error;
    throw blocked(context, step, culprit, error instanceof Error ? error.message : String(error), error);
  }
}

interface Culprit {
  readonly step: StepKey;
  readonly failure: SolveFailure;
}

/** The first of what `output` needs that has failed; `wanted` itself, where that has it in common with another step. */
function stepInTheWay(context: RunContext, wanted: StepKey, output: OutputRef): Culprit | null {
  const { graph } = context;
  for (const digest of graph.closure(output.digest)) {
    const steps = graph.stepsOf(digest);
    const step = steps.includes(wanted) ? wanted : steps[0];
    const failure = step === undefined ? null : context.failureAt(step);
    if (step !== undefined && failure?.digest === digest) return { step, failure };
  }
  return null;
}

function blocked(context: RunContext, step: StepKey, culprit: Culprit, message: string, cause?: unknown): BxError {
  if (culprit.step === step) return new BxError('engine', message, { cause });
  const text = context.request.dockerfile.plan.instructions.find((one) => one.key === culprit.step)?.text ?? '';
  return new BxError('engine', `step ${step} is behind step ${culprit.step} (${shortened(text)}), which failed: ${message}`, {
    hint: `Open step ${culprit.step} instead; once it is put right, reload builds up to step ${step}.`,
    cause,
  });
}

const LONGEST_TEXT_CHARS = 60;

function shortened(text: string): string {
  return text.length <= LONGEST_TEXT_CHARS ? text : `${text.slice(0, LONGEST_TEXT_CHARS - 1)}…`;
}
