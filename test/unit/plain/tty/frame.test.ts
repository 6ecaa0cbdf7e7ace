import { describe, expect, it } from 'vitest';
import { readLineColors } from '../../../../src/plain/tty/colors.js';
import { frameOf, rowsTaken } from '../../../../src/plain/tty/frame.js';
import { createPainter } from '../../../../src/plain/tty/painter.js';
import { Trace } from '../../../../src/plain/tty/trace.js';
import { textWidth } from '../../../../src/platform/text-width.js';

const SIZE = { cols: 60, rows: 24, place: 'Docker Engine', isFinal: false, logRows: 6 };

function vertex(
  trace: Trace,
  digest: string,
  name: string,
  startedAtMs: number | null,
  completedAtMs: number | null,
  error = '',
) {
  const type = 'vertex.updated';
  trace.take(
    {
      type,
      digest,
      name,
      inputs: [],
      isCached: error === 'cached',
      startedAtMs,
      completedAtMs,
      error: error === 'cached' ? '' : error,
    },
    0,
  );
}
const texts = (trace: Trace, more: Partial<Parameters<typeof frameOf>[0]> = {}) =>
  frameOf({ ...SIZE, trace, nowMs: 2_340, ...more }).map(({ text }) => text);

describe('a frame of compact progress', () => {
  it('has a head line and a line for all that has begun, with its time', () => {
    const trace = new Trace(0);
    vertex(trace, 'a', '[1/3] FROM x', 0, 100, 'cached');
    vertex(trace, 'b', '[2/3] RUN make', 1_000, null);
    vertex(trace, 'c', '[3/3] COPY a b', null, null);
    const counter = { type: 'vertex.progressed', digest: 'b', id: 'layer', name: '' } as const;
    trace.take({ ...counter, current: 1_500_000, total: 3_000_000, startedAtMs: 1_000, completedAtMs: null }, 0);
    expect(texts(trace)).toEqual([
      '[+] Building 2.3s (1/3)                       Docker Engine',
      ' => CACHED [1/3] FROM x                                0.1s',
      ' => [2/3] RUN make                                     1.3s',
      ' => => layer 1.50MB / 3.00MB                           1.3s',
    ]);
  });

  it('is finished when everything is over, and marks what went wrong', () => {
    const trace = new Trace(0);
    vertex(trace, 'a', 'one', 0, 10);
    vertex(trace, 'b', 'two', 0, 500, 'exit code: 1');
    vertex(trace, 'c', 'three', 0, 500, 'failed: context canceled');
    trace.take({ type: 'warning.reported', digest: 'a', message: 'Rule: text', detail: [], url: null, lines: null }, 0);
    const lines = frameOf({ ...SIZE, trace, nowMs: 600, isFinal: true });
    expect(lines[0]?.text).toMatch(/^\[\+\] Building 0\.6s \(3\/3\) FINISHED +Docker Engine$/);
    expect(lines.slice(1).map(({ text, style }) => [text.trimEnd().replace(/ +/g, ' '), style])).toEqual([
      [' => one 0.0s', 'run'],
      [' => WARN: Rule: text 0.0s', 'warning'],
      [' => ERROR two 0.5s', 'error'],
      [' => CANCELED three 0.5s', 'cancel'],
    ]);
  });

  it('shows the end of the log below a step that runs, also of a line that is not at its end', () => {
    const trace = new Trace(0);
    vertex(trace, 'a', 'RUN make', 0, null);
    for (let i = 0; i < 20; i++) trace.take({ type: 'log.appended', digest: 'a', stream: 'stdout', text: `line ${i}\n` }, 0);
    trace.take({ type: 'log.appended', digest: 'a', stream: 'stdout', text: '50%\r60%' }, 0);
    const lines = frameOf({ ...SIZE, trace, nowMs: 0 });
    expect(lines.filter(({ style }) => style === 'log').map(({ text }) => text)).toEqual(
      ['line 15', 'line 16', 'line 17', 'line 18', 'line 19', '60%'].map((line) => ` => => # ${line}`),
    );
    expect(texts(trace, { rows: 10 }).join()).not.toContain('line 19');
    vertex(trace, 'a', 'RUN make', 0, 10);
    expect(texts(trace).join()).not.toContain('line 19');
  });

  it('keeps what runs when there is no room for all', () => {
    const trace = new Trace(0);
    vertex(trace, 'r', 'still running', 0, null);
    for (let i = 0; i < 30; i++) vertex(trace, `d${i}`, `done ${i}`, 0, 10);
    const lines = texts(trace, { rows: 8 });
    expect(lines).toHaveLength(7);
    expect(lines[1]).toContain('still running');
    expect(lines.at(-1)).toContain('done 29');
    expect(texts(trace, { rows: 8, isFinal: true })).toHaveLength(32);
  });

  it('never is wider than the terminal', () => {
    const trace = new Trace(0);
    vertex(trace, 'a', `RUN echo ${'構築'.repeat(60)}`, 0, null);
    for (const cols of [20, 40, 61, 120]) {
      for (const line of frameOf({ ...SIZE, trace, nowMs: 0, cols })) expect(textWidth(line.text)).toBeLessThan(cols);
    }
    expect(
      rowsTaken(
        [
          { text: 'x'.repeat(61), style: null },
          { text: '', style: null },
        ],
        60,
      ),
    ).toBe(3);
  });
});

describe('a painter', () => {
  it('draws over its own lines only, also when the terminal has become narrower', () => {
    let written = '';
    let cols = 20;
    const output = {
      write: (text: string) => {
        written = text;
      },
      get size() {
        return { cols, rows: 10 };
      },
    };
    const painter = createPainter(output, readLineColors({}).colors);
    painter.paint([
      { text: '0123456789', style: null },
      { text: 'b', style: 'run' },
    ]);
    expect(written).toBe('\x1b[?25l\r0123456789\x1b[K\n\x1b[34mb\x1b[0m\x1b[K\n\x1b[J\x1b[?25h');
    painter.paint([{ text: 'c', style: null }]);
    expect(written.startsWith('\x1b[?25l\r\x1b[2Ac')).toBe(true);
    painter.paint([{ text: '0123456789', style: null }]);
    cols = 4;
    painter.clear();
    expect(written).toBe('\r\x1b[3A\x1b[J');
  });
});

describe('colours', () => {
  it.each([
    [{}, { run: '34', error: '31' }],
    [{ BUILDKIT_COLORS: 'run=light-green:error=0,0,255' }, { run: '92', error: '38;5;21', cancel: '33' }],
    [
      { BUILDKIT_COLORS: 'run=green', NO_COLOR: '1' },
      { run: '', error: '' },
    ],
  ])('of %j', (env, expected) => {
    expect(readLineColors(env)).toMatchObject({ colors: expected, warnings: [] });
  });

  it('are warned of when they make no sense', () => {
    const { colors, warnings } = readLineColors({ BUILDKIT_COLORS: 'run=mauve:walk=red:error=1,2:cancel=300,0,0' });
    expect(colors).toEqual(readLineColors({}).colors);
    expect(warnings).toHaveLength(4);
  });
});
