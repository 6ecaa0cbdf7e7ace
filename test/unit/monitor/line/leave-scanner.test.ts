import { describe, expect, it } from 'vitest';
import { createLeaveScanner } from '../../../../src/monitor/line/leave-scanner.js';

const scan = (key: string, ...chunks: string[]) => {
  const scanner = createLeaveScanner(Buffer.from(key, 'latin1'));
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

  it('leaves by Ctrl-A c too, also in two pieces, and never holds Ctrl-A back', () => {
    expect(scan('\u001d', 'x\u0001c')).toBe('x\u0001|left');
    expect(scan('\u001d', '\u0001', 'c')).toBe('\u0001|left');
    expect(scan('\u001d', '\u0001d', 'c')).toBe('\u0001dc');
    expect(scan('\u001d', 'abc')).toBe('abc');
    expect(scan('\u001d', '\u0001')).toBe('\u0001');
  });

  it('has no second key when Ctrl-A is the first', () => {
    expect(scan('\u0001', 'a\u0001c')).toBe('a|left');
  });
});
