/**
 * The run as a step sees it: stages that the target does not need are not in the run's graph, and get one of their own, from the
 * Dockerfile cut after that stage. It must not carry anything out.
 */
import type { PlannedInstruction } from '../../../core/dockerfile/index.js';
import type { Gateway } from '../gateway.js';
import { readGraph } from '../graph.js';
import type { RunContext } from '../run-context.js';
import { solveCut } from './probe.js';

/** One graph per run and stage; one that could not be had may be asked for again. */
const contexts = new WeakMap<Gateway, Map<number, Promise<RunContext>>>();

/** Throws `BxError`: 'engine' when the engine cannot make a graph of the stage, 'cancelled' after `signal`. */
export function contextAt(run: RunContext, instruction: PlannedInstruction, signal: AbortSignal): Promise<RunContext> {
  const { stage } = instruction;
  const own = run.onPlatformOf(instruction.key);
  if (own.graph.hasStage(stage)) return Promise.resolve(own);
  const known = contexts.get(run.gateway) ?? new Map<number, Promise<RunContext>>();
  contexts.set(run.gateway, known);
  const made = known.get(stage) ?? makeContext(own, stage, signal);
  known.set(stage, made);
  made.catch(() => known.delete(stage));
  return made;
}

async function makeContext(run: RunContext, stage: number, signal: AbortSignal): Promise<RunContext> {
  const { dockerfile, buildArgs } = run.request;
  const lastLine = dockerfile.plan.instructions.findLast((one) => one.stage === stage)?.lines.end ?? 0;
  const definition = await solveCut(run, lastLine, signal);
  return run.withGraph(
    readGraph(definition, {
      plan: dockerfile.plan,
      dockerfileName: dockerfile.name,
      dockerfileText: dockerfile.text,
      buildArgs,
      platform: run.platform,
    }),
  );
}
