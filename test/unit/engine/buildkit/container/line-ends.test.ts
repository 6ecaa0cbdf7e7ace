import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLineEndFilter } from '../../../../../src/engine/buildkit/container/line-ends.js';

const run = (chunks: readonly string[]): string => {
  let text = '';
  const filter = createLineEndFilter((data) => {
    text += Buffer.from(data).toString('latin1');
  });
  for (const chunk of chunks) filter.push(Buffer.from(chunk, 'latin1'));
  filter.end();
  return text;
};

describe('ends of lines', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('come back as the program wrote them, however the stream is cut', () => {
    const written = fc.string({ unit: fc.constantFrom('\r', '\n', 'a', '\x1b') });
    fc.assert(
      fc.property(written, fc.array(fc.nat(30)), (text, cuts) => {
        const sent = text.replaceAll('\n', '\r\n');
        const marks = [0, ...cuts.map((cut) => Math.min(cut, sent.length)).sort((a, b) => a - b), sent.length];
        const chunks = marks.slice(1).map((mark, index) => sent.slice(marks[index], mark));
        expect(run(chunks)).toBe(text);
      }),
    );
  });

  it('leave a line feed alone that nothing was put in front of', () => {
    expect(run(['a\nb\n', '\n'])).toBe('a\nb\n\n');
  });

  it('hold a carriage return back only for a moment', () => {
    let text = '';
    const filter = createLineEndFilter((data) => {
      text += Buffer.from(data).toString('latin1');
    });
    filter.push(Buffer.from('50%\r'));
    expect(text).toBe('50%');
    vi.advanceTimersByTime(50);
    expect(text).toBe('50%\r');
    filter.push(Buffer.from('\nnext'));
    expect(text).toBe('50%\r\nnext');
  });
});
