import { afterEach, describe, expect, it } from 'vitest';
import type { LogView, LogViewOptions } from '../../../src/term/log-view.js';
import { createLogView } from '../../../src/term/log-view.js';
import type { CellSink } from '../../../src/term/types.js';

const opened: LogView[] = [];
function open(options: Partial<LogViewOptions> = {}): LogView {
  const view = createLogView({ cols: 40, rows: 5, scrollbackRows: 1000, ...options });
  opened.push(view);
  return view;
}
const write = (view: LogView, data: string) => new Promise<void>((done) => view.write(data, done));
function lines(view: LogView): string[] {
  const { firstRow, length } = view.viewport;
  return length === 0 ? [] : view.text(firstRow, 0, firstRow + length - 1, view.cols).split('\n');
}
function firstLine(view: LogView): string {
  const cells: CellSink = [];
  view.readRow(view.viewport.firstRow, cells);
  return cells
    .map(({ chars }) => chars)
    .join('')
    .trimEnd();
}
afterEach(() => {
  for (const view of opened.splice(0)) view.dispose();
});

describe('a log', () => {
  it('ends with its last line, whatever the height of the pane', async () => {
    const view = open();
    expect(view.viewport).toMatchObject({ length: 0, isAtBottom: true });
    await write(view, 'one\ntwo\n');
    expect(lines(view)).toEqual(['one', 'two']);
    expect(view.viewport).toMatchObject({ top: 0, isAtBottom: true, rowsBelow: 0 });
    await write(view, 'three');
    expect(view.viewport.length).toBe(3);
    expect(view.readRow(3, [])).toBe(false);
  });

  it('follows its end until scrolled away', async () => {
    const view = open();
    await write(view, Array.from({ length: 100 }, (_, i) => `line ${i}\n`).join(''));
    expect(view.viewport.top).toBe(95);
    view.viewport.scrollLines(-10);
    await write(view, 'more\nmore\n');
    expect(view.viewport).toMatchObject({ top: 85, isAtBottom: false, rowsBelow: 12 });
    view.viewport.scrollLines(100);
    expect(view.viewport).toMatchObject({ top: 97, isAtBottom: true });
    view.viewport.scrollToTop();
    expect(view.viewport.top).toBe(0);
    view.resize(40, 10);
    view.viewport.scrollToBottom();
    expect(view.viewport.top).toBe(92);
    expect(view.rows).toBe(10);
  });

  it('shows progress bars as a terminal does', async () => {
    const view = open();
    await write(view, 'start\n');
    for (let i = 0; i <= 100; i += 10) await write(view, `\r[${'#'.repeat(i / 10).padEnd(10)}] ${i}%`);
    await write(view, '\ndone\n');
    expect(lines(view)).toEqual(['start', '[##########] 100%', 'done']);
  });

  it('lets the cursor move up further than the pane is high', async () => {
    const view = open({ rows: 3 });
    const bars = (n: number) => Array.from({ length: 20 }, (_, i) => `bar ${i}: ${n}\x1b[K\n`).join('');
    await write(view, bars(1));
    for (let n = 2; n < 6; n++) await write(view, `\x1b[20A${bars(n)}`);
    expect(lines(view)).toEqual(Array.from({ length: 20 }, (_, i) => `bar ${i}: 5`));
  });

  it('marks what was left out, and neutralises a sequence that was cut there', async () => {
    const view = open({
      log: { head: 'first\n\x1b[31mred \x1b]0;never closed', tail: '1mrest of a line\nlast\n', omittedBytes: 12_300_000 },
    });
    await write(view, '');
    expect(lines(view)).toEqual(['first', 'red', ' 12.3 MB of output left out here', 'last']);
    const cells: CellSink = [];
    view.readRow(2, cells);
    expect(cells[1]!.inverse).toBe(true);
    view.readRow(3, cells);
    expect(cells[0]).toMatchObject({ chars: 'l', fg: -1, inverse: false });
  });

  it('marks its first row once it has let go of what came before, and says that it is not all', async () => {
    const view = open({ rows: 5, scrollbackRows: 100 });
    await write(view, 'line 0\n');
    expect([view.isPartial, firstLine(view)]).toEqual([false, 'line 0']);
    await write(view, Array.from({ length: 300 }, (_, i) => `line ${i + 1}\n`).join(''));
    expect([view.isPartial, firstLine(view)]).toEqual([true, ' earlier output left out here']);
    const { firstRow, length } = view.viewport;
    const cells: CellSink = [];
    view.readRow(firstRow, cells);
    expect([cells[0]!.inverse, cells[39]!.inverse]).toEqual([true, false]);
    // No hit is where the mark hides it.
    expect(view.search('line').length).toBe(length - 1);
    view.viewport.scrollToTop();
    expect(view.viewport.top).toBe(firstRow);
    expect(open({ log: { head: 'a\n', tail: 'b\n', omittedBytes: 5 } }).isPartial).toBe(true);
    expect(open({ log: { head: 'a\n', tail: 'b\n', omittedBytes: 0 } }).isPartial).toBe(false);
  });

  it('makes the clip mark of the engine visible', async () => {
    const view = open();
    await write(view, 'x\n[output clipped, log ');
    await write(view, 'limit 2MiB reached]\n[other]');
    const cells: CellSink = [];
    view.readRow(1, cells);
    expect(cells[0]!.inverse).toBe(true);
    view.readRow(2, cells);
    expect(cells[0]!.inverse).toBe(false);
  });

  it.each([
    ['erase the screen', '\x1b[2J'],
    ['home and erase', '\x1b[H\x1b[J'],
    ['clear with scrollback', '\x1b[H\x1b[2J\x1b[3J'],
    ['full reset', '\x1bc'],
    ['alternate screen', '\x1b[?1049h\x1b[2J\x1b[H'],
    ['a mix of modes', '\x1b[?25;1049h'],
    ['margins', '\x1b[1;2r'],
    ['line drawing', '\x1b(0\x0e'],
  ])('keeps everything on: %s', async (_, sequence) => {
    const view = open();
    await write(view, `one\ntwo\nthree${sequence}\nfour lqk\n`);
    const text = lines(view).join('\n');
    for (const word of ['one', 'two', 'three', 'four lqk']) expect(text).toContain(word);
  });

  it('asks for nothing', async () => {
    const view = open();
    await write(view, '\x1b[?1000h\x1b[?1006h\x1b[?1004h\x1b[?2004h\x1b[?1h');
    expect(view.modes).toMatchObject({
      mouseTracking: 'none',
      sendFocus: false,
      bracketedPaste: false,
      applicationCursorKeys: false,
      alternateScreen: false,
      cursorVisible: false,
    });
  });

  it('is searched like any grid', async () => {
    const view = open();
    await write(view, 'an error here\nfine\nError again\n');
    expect(view.search('error').map((match) => match.start)).toEqual([
      { row: 0, col: 3 },
      { row: 2, col: 0 },
    ]);
  });
});
