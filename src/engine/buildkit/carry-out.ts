/** Carries out all that a build is for: the platforms side by side, and none of them on when one has failed. */
import type { Evaluator } from './evaluate.js';
import type { BuildGraph } from './graph-types.js';
import { type ResolvedPlan, type ResultIds, resultIds } from './plan.js';

/** Null: an empty filesystem. Throws what the first to fail throws, once the others are being stopped. */
export async function carryOut(
  { graphs, keys }: ResolvedPlan,
  evaluatorOf: (graph: BuildGraph) => Evaluator,
  signal: AbortSignal,
): Promise<ResultIds | null> {
  const others = new AbortController();
  const whole = AbortSignal.any([signal, others.signal]);
  try {
    const ids = graphs.map((graph) => (graph.output === null ? '' : evaluatorOf(graph).evaluate(graph.output, whole)));
    return resultIds(keys, await Promise.all(ids));
  } catch (error) {
    others.abort();
    throw error;
  }
}
