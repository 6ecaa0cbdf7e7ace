import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outlineOf } from '../../../../src/engine/buildkit/op-outline.js';
import { OpSchema } from '../../../../src/engine/buildkit/proto/gen/pb_pb.js';

const kinds = fc.constantFrom<NonNullable<MessageInitShape<typeof OpSchema>['op']>>(
  { case: undefined },
  { case: 'exec', value: { meta: { args: ['sh', '-c', 'true'] }, mounts: [{ dest: '/', input: 0n, output: -1n }] } },
  { case: 'source', value: { identifier: 'docker-image://a', attrs: { a: 'b' } } },
  { case: 'file', value: { actions: [{ input: 0n, action: { case: 'copy', value: { src: '/a', dest: '/b' } } }] } },
  { case: 'build', value: {} },
  { case: 'merge', value: { inputs: [{ input: 1n }] } },
  { case: 'diff', value: {} },
);
const inputs = fc.array(fc.record({ digest: fc.string(), index: fc.bigInt({ min: -1n, max: 1n << 40n }) }), { maxLength: 5 });

describe('the outline of an op', () => {
  it('says of kind, inputs and origin what decoding it says', () => {
    fc.assert(
      fc.property(kinds, inputs, (op, taken) => {
        const raw = toBinary(
          OpSchema,
          create(OpSchema, { op, inputs: taken, platform: { OS: 'linux' }, constraints: { filter: ['x'] } }),
        );
        const whole = fromBinary(OpSchema, raw);
        expect(outlineOf(raw)).toEqual({
          kind: whole.op.case ?? 'unknown',
          inputs: whole.inputs.map(({ digest, index }) => ({ digest, index: Number(index) })),
          identifier: whole.op.case === 'source' ? whole.op.value.identifier : null,
        });
      }),
    );
  });

  it('is not made up for bytes that are no message', () => {
    expect(() => outlineOf(Uint8Array.of(0x0a, 0x20, 1))).toThrow();
  });
});
