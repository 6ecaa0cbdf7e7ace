import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatusResponseSchema } from '../../../../src/engine/buildkit/proto/gen/control_pb.js';
import { readStatus } from '../../../../src/engine/buildkit/status-message.js';

const text = fc.string({ unit: 'grapheme' });
const count = fc.bigInt({ min: -5n, max: 1n << 50n });
const moment = fc.option(fc.record({ seconds: count, nanos: fc.integer({ min: 0, max: 999_999_999 }) }), { nil: undefined });
const bytes = fc.uint8Array({ maxLength: 40 });
const message = fc.record({
  vertexes: fc.array(
    fc.record({
      ...{ digest: text, inputs: fc.array(text, { maxLength: 3 }), name: text, cached: fc.boolean(), error: text },
      ...{ started: moment, completed: moment },
      progressGroup: fc.option(fc.record({ id: text, name: text, weak: fc.boolean() }), { nil: undefined }),
    }),
    { maxLength: 4 },
  ),
  statuses: fc.array(
    fc.record({
      ...{ ID: text, vertex: text, name: text, current: count, total: count },
      ...{ timestamp: moment, started: moment, completed: moment },
    }),
    { maxLength: 4 },
  ),
  logs: fc.array(fc.record({ vertex: text, timestamp: moment, stream: count, msg: bytes }), { maxLength: 4 }),
  warnings: fc.array(
    fc.record({
      ...{ vertex: text, level: count, short: bytes, detail: fc.array(bytes, { maxLength: 2 }), url: text },
      ranges: fc.array(fc.record({ start: fc.record({ line: fc.nat() }) }), { maxLength: 2 }),
    }),
    { maxLength: 2 },
  ),
});

describe('a status message read by hand', () => {
  it('is what the generated code reads', () => {
    fc.assert(
      fc.property(message, (init) => {
        const encoded = toBinary(StatusResponseSchema, create(StatusResponseSchema, init));
        expect(readStatus(encoded)).toEqual(fromBinary(StatusResponseSchema, encoded));
      }),
    );
  });

  it('is not made up for bytes that are no message', () => {
    expect(() => readStatus(Uint8Array.of(0x0a, 0x20, 1))).toThrow();
  });
});
