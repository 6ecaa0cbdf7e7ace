/** What a build failed of, as its last event: whose fault it was, told apart from what was only stopped along with it. Loaded when one fails. */

import type { EngineEvent } from '../../core/events.js';
import { BxError } from '../../platform/errors.js';
import type { BuildRequest } from '../engine.js';
import { hintForMissing } from '../shared/missing-file.js';
import type { CredentialsLookUp } from '../shared/registry-refusal.js';
import { type ExplainedFailure, explainFailure } from './failure-hints.js';
import { isVictim } from './failure-text.js';
import { platformOfOp, whyForeign } from './foreign-programs.js';
import type { BuildGraph } from './graph-types.js';
import type { SolveFailure } from './run-context.js';
import { readSolveFailure } from './solve-error.js';
import type { VertexRecord } from './status.js';

export interface Interpretation {
  readonly failure: SolveFailure;
  readonly explained: ExplainedFailure;
}

/** Null digests in the engine's answer are filled in from what the status stream told. */
export function interpretFailure(
  error: unknown,
  known: {
    readonly request: BuildRequest;
    /** One for each platform; empty before there is a plan. */
    readonly graphs: readonly BuildGraph[];
    readonly vertices: ReadonlyMap<string, VertexRecord>;
    home(digest: string): string;
    /** What went wrong on this side while files were sent; it tells more than the step that it has stopped. */
    readonly transferError: BxError | null;
    readonly credentials: readonly CredentialsLookUp[];
    /** The program of that vertex was not for the engine's machine. */
    isForeign(digest: string): boolean;
    /** What the engine's machine is. */
    readonly ownPlatform: string;
  },
): Interpretation {
  const { request, graphs } = known;
  const read = readSolveFailure(error, request.dockerfile.name);
  const digest =
    read.digest === null ? (culprit(read.message, known.vertices) ?? namedExec(read.message, graphs)) : known.home(read.digest);
  const graph = graphs.find((one) => digest !== null && one.op(digest) !== null) ?? graphs[0] ?? null;
  const op = read.op ?? (digest === null ? null : (graph?.op(digest)?.op ?? null));
  const place = digest === null ? null : (graph?.linesOf(digest)?.start ?? null);
  // What is said to be in line 1 may be a trigger (see trigger-places.ts).
  const line = read.line === null || read.line === 1 ? (place ?? read.line) : read.line;
  const failure: SolveFailure = { ...read, digest, op, line };
  const explained = explainFailure(failure, {
    dockerfileText: request.dockerfile.text,
    stageNames: [...new Set(request.dockerfile.plan.stages.flatMap((stage) => stage.name ?? []))],
    searchedIn: graph ? searchedIn(failure, graph, request) : null,
    credentials: known.credentials,
    sourcePolicy: request.sourcePolicy?.path ?? null,
    hintForMissing: (path) => hintForMissing(path, request),
  });
  if (digest !== null && known.isForeign(digest)) {
    const { reason, hint } = whyForeign(platformOfOp(op), known.ownPlatform);
    return { failure, explained: { ...explained, hint: `${reason[0]?.toUpperCase()}${reason.slice(1)}. ${hint}` } };
  }
  const { transferError } = known;
  if (transferError && failure.kind !== 'exec') {
    return { failure, explained: { ...explained, message: transferError.message, hint: transferError.hint } };
  }
  return { failure, explained };
}

export function failedEvent(interpretation: Interpretation): EngineEvent {
  const { failure, explained } = interpretation;
  return {
    type: 'build.failed',
    failure: {
      digest: failure.digest,
      message: explained.message,
      hint: explained.hint,
      exitCode: failure.exitCode,
      line: explained.line,
    },
  };
}

export function asEngineError(interpretation: Interpretation, cause: unknown): BxError {
  const { message, hint } = interpretation.explained;
  return new BxError('engine', message, { hint, cause });
}

/** Without typed errors (Docker Engine 20.10): the failed vertex whose words the solve's error ends with, else the first to fail. */
function culprit(message: string, vertices: ReadonlyMap<string, VertexRecord>): string | null {
  const failed = [...vertices.values()]
    .filter((vertex) => vertex.error !== '' && !isVictim(vertex.error))
    .sort((a, b) => (a.completedAtMs ?? 0) - (b.completedAtMs ?? 0));
  const named = failed.find((vertex) => message.endsWith(vertex.error) || vertex.error.endsWith(message));
  return (named ?? failed[0])?.digest ?? null;
}

/**
 * The program that the error names, where nothing was told of any vertex: so Docker Engine 20.10 hands on the failure of another build
 * (`executor failed running [/bin/sh -c …]`, executor/runcexecutor in moby/buildkit).
 */
function namedExec(message: string, graphs: readonly BuildGraph[]): string | null {
  for (const graph of graphs) {
    const named = graph.digests.find((digest) => {
      const op = graph.op(digest)?.op.op;
      return op?.case === 'exec' && message.includes(`[${op.value.meta?.args.join(' ')}]: `);
    });
    if (named !== undefined) return named;
  }
  return null;
}

/** The place in which a COPY or ADD looked for its files, as people call it. */
function searchedIn(failure: SolveFailure, graph: BuildGraph, request: BuildRequest): string | null {
  const { op } = failure;
  if (!op || failure.kind === 'exec') return null;
  const action =
    op.op.case === 'file' ? op.op.value.actions[failure.kind === 'file' ? (failure.subjectIndex ?? 0) : 0] : undefined;
  const index =
    failure.kind === 'cache' && failure.subjectIndex !== null ? failure.subjectIndex : Number(action?.secondaryInput ?? -1n);
  const input = op.inputs[index];
  if (!input) return null;
  const source = graph.op(input.digest)?.op.op;
  if (source?.case === 'source') {
    const { identifier } = source.value;
    const image = /^docker-image:\/\/(.*)$/.exec(identifier)?.[1];
    if (image !== undefined) return `the image ${image}`;
    const local = /^local:\/\/(.*)$/.exec(identifier)?.[1] ?? 'context';
    return local === 'context' ? 'the build context' : `the context ${local}`;
  }
  const step = graph.stepOf(input.digest);
  const instruction = request.dockerfile.plan.instructions.find((one) => one.key === step);
  const stage = instruction ? request.dockerfile.plan.stages[instruction.stage] : undefined;
  return stage ? `stage ${stage.label}` : null;
}
