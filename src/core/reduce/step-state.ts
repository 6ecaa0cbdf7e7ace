/** A step's state out of its vertices, and out of its neighbours where it has none. */
import { isExecuted } from '../dockerfile/planned.js';
import { isOfSamePlatform } from '../dockerfile/platforms.js';
import type { Generation, Stage, Step, StepKey, StepState, Vertex } from '../model/index.js';

/** A victim's error ends so on every engine; its exit code says nothing (BuildKit, solver/llbsolver and executor errors). */
const CANCELLED = /context canceled\s*$/;

/** All that it is carried out for: one, but for what several platforms or stages have in common. */
export function stepsOfVertex({ step, also }: Vertex): readonly StepKey[] {
  return also === undefined ? [step] : [step, ...also];
}

/** Likewise by its digest; empty for one that is not known. */
export function stepsAt(generation: Generation | undefined, digest: string): readonly StepKey[] {
  const vertex = generation?.vertices[digest];
  return vertex === undefined ? [] : stepsOfVertex(vertex);
}

export function vertexState(vertex: Vertex): StepState {
  if (vertex.error !== '') return CANCELLED.test(vertex.error) ? 'cancelled' : 'failed';
  if (vertex.completedAtMs !== null) return vertex.isCached ? 'cached' : 'done';
  return vertex.startedAtMs === null ? 'pending' : 'running';
}

export function stateOfVertices(states: readonly StepState[]): StepState {
  for (const state of ['failed', 'running', 'cancelled', 'pending', 'done', 'cached'] as const)
    if (states.includes(state)) return state;
  return 'pending';
}

/**
 * Sets the state of every instruction that has no vertex: not needed when its stage is not, or when it would have been executed;
 * else it follows the step before it (for FROM: the last step of the stage it names, and nothing has to be done for `scratch`).
 * Call it after the plan is known. Returns the same object when nothing changes.
 */
export function deriveUnexecuted(generation: Generation): Generation['steps'] {
  const needed = neededStages(generation);
  const { steps } = generation;
  let changed: Record<StepKey, Step> | null = null;
  const lastOfStage = new Map<string, StepState>();
  let before: StepState = 'done';
  for (const key of generation.order) {
    const step = steps[key];
    const stage = step === undefined ? undefined : generation.stages[step.stage ?? -1];
    if (step === undefined || stage === undefined) continue;
    let state = step.state;
    if (step.vertices.length === 0) {
      const previous: StepState =
        step.instruction === 'FROM' ? (lastOfStage.get(baseLabel(generation, stage) ?? '') ?? 'done') : before;
      const isNeeded = needed.has(stage.index) && !isExecuted(step.instruction);
      const follows: boolean = previous === 'done' || previous === 'cached' || previous === 'not-needed';
      state = !isNeeded ? 'not-needed' : follows ? previous : 'pending';
      if (state !== step.state) {
        changed ??= { ...steps };
        changed[key] = { ...step, state };
      }
    }
    before = state;
    lastOfStage.set(stage.label, state);
  }
  return changed ?? steps;
}

/** Indexes of the stages that the target needs: what it takes from, transitively, and those the engine's graph has a vertex of. */
export function neededStages(generation: Generation): Set<number> {
  const { stages, steps, target } = generation;
  const wanted = target?.toLowerCase() ?? null;
  const isWanted = (s: Stage): boolean => s.label === wanted || s.name === wanted || String(s.index) === wanted;
  const needed = new Set<number>();
  const visit = (stage: Stage | undefined): void => {
    if (stage === undefined || needed.has(stage.index)) return;
    needed.add(stage.index);
    for (const label of stage.from) visit(stages.findLast((s) => s.label === label && s.index < stage.index));
  };
  for (const platform of new Set(stages.map(({ targetPlatform }) => targetPlatform))) {
    const own = stages.filter(({ targetPlatform }) => targetPlatform === platform);
    visit(wanted === null ? own.at(-1) : own.findLast(isWanted));
  }
  for (const step of Object.values(steps)) if (step.stage !== null && step.vertices.length > 0) visit(stages[step.stage]);
  return needed;
}

function baseLabel(generation: Generation, stage: Stage): string | null {
  const base = stage.base.toLowerCase();
  const isBase = (s: Stage): boolean => s.name === base && s.index < stage.index && isOfSamePlatform(s, stage);
  return generation.stages.findLast(isBase)?.label ?? null;
}

/** What a step is once its build is over: what did not end was stopped, what never began stays pending (or was not needed after a success). */
export function settle(step: Step, outcome: 'succeeded' | 'failed' | 'cancelled', atMs: number): Step {
  if (step.state === 'running') {
    const state = outcome === 'succeeded' ? 'done' : 'cancelled';
    return { ...step, state, completedAtMs: step.completedAtMs ?? atMs };
  }
  if (step.state === 'pending' && outcome === 'succeeded') return { ...step, state: 'not-needed' };
  return step;
}

/**
 * A program that has run had the root filesystem that it is built on: what the engine has not told of that was there already. So it is with
 * a build that joins one which is still open (`solver/jobs.go` in moby/buildkit). Returns the same object when nothing changes.
 */
export function settleFoundation(generation: Generation, ran: StepKey): Generation['steps'] {
  const { steps, stages } = generation;
  let changed: Record<StepKey, Step> | null = null;
  let end: StepKey | null = ran;
  let stage = stages[steps[ran]?.stage ?? -1];
  while (stage !== undefined) {
    for (const key of generation.order) {
      if (key === end) break;
      const step = steps[key];
      if (step?.stage !== stage.index || step.state !== 'pending') continue;
      changed ??= { ...steps };
      changed[key] = { ...step, state: 'cached' };
    }
    end = null;
    const { index }: Stage = stage;
    const base = baseLabel(generation, stage);
    stage = stages.findLast((candidate) => candidate.label === base && candidate.index < index);
  }
  return changed ?? steps;
}
