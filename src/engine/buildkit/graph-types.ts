/** The engine's build graph as the parts of a run see it: types only. */
import type { PlannedVertex } from '../../core/events.js';
import type { LineRange, StepKey } from '../../core/model/index.js';
import type { Op } from './proto/gen/pb_pb.js';

/** One output of one vertex. */
export interface OutputRef {
  readonly digest: string;
  readonly index: number;
}

export interface GraphVertex {
  readonly digest: string;
  readonly op: Op;
  /** As received: an op that is sent back unchanged must keep its very bytes, or its digest changes. */
  readonly raw: Uint8Array;
}

export interface Graph {
  /** Null: not in the definition. */
  op(digest: string): GraphVertex | null;
  /** Topologically sorted. */
  readonly digests: readonly string[];
  /** The instruction that made the vertex, of several that are alike the first; null for local sources and the like. */
  stepOf(digest: string): StepKey | null;
  /** All of them, in the order of the Dockerfile. */
  stepsOf(digest: string): readonly StepKey[];
  /** All vertices of an instruction, which another one may have as well, topologically sorted; empty for ENV, CMD, USER and for what the target does not need. */
  verticesOf(step: StepKey): readonly string[];
  /**
   * The output that is the state after the step: of the vertex of the step that no other vertex of the same step takes; for steps
   * without a vertex the nearest earlier one of its stage, across FROM <stage>. Null: nothing at all (FROM scratch so far), or the
   * stage is not part of the target (`hasStage` tells them apart).
   */
  sink(step: StepKey): OutputRef | null;
  /**
   * False: the target does not take from this stage, so that the engine has never been told of it, or the engine does not say which vertices
   * it shares with another one.
   */
  hasStage(stage: number): boolean;
  /** The vertex and all that it needs, topologically sorted. */
  closure(digest: string): string[];
  /** The marshalled definition of that output alone, with the metadata and source map of what it needs. */
  encoded(output: OutputRef): Uint8Array;
  /** Output index of the root filesystem of a vertex. */
  rootOutput(digest: string): number;
}

export interface BuildGraph extends Graph {
  /** Of a build for several, what it is for; else absent. */
  readonly platform?: string;
  /** The output that the definition is for; null for an empty one (FROM scratch and nothing else). */
  readonly output: OutputRef | null;
  planned(): readonly PlannedVertex[];
  linesOf(digest: string): LineRange | null;
}
