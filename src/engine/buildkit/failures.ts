/** What has failed in a run and has not been carried out since, by vertex. */
import type { StepKey } from '../../core/model/index.js';
import type { Graph } from './graph-types.js';
import type { SolveFailure } from './run-context.js';

export interface Failures {
  add(failure: SolveFailure): void;
  /** The newest of a vertex of that step. */
  at(graph: Graph, step: StepKey): SolveFailure | null;
  /** These have been carried out. */
  forget(digests: readonly string[]): void;
}

export function createFailures(): Failures {
  const byVertex = new Map<string, SolveFailure>();
  return {
    add(failure) {
      if (failure.digest === null) return;
      byVertex.delete(failure.digest);
      byVertex.set(failure.digest, failure);
    },
    at: (graph, step) => [...byVertex.values()].findLast(({ digest }) => graph.stepOf(digest ?? '') === step) ?? null,
    forget(digests) {
      for (const digest of digests) byVertex.delete(digest);
    },
  };
}
