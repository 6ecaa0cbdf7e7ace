/**
 * The engine's build graph (LLB) placed at the steps of the Dockerfile. It reads and cuts definitions; it asks the engine nothing.
 */

import { createHash } from 'node:crypto';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { instructionsFor, isExecuted, type PlannedInstruction } from '../../core/dockerfile/index.js';
import type { PlannedVertex } from '../../core/events.js';
import type { LineRange, StepKey } from '../../core/model/index.js';
import { type OriginInputs, stageOrigin } from '../shared/stage-origin.js';
import {
  type DefinitionParts,
  readDefinition,
  readDescription,
  readLocations,
  readSourceInfo,
  writeDefinition,
} from './definition.js';
import type { BuildGraph, GraphVertex, OutputRef } from './graph-types.js';
import { type OpOutline, outlineOf } from './op-outline.js';
import { type Op, OpMetadataSchema, OpSchema } from './proto/gen/pb_pb.js';
import { placeTriggers } from './trigger-places.js';

/** `sha256:…` of a marshalled op, by which LLB names its vertices. */
export function digestOf(raw: Uint8Array): string {
  return `sha256:${createHash('sha256').update(raw).digest('hex')}`;
}

/** Name under which the engine keeps a vertex that must not come from the cache while another build has the same one. */
export function ignoreCacheAlias(digest: string): string {
  return `sha256:${createHash('sha256').update(`${digest}-ignorecache`).digest('hex')}`;
}

export interface GraphOptions extends OriginInputs {
  /** Base name of the main Dockerfile, as source maps call it. */
  readonly dockerfileName: string;
  /** In a build for several: which of them the definition is for. */
  readonly platform?: string | undefined;
}

/** Reads a marshalled definition. An op of a kind that is not known keeps its bytes and counts as 'unknown'. */
export function readGraph(encoded: Uint8Array, options: GraphOptions): BuildGraph {
  const definition = readDefinition(encoded);
  const vertices = new Map<string, Node>();
  let output: OutputRef | null = null;
  const last = definition.ops.length - 1;
  definition.ops.forEach((raw, index) => {
    const outline = outlineOf(raw);
    const input = outline.inputs[0];
    if (index === last && outline.kind === 'unknown' && input) output = input;
    else {
      const digest = digestOf(raw);
      vertices.set(digest, createNode(digest, raw, outline));
    }
  });
  const digests = [...vertices.keys()];
  const places = readLines(definition, options.dockerfileName);
  const lines = new Map([...places].flatMap(([digest, [first]]) => (first === undefined ? [] : [[digest, first]])));
  lendLines(vertices, lines);
  const { platform } = options;
  const instructions = instructionsFor(options.plan, platform);
  const rootOf = (digest: string): string | null => rootInputOf(vertices.get(digest)?.op)?.digest ?? null;
  const nameOf = (digest: string): string | null => {
    const metadata = definition.metadata.get(digest);
    return metadata === undefined ? null : readDescription(metadata, 'llb.customname');
  };
  placeTriggers({ vertices, instructions, origins: options, rootOf, nameOf }, lines);
  const furtherLines = (digest: string): readonly LineRange[] => places.get(digest)?.slice(1) ?? [];
  const steps = placeAtSteps(digests, lines, furtherLines, instructions);
  const rootOutput = (digest: string): number => rootOutputOf(vertices.get(digest)?.op);

  const sinkOfVertices = (own: readonly string[]): OutputRef | null => {
    const taken = new Set(own.flatMap((digest) => vertices.get(digest)?.inputs.map((input) => input.digest) ?? []));
    const free = own.filter((digest) => !taken.has(digest));
    // A source that feeds only other steps (a shared base image) gives way to the step's own result.
    const digest = free.findLast((candidate) => vertices.get(candidate)?.kind !== 'source') ?? free.at(-1);
    return digest === undefined ? null : { digest, index: rootOutput(digest) };
  };

  const before = (step: StepKey): OutputRef | null => {
    const own = steps.byStep.get(step) ?? [];
    for (const digest of own) {
      const input = rootInputOf(vertices.get(digest)?.op);
      if (input && !own.includes(input.digest)) return input;
    }
    return null;
  };

  const stateAfter = (instruction: PlannedInstruction, seen: ReadonlySet<number>): OutputRef | null => {
    const stage = instructions.filter((other) => other.stage === instruction.stage);
    for (const other of stage.filter((one) => one.number <= instruction.number).reverse()) {
      const own = sinkOfVertices(steps.byStep.get(other.key) ?? []);
      if (own) return own;
    }
    for (const later of stage.filter((one) => one.number > instruction.number)) {
      if ((steps.byStep.get(later.key) ?? []).length > 0) return before(later.key);
    }
    const origin = stageOrigin(options, instruction.stage);
    const lastOfOrigin = instructions.findLast((one) => one.stage === origin);
    if (origin === null || !lastOfOrigin || seen.has(origin)) return null;
    return stateAfter(lastOfOrigin, new Set([...seen, origin]));
  };

  /** Something is carried out there that stands at a step of another stage alone, which is like it. */
  const lacksStep = (stage: number): boolean => {
    const told = new Set(instructions.flatMap(({ key, text }) => (steps.byStep.has(key) ? text : [])));
    const isUntold = ({ key, instruction, text }: PlannedInstruction): boolean =>
      !steps.byStep.has(key) && (isExecuted(instruction) || told.has(text));
    return instructions.some((one) => one.stage === stage && isUntold(one));
  };
  let planned: readonly PlannedVertex[] | null = null;
  const reached = reachedStages(options, instructions, steps.byStep);
  const whole = output as OutputRef | null;
  const self: BuildGraph = {
    ...(platform !== undefined && { platform }),
    output,
    encoded: (wanted) =>
      wanted.digest === whole?.digest && wanted.index === whole.index
        ? encoded
        : cut(definition, closureOf(vertices, wanted.digest), wanted),
    digests,
    rootOutput,
    op: (digest) => vertices.get(digest) ?? null,
    stepOf: (digest) => steps.ofVertex.get(digest)?.[0] ?? null,
    stepsOf: (digest) => steps.ofVertex.get(digest) ?? [],
    verticesOf: (step) => steps.byStep.get(step) ?? [],
    linesOf: (digest) => lines.get(digest) ?? null,
    hasStage: (stage) => reached.has(stage) && !lacksStep(stage),
    sink(step) {
      const instruction = instructions.find((one) => one.key === step);
      return instruction ? stateAfter(instruction, new Set([instruction.stage])) : null;
    },
    closure: (digest) => [...closureOf(vertices, digest).keys()],
    planned() {
      planned ??= [...vertices.values()].map((vertex): PlannedVertex => {
        const { digest, kind, inputs } = vertex;
        return {
          ...{ digest, name: nameOf(digest) ?? defaultName(vertex), lines: lines.get(digest) ?? null, op: kind },
          inputs: inputs.map((input) => input.digest),
          ...(furtherLines(digest).length > 0 && { further: furtherLines(digest) }),
          ...(platform !== undefined && { platform }),
        };
      });
      return planned;
    },
  };
  return self;
}

