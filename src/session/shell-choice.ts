/** At which step a shell opens by itself, or may be had at once. Pure. */
import type { Generation, Step, StepKey } from '../core/model/index.js';
import { selectInstructions } from '../core/select/index.js';

/** The step to open a shell at when the build has ended; null: at none. */
export function stepToOpen(generation: Generation | null, openOn: 'error' | 'always' | 'never'): StepKey | null {
  if (generation === null || openOn === 'never') return null;
  if (generation.status === 'failed') return generation.failure?.step ?? null;
  return generation.status === 'succeeded' && openOn === 'always' ? lastStep(generation) : null;
}

/** Null: nothing of the build is needed. */
export function lastStep(generation: Generation): StepKey | null {
  return selectInstructions(generation).findLast((step) => step.state !== 'not-needed')?.key ?? null;
}

/** Its state is there: nothing has to be carried out for it. */
export function canBePrepared(step: Step | undefined): boolean {
  return step?.state === 'done' || step?.state === 'cached' || step?.state === 'failed';
}
