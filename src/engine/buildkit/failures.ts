/** What has failed in a run and has not been carried out since, by vertex. */
import type { EngineEvent } from '../../core/events.js';
import type { StepKey } from '../../core/model/index.js';
import { isForeignProgram } from './foreign-programs.js';
import type { Graph } from './graph-types.js';
import type { SolveFailure } from './run-context.js';

/** runc says no more than a line. */
const LONGEST_REFUSAL_CHARS = 1_000;

export interface Failures {
  add(failure: SolveFailure): void;
  /** The newest of a vertex of that step. */
  at(graph: Graph, step: StepKey): SolveFailure | null;
  /** These have been carried out. */
  forget(digests: readonly string[]): void;
  /** Looks out for what only the log of a step says. */
  heed(event: EngineEvent): void;
  /** Its program was not for the engine's machine. */
  isForeign(digest: string): boolean;
}

export function createFailures(): Failures {
  const byVertex = new Map<string, SolveFailure>();
  const foreign = new Set<string>();
  return {
    add(failure) {
      if (failure.digest === null) return;
      byVertex.delete(failure.digest);
      byVertex.set(failure.digest, failure);
    },
    at(graph, step) {
      const own = graph.verticesOf(step);
      return [...byVertex.values()].findLast(({ digest }) => own.includes(digest ?? '')) ?? null;
    },
    forget(digests) {
      for (const digest of digests) byVertex.delete(digest);
    },
    heed(event) {
      if (event.type === 'log.appended' && event.text.length < LONGEST_REFUSAL_CHARS && isForeignProgram(event.text)) {
        foreign.add(event.digest);
      }
    },
    isForeign: (digest) => foreign.has(digest),
  };
}