interface Node extends GraphVertex, OpOutline {}

function createNode(digest: string, raw: Uint8Array, outline: OpOutline): Node {
  let decoded: Op | null = null;
  return {
    ...{ digest, raw },
    ...outline,
    get op() {
      decoded ??= fromBinary(OpSchema, raw);
      return decoded;
    },
  };
}

/** The output that the op changes: a file operation's first input, the root mount of a command. Null for sources and scratch. */
export function rootInputOf(op: Op | undefined): OutputRef | null {
  let index = -1;
  if (op?.op.case === 'exec') index = Number(op.op.value.mounts.find((mount) => mount.dest === '/')?.input ?? -1n);
  else if (op?.op.case === 'file') index = Number(op.op.value.actions[0]?.input ?? -1n);
  else if (op?.op.case === 'merge') index = Number(op.op.value.inputs[0]?.input ?? -1n);
  const input = index < 0 ? undefined : op?.inputs[index];
  return input ? { digest: input.digest, index: Number(input.index) } : null;
}

function rootOutputOf(op: Op | undefined): number {
  let index = 0n;
  if (op?.op.case === 'exec') index = op.op.value.mounts.find((mount) => mount.dest === '/')?.output ?? 0n;
  else if (op?.op.case === 'file') index = op.op.value.actions.findLast((action) => action.output >= 0n)?.output ?? 0n;
  return Math.max(0, Number(index));
}

/**
 * Lines of the main Dockerfile per vertex, in the order of the file: several where steps are alike, as the first ones of two stages often are.
 * Older frontends (that of Docker 20.10) name one of them.
 */
