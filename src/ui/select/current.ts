/** Which generation and which step are on display: derived from the session and the view, never stored. */
import type { Generation, SessionState, Step, StepKey } from '../../core/model/index.js';
import type { ViewState } from '../view-state.js';

export function selectGeneration(state: SessionState, view: ViewState): Generation | null {
  const chosen = view.generation === null ? undefined : state.generations.find(({ number }) => number === view.generation);
  return chosen ?? state.generations.at(-1) ?? null;
}

export function isBuilding(generation: Generation): boolean {
  return generation.status === 'planning' || generation.status === 'running' || generation.status === 'exporting';
}

const ordered = new WeakMap<Generation, readonly Step[]>();

export function stepsInOrder(generation: Generation): readonly Step[] {
  const known = ordered.get(generation);
  if (known !== undefined) return known;
  const steps = generation.order.flatMap((key) => generation.steps[key] ?? []);
  ordered.set(generation, steps);
  return steps;
}

/** The selected step: the person's choice while it exists, else where something happens. */
export function selectStep(generation: Generation | null, view: ViewState): Step | null {
  if (generation === null) return null;
  const { selection } = view;
  const chosen = selection.kind === 'user' ? generation.steps[selection.step] : undefined;
  return chosen ?? happeningStep(generation);
}

function happeningStep(generation: Generation): Step | null {
  const steps = stepsInOrder(generation);
  const failed = generation.failure?.step == null ? undefined : generation.steps[generation.failure.step];
  if (failed !== undefined) return failed;
  const instructions = steps.filter((step) => step.kind === 'instruction');
  return (
    steps.findLast((step) => step.state === 'running' && step.kind !== 'internal') ??
    instructions.findLast((step) => step.completedAtMs !== null) ??
    // What the build waits for, such as an engine that is started, once it has something to say.
    steps.findLast((step) => step.state === 'running' && step.log.bytes > 0) ??
    instructions[0] ??
    steps[0] ??
    null
  );
}

/** The same step in another run of the build: by text within its stage, else by key; null when it is gone. */
export function sameStep(from: Generation, key: StepKey, to: Generation): StepKey | null {
  const step = from.steps[key];
  if (step === undefined) return null;
  const label = step.stage === null ? null : from.stages[step.stage]?.label;
  const twin = stepsInOrder(to).find(
    (other) => other.text === step.text && (other.stage === null ? null : to.stages[other.stage]?.label) === label,
  );
  return twin?.key ?? (to.steps[key] === undefined ? null : key);
}
