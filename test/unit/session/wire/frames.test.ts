import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BxError } from '../../../../src/platform/errors.js';
import { bytesHeader, createSplitter, encodeMessage, type Frame, MAX_FRAME_BYTES } from '../../../../src/session/wire/frames.js';
import { parseClientMessage, parseServerMessage } from '../../../../src/session/wire/messages.js';

const message = fc.record({ type: fc.string(), value: fc.jsonValue() });
const bytes = fc.record({ channel: fc.nat({ max: 0xffff_ffff }), data: fc.uint8Array({ maxLength: 300 }) });

const encode = (item: { type: string } | { channel: number; data: Uint8Array }): Buffer =>
  'channel' in item ? Buffer.concat([bytesHeader(item.channel, item.data.length), item.data]) : Buffer.from(encodeMessage(item));

/** The frames of a stream that is cut at these places. */
function split(stream: Uint8Array, cuts: readonly number[]): { frames: Frame[]; isBetweenFrames: boolean } {
  const splitter = createSplitter();
  const places = [...new Set([0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length])].sort((a, b) => a - b);
  const frames = places.slice(1).flatMap((end, at) => [...splitter.push(stream.subarray(places[at], end))]);
  return { frames, isBetweenFrames: splitter.isBetweenFrames };
}

const header = (length: number, kind: number): Buffer => {
  const result = Buffer.alloc(5);
  result.writeUInt32BE(length);
  result[4] = kind;
  return result;
};

describe('frames', () => {
  it('come out as they went in, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(message, bytes), { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 40 }), (items, cuts) => {
        const { frames, isBetweenFrames } = split(Buffer.concat(items.map(encode)), cuts);
        expect(isBetweenFrames).toBe(true);
        expect(frames.length).toBe(items.length);
        frames.forEach((frame, at) => {
          const item = items[at]!;
          if (frame.kind === 'message') expect(JSON.parse(frame.text)).toEqual(JSON.parse(JSON.stringify(item)));
          else expect({ channel: frame.channel, data: new Uint8Array(frame.data) }).toEqual(item);
        });
      }),
    );
  });

  it('give nothing but frames or a BxError for any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), (chunks) => {
        const splitter = createSplitter(64);
        try {
          for (const chunk of chunks) for (const frame of splitter.push(chunk)) expect(frame.kind).toMatch(/message|bytes/);
        } catch (error) {
          expect(error).toBeInstanceOf(BxError);
        }
      }),
    );
  });

  it('know when a frame is not whole', () => {
    const whole = encodeMessage({ type: 'ready' });
    expect(split(whole.subarray(0, 3), [])).toEqual({ frames: [], isBetweenFrames: false });
    expect(split(whole.subarray(0, -1), [])).toEqual({ frames: [], isBetweenFrames: false });
  });

  it('are refused when they are too large, empty, or of no known kind', () => {
    const push = (bytes: Buffer) => [...createSplitter().push(bytes)];
    expect(() => push(header(MAX_FRAME_BYTES + 1, 0))).toThrow(BxError);
    expect(() => push(header(0, 0))).toThrow(/frame of 0 bytes/);
    expect(() => push(header(3, 1))).toThrow(/frame of 3 bytes/);
    expect(() => push(header(8, 2))).toThrow(/unknown kind 2/);
  });

  it('of a large message in small pieces take time in proportion', () => {
    const size = 24 << 20;
    const frame = encodeMessage({ type: 'x', text: 'y'.repeat(size) });
    const splitter = createSplitter();
    const startedAtMs = performance.now();
    let count = 0;
    for (let at = 0; at < frame.length; at += 997) {
      for (const found of splitter.push(frame.subarray(at, at + 997))) {
        count++;
        expect(found.kind === 'message' && found.text.length).toBeGreaterThan(size);
      }
    }
    expect(count).toBe(1);
    expect(performance.now() - startedAtMs).toBeLessThan(3_000);
  });
});

describe('messages', () => {
  it('are checked for what they need', () => {
    expect(parseClientMessage('{"type":"abort","id":1}')).toEqual({ type: 'abort', id: 1 });
    const wrong = ['', 'null', '[]', '"x"', '{}', '{"type":"toString"}', '{"type":"abort"}', '{"type":"abort","id":-1}'];
    for (const text of [...wrong, '{"type":"request","id":1,"command":null}', '{"type":"hello","protocol":"1"}']) {
      expect(() => parseClientMessage(text), text).toThrow(BxError);
    }
    expect(() => parseServerMessage('{"type":"abort","id":1}')).toThrow(/unknown type abort/);
  });

  it('of any JSON give a message or a BxError', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const parse of [parseClientMessage, parseServerMessage]) {
          try {
            expect(typeof parse(JSON.stringify(value)).type).toBe('string');
          } catch (error) {
            expect(error).toBeInstanceOf(BxError);
          }
        }
      }),
    );
  });
});