function readLines({ infos, locations }: DefinitionParts, dockerfileName: string): Map<string, readonly LineRange[]> {
  const filenames = infos?.map((info) => readSourceInfo(info).filename) ?? [];
  const isOurs = (index: number): boolean => ['', dockerfileName].includes(filenames[index] ?? '');
  return new Map(
    [...locations].map(([digest, encoded]) => {
      const ranges = readLocations(encoded).flatMap(({ sourceIndex, lines }) => (lines && isOurs(sourceIndex) ? [lines] : []));
      return [digest, ranges.sort((a, b) => a.start - b.start)];
    }),
  );
}

/** What an ADD downloads has no place of its own in the source map; it belongs to the instruction that takes it. */
function lendLines(vertices: ReadonlyMap<string, Node>, lines: Map<string, LineRange>): void {
  for (const [digest, { inputs }] of vertices) {
    const range = lines.get(digest);
    if (!range) continue;
    for (const input of inputs) {
      const identifier = vertices.get(input.digest)?.identifier ?? null;
      if (identifier !== null && !identifier.startsWith('local://') && !lines.has(input.digest)) lines.set(input.digest, range);
    }
  }
}

function placeAtSteps(
  digests: readonly string[],
  lines: ReadonlyMap<string, LineRange>,
  furtherLines: (digest: string) => readonly LineRange[],
  instructions: readonly PlannedInstruction[],
) {
  const stepAtLine = new Map<number, StepKey>();
  for (const { key, lines } of instructions) {
    for (let line = lines.start; line <= lines.end; line++) if (!stepAtLine.has(line)) stepAtLine.set(line, key);
  }
  const ofVertex = new Map<string, readonly StepKey[]>();
  const byStep = new Map<StepKey, string[]>();
  for (const digest of digests) {
    const range = lines.get(digest);
    if (!range) continue;
    const own = new Set([range, ...furtherLines(digest)].flatMap(({ start }) => stepAtLine.get(start) ?? []));
    ofVertex.set(digest, [...own]);
    for (const step of own) {
      const others = byStep.get(step);
      if (others) others.push(digest);
      else byStep.set(step, [digest]);
    }
  }
  return { ofVertex, byStep };
}

/** Stages with a vertex, and those that they start from; a stage of nothing but settings has no vertex of its own. */
function reachedStages(
  options: GraphOptions,
  instructions: readonly PlannedInstruction[],
  byStep: ReadonlyMap<StepKey, readonly string[]>,
): Set<number> {
  const reached = new Set(instructions.filter((one) => byStep.has(one.key)).map((one) => one.stage));
  for (const start of [...reached]) {
    let stage: number | null = start;
    while (stage !== null) {
      stage = stageOrigin(options, stage);
      if (stage === null || reached.has(stage)) break;
      reached.add(stage);
    }
  }
  return reached;
}

/** In the order of the definition. */
function closureOf(vertices: ReadonlyMap<string, Node>, from: string): ReadonlyMap<string, Node> {
  const needed = new Set<string>();
  const pending = [from];
  for (let digest = pending.pop(); digest !== undefined; digest = pending.pop()) {
    if (needed.has(digest)) continue;
    needed.add(digest);
    for (const input of vertices.get(digest)?.inputs ?? []) pending.push(input.digest);
  }
  return new Map([...vertices].filter(([digest]) => needed.has(digest)));
}

/** Untouched ops keep their very bytes: another encoder orders fields differently, which would change the digest. */
function cut(definition: DefinitionParts, kept: ReadonlyMap<string, GraphVertex>, wanted: OutputRef): Uint8Array {
  const terminal = toBinary(OpSchema, create(OpSchema, { inputs: [{ digest: wanted.digest, index: BigInt(wanted.index) }] }));
  const end = digestOf(terminal);
  const pick = (from: ReadonlyMap<string, Uint8Array>): Array<[string, Uint8Array]> =>
    [...from].filter(([digest]) => kept.has(digest));
  const metadata = toBinary(OpMetadataSchema, create(OpMetadataSchema, { caps: { constraints: true, platform: true } }));
  return writeDefinition({
    ops: [...[...kept.values()].map((vertex) => vertex.raw), terminal],
    metadata: new Map([...pick(definition.metadata), [end, metadata]]),
    infos: definition.infos,
    locations: new Map([...pick(definition.locations), [end, new Uint8Array()]]),
  });
}

function defaultName({ kind, identifier, op }: Node): string {
  if (kind === 'exec' && op.op.case === 'exec') return op.op.value.meta?.args.join(' ') ?? 'exec';
  return identifier ?? kind;
}
