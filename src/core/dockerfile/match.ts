/** "The same" step in another generation, where digests say nothing: by stage, text and place. */
import type { Generation, Step, StepKey } from '../model/index.js';

/**
 * The step of `to` that a cursor on `step` of `from` should move to: same stage with the same text (the nearest of several), else
 * the same place in the same stage, else the same number, else null. Steps outside of the Dockerfile match by key.
 */
export function matchStep(from: Generation, step: Step, to: Generation): StepKey | null {
  if (step.kind !== 'instruction') return to.steps[step.key] ? step.key : null;
  const label = from.stages[step.stage ?? -1]?.label;
  const stage = to.stages.find((candidate) => candidate.label === label);
  const all = Object.values(to.steps).filter((candidate) => candidate.kind === 'instruction');
  const inStage = all.filter((candidate) => candidate.stage === stage?.index);
  const nearest = (candidates: readonly Step[]) =>
    candidates.toSorted((a, b) => Math.abs(a.number! - step.number!) - Math.abs(b.number! - step.number!))[0]?.key ?? null;
  const place = placeInStage(from, step);
  return (
    nearest(inStage.filter((candidate) => candidate.text === step.text)) ??
    inStage.find((candidate) => placeInStage(to, candidate) === place)?.key ??
    nearest(all.filter((candidate) => candidate.number === step.number))
  );
}

function placeInStage(generation: Generation, step: Step): number {
  const first = generation.order.find((key) => generation.steps[key]?.stage === step.stage);
  return step.number! - (first === undefined ? 0 : (generation.steps[first]?.number ?? 0));
}
