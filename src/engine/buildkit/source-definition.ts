/** An LLB definition of one source that is made here (BuildKit, client/llb). */
import { create, toBinary } from '@bufbuild/protobuf';
import { digestOf } from './graph.js';
import { type Definition, DefinitionSchema, OpSchema } from './proto/gen/pb_pb.js';

/** `name`: as its progress is called. `caps`: what the engine has to know of it. */
export function sourceDefinition(source: {
  readonly identifier: string;
  readonly attrs: Readonly<Record<string, string>>;
  readonly name: string;
  readonly caps: readonly string[];
}): Definition {
  const { identifier, attrs, name, caps } = source;
  const op = toBinary(OpSchema, create(OpSchema, { op: { case: 'source', value: { identifier, attrs: { ...attrs } } } }));
  const digest = digestOf(op);
  const terminal = toBinary(OpSchema, create(OpSchema, { inputs: [{ digest, index: 0n }] }));
  return create(DefinitionSchema, {
    def: [op, terminal],
    metadata: {
      [digest]: { description: { 'llb.customname': name }, caps: Object.fromEntries(caps.map((cap) => [cap, true])) },
      [digestOf(terminal)]: { caps: { constraints: true, platform: true } },
    },
  });
}
