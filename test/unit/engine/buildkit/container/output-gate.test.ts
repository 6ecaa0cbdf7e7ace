import { describe, expect, it } from 'vitest';
import { createOutputGate } from '../../../../../src/engine/shared/output-gate.js';

const flushed = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const bytes = (text: string): Uint8Array => Buffer.from(text);

function setUp() {
  const source = {
    held: false,
    pause() {
      source.held = true;
    },
    resume() {
      source.held = false;
    },
  };
  const gate = createOutputGate(source);
  const got: string[] = [];
  const listen = () => gate.onData((data) => got.push(Buffer.from(data).toString()));
  return { source, gate, got, listen };
}

describe('the output gate', () => {
  it('holds the source back until somebody listens, and keeps what came', async () => {
    const { source, gate, got, listen } = setUp();
    gate.push(bytes('early'));
    expect(source.held).toBe(true);
    listen();
    await flushed();
    expect([got, source.held]).toEqual([['early'], false]);
    gate.push(bytes('now'));
    expect(got).toEqual(['early', 'now']);
  });

  it('counts pauses', async () => {
    const { source, gate, got, listen } = setUp();
    listen();
    await flushed();
    gate.pause();
    gate.pause();
    gate.push(bytes('one'));
    gate.resume();
    await flushed();
    expect([got, source.held]).toEqual([[], true]);
    gate.resume();
    await flushed();
    expect([got, source.held]).toEqual([['one'], false]);
  });

  it('keeps the order when a listener pauses in the middle', async () => {
    const { gate, got } = setUp();
    gate.onData((data) => {
      got.push(Buffer.from(data).toString());
      gate.pause();
    });
    for (const text of ['a', 'b', 'c']) gate.push(bytes(text));
    await flushed();
    expect(got).toEqual(['a']);
    for (const expected of [
      ['a', 'b'],
      ['a', 'b', 'c'],
    ]) {
      gate.resume();
      await flushed();
      expect(got).toEqual(expected);
    }
  });

  it('ends after the last byte was delivered, or when that was given up', async () => {
    for (const isGivenUp of [false, true]) {
      const { gate, got, listen } = setUp();
      let isEnded = false;
      gate.push(bytes('last'));
      gate.end(() => {
        isEnded = true;
      });
      await flushed();
      expect(isEnded).toBe(false);
      if (isGivenUp) gate.discard();
      else listen();
      await flushed();
      expect([isEnded, got]).toEqual([true, isGivenUp ? [] : ['last']]);
    }
  });
});
