import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createFrameSplitter,
  decodeFrame,
  encodeData,
  encodeMessage,
} from '../../../../../src/engine/buildkit/container/exec-frames.js';
import {
  ExecMessageSchema,
  ExitMessageSchema,
  FdMessageSchema,
  ResizeMessageSchema,
} from '../../../../../src/engine/buildkit/proto/gen/gateway_pb.js';

const payloadOf = (frame: Uint8Array): Uint8Array => {
  expect(frame[0]).toBe(0);
  expect(new DataView(frame.buffer, frame.byteOffset).getUint32(1)).toBe(frame.length - 5);
  return frame.subarray(5);
};

describe('frames made by hand', () => {
  it('are read by the generated codec as what they say', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(300), fc.uint8Array({ minLength: 1, maxLength: 200_000 }), (id, fd, data) => {
        const parts = [...encodeData(id, fd, data)].map((frame) => fromBinary(ExecMessageSchema, payloadOf(frame)));
        const files = parts.map((part) => {
          expect(part.ProcessID).toBe(id);
          if (part.Input.case !== 'File') throw new Error('not a File');
          expect(part.Input.value.Fd).toBe(fd);
          return part.Input.value.Data;
        });
        expect(Buffer.compare(Buffer.concat(files), Buffer.from(data))).toBe(0);
        for (const file of files) expect(file.length).toBeLessThanOrEqual(32 << 10);
      }),
      { numRuns: 60 },
    );
  });

  it('carry control messages unchanged', () => {
    const value = create(ResizeMessageSchema, { Rows: 30, Cols: 78 });
    const message = fromBinary(ExecMessageSchema, payloadOf(encodeMessage('p', { case: 'Resize', value })));
    expect(message.Input).toMatchObject({ case: 'Resize', value: { Rows: 30, Cols: 78 } });
  });
});

describe('frames read by hand', () => {
  const encode = (id: string, Fd: number, EOF: boolean, Data: Uint8Array): Uint8Array =>
    toBinary(
      ExecMessageSchema,
      create(ExecMessageSchema, { ProcessID: id, Input: { case: 'File', value: create(FdMessageSchema, { Fd, EOF, Data }) } }),
    );

  it('give what the generated codec wrote', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(300), fc.boolean(), fc.uint8Array({ maxLength: 40_000 }), (id, fd, isEof, data) => {
        const frame = decodeFrame(encode(id, fd, isEof, data));
        if (frame.kind !== 'data') throw new Error('not data');
        expect([frame.fd, frame.isEof]).toEqual([fd, isEof]);
        expect(Buffer.compare(Buffer.from(frame.data), Buffer.from(data))).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('leave other messages to the generated codec', () => {
    const payload = toBinary(
      ExecMessageSchema,
      create(ExecMessageSchema, { ProcessID: 'x', Input: { case: 'Exit', value: create(ExitMessageSchema, { Code: 137 }) } }),
    );
    expect(decodeFrame(payload)).toMatchObject({ kind: 'message', input: { case: 'Exit', value: { Code: 137 } } });
  });

  it('take data with a field that only a newer engine knows', () => {
    const file = [0x0a, 0x01, 0x78, 0x1a, 0x05, 0x1a, 0x01, 0x41, 0x78, 0x07];
    expect(decodeFrame(Uint8Array.from(file))).toMatchObject({ kind: 'message', input: { case: 'File' } });
  });

  it('refuse bytes that end in the middle of a field', () => {
    expect(() => decodeFrame(Uint8Array.from([0x1a, 0x05, 0x1a, 0x7f, 0x41]))).toThrow();
  });
});

describe('the splitter', () => {
  it('finds the same payloads however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1, maxLength: 40 }),
        (payloads, cuts) => {
          const frames = payloads.map((payload) => {
            const head = Buffer.alloc(5);
            head.writeUInt32BE(payload.length, 1);
            return Buffer.concat([head, payload]);
          });
          const bytes = Buffer.concat(frames);
          const found: Buffer[] = [];
          const split = createFrameSplitter((payload) => found.push(Buffer.from(payload)));
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const size = cuts[turn % cuts.length]!;
            split(bytes.subarray(at, at + size));
            at += size;
          }
          expect(found.map((payload) => payload.toString('hex'))).toEqual(payloads.map((p) => Buffer.from(p).toString('hex')));
        },
      ),
    );
  });

  it('refuses a compressed frame', () => {
    expect(() => createFrameSplitter(() => {})(Uint8Array.from([1, 0, 0, 0, 0]))).toThrow(/compressed/);
  });
});
