import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { byteSize, logSeconds, seconds } from '../../../src/plain/format.js';
import { createLineSplitter, LINE_MAX_CHARACTERS } from '../../../src/plain/line-splitter.js';
import { sourceExcerpt } from '../../../src/plain/source-excerpt.js';
import { createTextSink } from '../../../src/plain/text-sink.js';
import { printableLine, printableText } from '../../../src/platform/printable.js';
import { eventually } from '../../helpers/eventually.js';

describe('a sink', () => {
  const sunk = (code: string) => {
    const stream = new PassThrough();
    let hasGone = false;
    const sink = createTextSink(stream, () => {
      hasGone = true;
    });
    stream.emit('error', Object.assign(new Error(code), { code }));
    sink.lines(['lost']);
    sink.flush();
    return { isClosed: sink.isClosed, hasGone, written: stream.read() };
  };

  it('tells that its reader has gone, and goes on in silence where nothing more can be written', () => {
    expect(sunk('EPIPE')).toEqual({ isClosed: true, hasGone: true, written: null });
    expect(sunk('ENOSPC')).toEqual({ isClosed: true, hasGone: false, written: null });
  });
});

describe('format', () => {
  it.each([
    [0, '0.000'],
    [512, '0.512'],
    [9_999, '9.999'],
    [11_870, '11.87'],
    [120_440, '120.4'],
    [-5, '0.000'],
  ])('writes %i ms in a log as %s', (elapsedMs, text) => {
    expect(logSeconds(elapsedMs)).toBe(text);
  });

  it.each([
    [0, '0B'],
    [30, '30B'],
    [999, '999B'],
    [1_000, '1.00kB'],
    [1_980_000, '1.98MB'],
    [47_160_400, '47.16MB'],
    [999_600, '999.60kB'],
    [437_000_000_000, '437.00GB'],
  ])('writes %i bytes as %s', (bytes, text) => {
    expect(byteSize(bytes)).toBe(text);
  });

  it('writes durations with a tenth', () => {
    expect([seconds(40), seconds(3_250), seconds(-1)]).toEqual(['0.0s', '3.3s', '0.0s']);
  });
});

describe('printable text', () => {
  it.each([
    ['plain\ttext é漢🎉', 'plain\ttext é漢🎉'],
    ['\u001b[1;31mred\u001b[0m', 'red'],
    ['a\u001b]8;;http://x\u001b\\link\u001b]8;;\u0007b', 'alinkb'],
    ['\u001bP1$r\u001b\\x\u001b7y\u001b(0z', 'xyz'],
    ['\u009b31mx\u009d0;t\u009cy', 'xy'],
    ['\u001b]0;never ends', ''],
    ['\u001b[31', ''],
    ['\u001b', ''],
    ['a\u202eb\u2066c\ufeff', 'abc'],
    ['a\u0000\u0007\u0008\u007fb\r', 'ab'],
  ])('%j', (text, expected) => {
    expect(printableLine(text)).toBe(expected);
  });

  it('never lets a control character through, and is stable', () => {
    const hostile = fc
      .array(
        fc.constantFrom(
          '\u001b',
          '[',
          ']',
          '?',
          '0',
          ';',
          'm',
          '\u0007',
          '\\',
          '\u009b',
          '\u009d',
          'P',
          'x',
          '\n',
          '\r',
          '\u202e',
        ),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(hostile, (text) => {
        const clean = printableText(text);
        expect(clean).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
        expect(printableText(clean)).toBe(clean);
      }),
    );
  });
});

describe('createLineSplitter', () => {
  it('gives the same lines however the text is cut', () => {
    const text = 'one\r\ntwo\n10%\r50%\r100%\nthree\r\n\nred \u001b[31mx\u001b[0m\nlast';
    const expected = ['one', 'two', '100%', 'three', '', 'red x', 'last'];
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const splitter = createLineSplitter();
        const lines: string[] = [];
        let at = 0;
        for (const cut of [...cuts.toSorted((a, b) => a - b), text.length]) {
          lines.push(...splitter.push(text.slice(at, cut)));
          at = cut;
        }
        expect([...lines, ...splitter.end()]).toEqual(expected);
      }),
    );
  });

  it('drops what a progress bar overwrites, however long it goes on', () => {
    const splitter = createLineSplitter();
    for (let percent = 0; percent <= 100; percent++) expect(splitter.push(`${'#'.repeat(1_000)} ${percent}%\r`)).toEqual([]);
    expect(splitter.push('\n')).toEqual([`${'#'.repeat(1_000)} 100%`]);
  });

  it('cuts a line that is too long', () => {
    const lines = createLineSplitter().push(`${'x'.repeat(2 * LINE_MAX_CHARACTERS + 1)}\n`);
    expect(lines.map((line) => line.length)).toEqual([LINE_MAX_CHARACTERS, LINE_MAX_CHARACTERS, 1]);
  });
});

describe('sourceExcerpt', () => {
  const text = 'a\nb\nc\nd\ne\nf\n';

  it.each([
    [{ start: 3, end: 3 }, ['   1 |     a', '   2 |     b', '   3 | >>> c', '   4 |     d', '   5 |     e']],
    [{ start: 3, end: 4 }, ['   2 |     b', '   3 | >>> c', '   4 | >>> d', '   5 |     e']],
    [{ start: 1, end: 1 }, ['   1 | >>> a', '   2 |     b', '   3 |     c']],
    [{ start: 6, end: 6 }, ['   4 |     d', '   5 |     e', '   6 | >>> f', '   7 |     ']],
    [{ start: 5, end: 9 }, ['   4 |     d', '   5 | >>> e', '   6 | >>> f', '   7 | >>> ']],
  ])('shows the lines around %j', (range, lines) => {
    const rule = '-'.repeat(20);
    expect(sourceExcerpt('D', text, range)).toEqual([`D:${range.start}`, rule, ...lines, rule]);
  });

  it('shows nothing for lines that are not there', () => {
    expect(sourceExcerpt('D', text, { start: 8, end: 8 })).toEqual([]);
    expect(sourceExcerpt('D', text, { start: 0, end: 0 })).toEqual([]);
  });
});

describe('createTextSink', () => {
  it('writes in batches and at once when asked', () => {
    const stream = new PassThrough();
    const write = vi.spyOn(stream, 'write');
    const sink = createTextSink(stream);
    for (let index = 0; index < 100; index++) sink.lines([`line ${index}`]);
    expect(write).not.toHaveBeenCalled();
    sink.flush();
    expect(write).toHaveBeenCalledTimes(1);
    expect(stream.read().toString().split('\n')).toHaveLength(101);
  });

  it('does not hold more than a bound', () => {
    const stream = new PassThrough({ highWaterMark: 1 << 24 });
    const write = vi.spyOn(stream, 'write');
    const sink = createTextSink(stream);
    sink.lines(['x'.repeat(100_000)]);
    expect(write).toHaveBeenCalledTimes(1);
  });

  it('ends quietly when the reader has gone', async () => {
    const stream = new PassThrough();
    const onClosed = vi.fn();
    const sink = createTextSink(stream, onClosed);
    stream.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    await eventually(() => expect(onClosed).toHaveBeenCalledTimes(1));
    expect(sink.isClosed).toBe(true);
    sink.lines(['more']);
    sink.flush();
  });
});
