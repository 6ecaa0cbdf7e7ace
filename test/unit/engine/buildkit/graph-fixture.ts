/** Small definitions, built by hand. */

import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { parseDockerfile } from '../../../../src/core/dockerfile/index.js';
import { digestOf, readGraph } from '../../../../src/engine/buildkit/graph.js';
import type { BuildGraph } from '../../../../src/engine/buildkit/graph-types.js';
import { DefinitionSchema, type Op, OpSchema } from '../../../../src/engine/buildkit/proto/gen/pb_pb.js';

type OpInit = NonNullable<Exclude<MessageInitShape<typeof OpSchema>, Op>['op']>;
/** An op whose inputs are given by position in the list. */
export interface FixtureOp {
  readonly op: OpInit;
  readonly inputs: readonly number[];
}

export function source(identifier: string): FixtureOp {
  return { op: { case: 'source', value: { identifier } }, inputs: [] };
}

/** A command on the root filesystem of the op at `root`; further inputs are mounted beside it. */
export function exec(args: string[], root: number, ...mounted: number[]): FixtureOp {
  const mounts = [
    { dest: '/', input: 0n, output: 0n },
    ...mounted.map((_, index) => ({ dest: `/m${index}`, input: BigInt(index + 1), output: -1n, readonly: true })),
  ];
  return { op: { case: 'exec', value: { meta: { args, cwd: '/' }, mounts } }, inputs: [root, ...mounted] };
}

/** `COPY` from the op at `from` onto the op at `onto`; onto null: onto nothing. */
export function copy(onto: number | null, from: number): FixtureOp {
  const inputs = onto === null ? [from] : [onto, from];
  const action = {
    input: onto === null ? -1n : 0n,
    secondaryInput: BigInt(inputs.length - 1),
    output: 0n,
    action: { case: 'copy' as const, value: { src: '/a', dest: '/b' } },
  };
  return { op: { case: 'file', value: { actions: [action] } }, inputs };
}

export function graphOf(
  ops: readonly FixtureOp[],
  options: {
    readonly dockerfile?: string;
    /** Line of the Dockerfile per position; several of what steps have in common. */
    readonly lines?: Readonly<Record<number, number | readonly number[]>>;
    readonly names?: Readonly<Record<number, string>>;
    readonly buildArgs?: ReadonlyArray<readonly [string, string | null]>;
  } = {},
): BuildGraph {
  const digests: string[] = [];
  const def: Uint8Array[] = [];
  for (const { op, inputs } of ops) {
    const raw = toBinary(
      OpSchema,
      create(OpSchema, { op, inputs: inputs.map((at) => ({ digest: digests[at] ?? '', index: 0n })) }),
    );
    def.push(raw);
    digests.push(digestOf(raw));
  }
  def.push(toBinary(OpSchema, create(OpSchema, { inputs: [{ digest: digests.at(-1) ?? '', index: 0n }] })));
  const text = options.dockerfile ?? '';
  const definition = create(DefinitionSchema, {
    def,
    metadata: Object.fromEntries(
      Object.entries(options.names ?? {}).map(([at, name]) => [digests[Number(at)], { description: { 'llb.customname': name } }]),
    ),
    Source: {
      infos: [{ filename: 'Dockerfile' }],
      locations: Object.fromEntries(
        Object.entries(options.lines ?? {}).map(([at, lines]) => [
          digests[Number(at)],
          { locations: [lines].flat().map((line) => ({ sourceIndex: 0, ranges: [{ start: { line }, end: { line } }] })) },
        ]),
      ),
    },
  });
  return readGraph(toBinary(DefinitionSchema, definition), {
    plan: parseDockerfile(text),
    dockerfileName: 'Dockerfile',
    dockerfileText: text,
    buildArgs: options.buildArgs ?? [],
  });
}
