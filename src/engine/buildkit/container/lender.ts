/**
 * Another filesystem of the same build that has a shell, for a step whose own has none and that no toolbox fits. It must not run a step
 * that has not run: only what the wanted state was made from is looked at, then base images.
 */

import type { StepKey } from '../../../core/model/index.js';
import type { Graph, OutputRef } from '../graph-types.js';
import type { RunContext } from '../run-context.js';
import { findPosixShell } from './shell-choice.js';

export interface Lender {
  readonly resultId: string;
  readonly shell: readonly string[];
  /** For people: `step 4`, `alpine:3`. */
  readonly name: string;
}

/** At most so many filesystems are looked into: each costs a mount or two on the engine. */
const MOST_CANDIDATES = 6;

export async function findLender(
  context: RunContext,
  step: StepKey,
  wanted: OutputRef | null,
  signal: AbortSignal,
): Promise<Lender | null> {
  for (const candidate of candidates(context.graph, step, wanted).slice(0, MOST_CANDIDATES)) {
    try {
      const resultId = await context.evaluate(candidate.output, signal);
      const shell = resultId === '' ? null : await findPosixShell(context.gateway, resultId, signal);
      if (shell !== null) return { resultId, shell, name: candidate.name };
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }
  return null;
}

function candidates(graph: Graph, step: StepKey, wanted: OutputRef | null): { output: OutputRef; name: string }[] {
  const made: { output: OutputRef; name: string }[] = [];
  const images: { output: OutputRef; name: string }[] = [];
  const starts = [...(wanted ? [wanted.digest] : []), ...graph.verticesOf(step)];
  const seen = new Set<string>();
  for (let digest = starts.shift(); digest !== undefined; digest = starts.shift()) {
    if (seen.has(digest)) continue;
    seen.add(digest);
    const op = graph.op(digest)?.op;
    // The step's own vertices are only the way to what it was made from; the step itself may not have run.
    if (op?.op.case === 'exec' && !graph.stepsOf(digest).includes(step))
      made.push({ output: { digest, index: graph.rootOutput(digest) }, name: `step ${graph.stepOf(digest)}` });
    for (const input of op?.inputs ?? []) starts.push(input.digest);
  }
  for (const digest of graph.digests) {
    const op = graph.op(digest)?.op.op;
    if (op?.case === 'source' && op.value.identifier.startsWith('docker-image://')) {
      images.push({ output: { digest, index: 0 }, name: imageName(op.value.identifier) });
    }
  }
  return [...made, ...images];
}

/** `docker-image://docker.io/library/alpine:3@sha256:…` as people write it. */
export function imageName(identifier: string): string {
  return identifier
    .replace(/^docker-image:\/\//, '')
    .replace(/@sha256:[0-9a-f]+$/, '')
    .replace(/^docker\.io\/(?:library\/)?/, '');
}
