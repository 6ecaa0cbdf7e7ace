import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readDefinition,
  readDescription,
  readLocations,
  readSourceInfo,
  writeDefinition,
} from '../../../../src/engine/buildkit/definition.js';
import { DefinitionSchema, LocationsSchema, OpMetadataSchema } from '../../../../src/engine/buildkit/proto/gen/pb_pb.js';

const line = fc.integer({ min: 0, max: 5000 });
const range = fc.record({ start: fc.record({ line }), end: fc.record({ line }) });
const location = fc.record({ sourceIndex: fc.integer({ min: -1, max: 3 }), ranges: fc.array(range, { maxLength: 3 }) });
const digest = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => text !== '__proto__');
const definition = fc.record({
  def: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }),
  metadata: fc.dictionary(
    digest,
    fc.record({
      ignoreCache: fc.boolean(),
      description: fc.dictionary(fc.constantFrom('llb.customname', 'other'), fc.string()),
      caps: fc.dictionary(digest, fc.boolean(), { maxKeys: 3 }),
    }),
    { maxKeys: 5, noNullPrototype: true },
  ),
  Source: fc.option(
    fc.record({
      infos: fc.array(fc.record({ filename: fc.string(), data: fc.uint8Array({ maxLength: 20 }) }), { maxLength: 3 }),
      locations: fc.dictionary(digest, fc.record({ locations: fc.array(location, { maxLength: 3 }) }), { maxKeys: 5 }),
    }),
    { nil: undefined },
  ),
});

describe('a definition taken apart', () => {
  it('says what a decoder says, and is the same when it is put together again', () => {
    fc.assert(
      fc.property(definition, (init) => {
        const message = create(DefinitionSchema, init as never);
        const parts = readDefinition(toBinary(DefinitionSchema, message));
        expect(parts.ops.map((op) => [...op])).toEqual(message.def.map((op) => [...op]));
        for (const [key, metadata] of Object.entries(message.metadata)) {
          const raw = parts.metadata.get(key)!;
          expect(fromBinary(OpMetadataSchema, raw)).toEqual(metadata);
          expect(readDescription(raw, 'llb.customname')).toBe(metadata.description['llb.customname'] ?? null);
        }
        expect(parts.infos?.map(readSourceInfo)).toEqual(message.Source?.infos.map(({ filename, data }) => ({ filename, data })));
        for (const [key, { locations }] of Object.entries(message.Source?.locations ?? {})) {
          const raw = parts.locations.get(key)!;
          expect(fromBinary(LocationsSchema, raw).locations).toEqual(locations);
          expect(readLocations(raw).map(({ sourceIndex }) => sourceIndex)).toEqual(locations.map((one) => one.sourceIndex));
        }
        expect(fromBinary(DefinitionSchema, writeDefinition(parts))).toEqual(message);
      }),
      { numRuns: 200 },
    );
  });

  it('gives the lines that a location spans, and none for one without a line', () => {
    const at = (ranges: ReadonlyArray<readonly [number, number]>) =>
      readLocations(
        toBinary(
          LocationsSchema,
          create(LocationsSchema, {
            locations: [{ ranges: ranges.map(([start, end]) => ({ start: { line: start }, end: { line: end } })) }],
          }),
        ),
      )[0]?.lines;
    expect(at([[3, 5]])).toEqual({ start: 3, end: 5 });
    expect(
      at([
        [7, 7],
        [3, 4],
      ]),
    ).toEqual({ start: 3, end: 7 });
    expect(at([[3, 0]])).toEqual({ start: 3, end: 3 });
    expect(at([[0, 0]])).toBeNull();
    expect(at([])).toBeNull();
  });

  it('is empty for no bytes', () => {
    expect(readDefinition(new Uint8Array())).toEqual({ ops: [], metadata: new Map(), infos: null, locations: new Map() });
  });
});
