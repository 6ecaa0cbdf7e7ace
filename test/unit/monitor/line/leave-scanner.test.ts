import { describe, expect, it } from 'vitest';
import { createLeaveScanner } from '../../../../src/monitor/line/leave-scanner.js';

const scan = (key: string, ...chunks: string[]) => scanWith(key, null, ...chunks);
const scanWith = (key: string, then: string | null, ...chunks: string[]) => {
  const scanner = createLeaveScanner({ bytes: Buffer.from(key, 'latin1'), second: then === null ? null : Buffer.from(then) });
  let forward = '';
  for (const chunk of chunks) {
    const result = scanner.scan(Buffer.from(chunk, 'latin1'));
    forward += Buffer.from(result.forward).toString('latin1');
    if (result.isLeaving) return `${forward}|left`;
  }
  return forward;
};

describe('createLeaveScanner', () => {
  it.each([
    ['\u001d', ['ls\r'], 'ls\r'],
    ['\u001d', ['ls\u001dx'], 'ls|left'],
    ['\u001d', ['\u001d'], '|left'],
    ['\u001b[24~', ['ab\u001b[24~c'], 'ab|left'],
    ['\u001b[24~', ['a\u001d'], 'a\u001d'],
  ])('leaves by %j in %j', (key, chunks, expected) => {
    expect(scan(key, ...chunks)).toBe(expected);
  });

  const toggle = (...chunks: string[]) => scanWith('\u0001', 'c', ...chunks);

  it.each([
    [['x\u0001c'], 'x\u0001|left'],
    [['\u0001', 'c'], '\u0001|left'],
    [['\u0001d', 'c'], '\u0001dc'],
    [['\u0001'], '\u0001'],
    [['abc'], 'abc'],
    [['\u0001\u0001c'], '\u0001c'],
    [['\u0001', '\u0001', 'c\u0001x'], '\u0001c\u0001x'],
    [['\u0001\u0001\u0001', 'c'], '\u0001\u0001|left'],
  ])('by two keys in %j, of which the first is never held back and is itself when pressed twice', (chunks, expected) => {
    expect(toggle(...chunks)).toBe(expected);
  });

  it('leaves by one key only when no second is set', () => {
    expect(scan('\u001d', 'x\u0001c')).toBe('x\u0001c');
  });
});
