/**
 * Which vertices of graphs beside the run's own are told as events: those of steps that the run's own graph has nothing of, once
 * they are needed. What both graphs have of a step was told by the run itself. It must not send anything.
 */

import type { PlannedVertex } from '../../core/events.js';
import type { StepKey } from '../../core/model/index.js';
import type { BuildGraph } from './graph-types.js';

export interface SideVertices {
  add(graph: BuildGraph, own: BuildGraph): void;
  /** Told from now on: what the vertex needs, itself included, as far as it has not been announced before. */
  announce(graph: BuildGraph, digest: string): PlannedVertex[];
  isTold(digest: string): boolean;
  /** Of a side graph, but nobody's business. */
  isHidden(digest: string): boolean;
}

export function createSideVertices(): SideVertices {
  const all = new Set<string>();
  const ofUntoldSteps = new Set<string>();
  const told = new Set<string>();
  return {
    add(graph, own) {
      for (const digest of graph.digests) {
        all.add(digest);
        const isUntold = (step: StepKey): boolean => own.verticesOf(step).length === 0;
        if (graph.stepsOf(digest).some(isUntold)) ofUntoldSteps.add(digest);
      }
    },
    announce(graph, digest) {
      if (!all.has(digest)) return [];
      const needed = new Set(graph.closure(digest));
      const fresh = graph
        .planned()
        .filter((one) => needed.has(one.digest) && ofUntoldSteps.has(one.digest) && !told.has(one.digest));
      for (const one of fresh) told.add(one.digest);
      return fresh;
    },
    isTold: (digest) => told.has(digest),
    isHidden: (digest) => all.has(digest) && !told.has(digest),
  };
}
