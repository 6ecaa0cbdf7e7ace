/** Holds the packets that are coded by hand against the generated codec of fsutil.proto. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BytesMessageSchema } from '../../../../../src/engine/buildkit/proto/gen/filesync_pb.js';
import { Packet_PacketType, PacketSchema, StatSchema } from '../../../../../src/engine/buildkit/proto/gen/fsutil_pb.js';
import {
  DATA_HEADER_BYTES,
  decodeBytesMessage,
  decodePacket,
  decodeStat,
  encodeBytesMessage,
  encodeError,
  encodeMarker,
  encodeRequest,
  PacketType,
  StatBatch,
  writeDataHeader,
} from '../../../../../src/engine/buildkit/session/filesync/packets.js';
import { FrameReader } from '../../../../../src/engine/buildkit/transport/grpc-frames.js';

function unframe(frames: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  const reader = new FrameReader(1 << 28);
  reader.push(frames, (message) => messages.push(message));
  expect(reader.isPartial).toBe(false);
  return messages;
}

const parse = (message: Uint8Array) => fromBinary(PacketSchema, message);
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 90 });

// The generated codec keeps a map in a plain object, which has no place for this name.
const attributeName = name.filter((text) => text !== '__proto__');

const statFields = fc.record({
  path: name,
  mode: uint32,
  sizeBytes: fc.oneof(fc.integer({ min: 0, max: 2 ** 40 }), fc.constant(0)),
  mtimeNs: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  linkName: fc.oneof(name, fc.constant('')),
  devMajor: fc.integer({ min: 0, max: 4095 }),
  devMinor: fc.integer({ min: 0, max: 1 << 20 }),
  xattrs: fc.dictionary(attributeName, fc.uint8Array({ maxLength: 300 }), { maxKeys: 3, noNullPrototype: true }),
});

describe('STAT packets', () => {
  it('are read by the generated codec as they were meant', () => {
    fc.assert(
      fc.property(fc.array(statFields, { minLength: 1, maxLength: 8 }), (stats) => {
        const batch = new StatBatch();
        for (const { path, linkName, xattrs: _, ...rest } of stats) {
          batch.add({ path, linkName, stat: { kind: 'file', inode: null, ...rest } });
        }
        const xattrs = stats.map(({ xattrs }, index) => [index, new Map(Object.entries(xattrs))] as const);
        const packets = unframe(batch.take(new Map(xattrs.filter(([, found]) => found.size > 0)))).map(parse);
        expect(packets).toHaveLength(stats.length);
        for (const [i, packet] of packets.entries()) {
          const meant = stats[i]!;
          expect(packet.type).toBe(Packet_PacketType.PACKET_STAT);
          expect(packet.stat).toMatchObject({
            path: meant.path,
            mode: meant.mode,
            uid: 0,
            gid: 0,
            size: BigInt(meant.sizeBytes),
            modTime: meant.mtimeNs,
            linkname: meant.linkName,
            devmajor: BigInt(meant.devMajor),
            devminor: BigInt(meant.devMinor),
          });
          expect(Object.keys(packet.stat!.xattrs).sort()).toEqual(Object.keys(meant.xattrs).sort());
          for (const [key, value] of Object.entries(meant.xattrs)) expect([...packet.stat!.xattrs[key]!]).toEqual([...value]);
        }
      }),
    );
  });

  it('of the generated codec are read by hand as they were meant', () => {
    fc.assert(
      fc.property(statFields, (meant) => {
        const stat = create(StatSchema, {
          path: meant.path,
          mode: meant.mode,
          uid: 7,
          size: BigInt(meant.sizeBytes),
          modTime: meant.mtimeNs,
          linkname: meant.linkName,
          devmajor: BigInt(meant.devMajor),
          devminor: BigInt(meant.devMinor),
          xattrs: meant.xattrs,
        });
        const packet = decodePacket(Buffer.from(toBinary(PacketSchema, create(PacketSchema, { stat }))));
        expect(packet.type).toBe(PacketType.stat);
        const { xattrs, ...decoded } = decodeStat(packet.stat!);
        const { xattrs: meantXattrs, ...rest } = meant;
        expect(decoded).toEqual(rest);
        expect(Object.fromEntries([...xattrs].map(([key, value]) => [key, [...value]]))).toEqual(
          Object.fromEntries(Object.entries(meantXattrs).map(([key, value]) => [key, [...value]])),
        );
      }),
    );
  });

  it('survive a batch that outgrows its buffer', () => {
    const batch = new StatBatch();
    const long = 'x'.repeat(4000);
    const stat = { kind: 'file', mode: 0o644, sizeBytes: 1, mtimeNs: 1n, devMajor: 0, devMinor: 0, inode: null } as const;
    for (let i = 0; i < 60; i++) batch.add({ path: `${long}${i}`, stat, linkName: '' });
    const paths = unframe(batch.take(null)).map((message) => parse(message).stat!.path);
    expect(paths).toEqual(Array.from({ length: 60 }, (_, i) => `${long}${i}`));
  });
});

describe('the other packets', () => {
  it('DATA with its padded header', () => {
    fc.assert(
      fc.property(uint32, fc.uint8Array({ minLength: 1, maxLength: 400 }), (id, data) => {
        const buffer = Buffer.alloc(DATA_HEADER_BYTES + data.length);
        writeDataHeader(buffer, 0, id, data.length);
        buffer.set(data, DATA_HEADER_BYTES);
        const packet = parse(unframe(buffer)[0]!);
        expect(packet).toMatchObject({ type: Packet_PacketType.PACKET_DATA, ID: id });
        expect([...packet.data]).toEqual([...data]);
      }),
    );
  });

  it('markers, requests and errors', () => {
    expect(parse(unframe(encodeMarker(PacketType.stat))[0]!)).toEqual(create(PacketSchema));
    expect(parse(unframe(encodeMarker(PacketType.fin))[0]!).type).toBe(Packet_PacketType.PACKET_FIN);
    expect(parse(unframe(encodeMarker(PacketType.data, 0xffff_ffff))[0]!)).toMatchObject({
      type: Packet_PacketType.PACKET_DATA,
      ID: 0xffff_ffff,
    });
    expect(parse(unframe(encodeRequest(300))[0]!)).toMatchObject({ type: Packet_PacketType.PACKET_REQ, ID: 300 });
    const error = parse(unframe(encodeError('für nichts'))[0]!);
    expect(error.type).toBe(Packet_PacketType.PACKET_ERR);
    expect(Buffer.from(error.data).toString()).toBe('für nichts');
  });

  it('BytesMessage both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (data) => {
        expect([...fromBinary(BytesMessageSchema, unframe(encodeBytesMessage(data))[0]!).data]).toEqual([...data]);
        const generated = toBinary(BytesMessageSchema, create(BytesMessageSchema, { data: new Uint8Array(data) }));
        expect([...decodeBytesMessage(Buffer.from(generated))]).toEqual([...data]);
      }),
    );
  });

  it('a truncated packet is an error, not a wrong one', () => {
    const whole = toBinary(PacketSchema, create(PacketSchema, { type: Packet_PacketType.PACKET_DATA, data: new Uint8Array(20) }));
    expect(() => decodePacket(Buffer.from(whole.subarray(0, -1)))).toThrow(RangeError);
  });
});

describe('FrameReader', () => {
  it('finds the same messages however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 17 })),
        (messages, sizes) => {
          const stream = Buffer.concat(messages.map((message) => encodeBytesMessage(message)));
          const reader = new FrameReader(1000);
          const seen: number[][] = [];
          for (let at = 0; at < stream.length; ) {
            const size = sizes.next().value as number;
            reader.push(stream.subarray(at, at + size), (message) => seen.push([...decodeBytesMessage(message)]));
            at += size;
          }
          expect(seen).toEqual(messages.map((message) => [...message]));
          expect(reader.isPartial).toBe(false);
        },
      ),
    );
  });

  it('refuses compressed and oversized messages', () => {
    expect(() => new FrameReader(10).push(Buffer.from([1, 0, 0, 0, 0]), () => {})).toThrow(/compressed/);
    expect(() => new FrameReader(10).push(Buffer.from([0, 0, 0, 0, 11]), () => {})).toThrow(/11 bytes/);
  });
});
