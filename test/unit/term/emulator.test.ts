import { afterEach, describe, expect, it } from 'vitest';
import type { CellSink, Emulator, RowMemory } from '../../../src/term/emulator.js';
import { createEmulator, DEFAULT_COLOR, isRgbColor, RGB_COLOR } from '../../../src/term/emulator.js';

const opened: Emulator[] = [];
function open(options: Partial<Parameters<typeof createEmulator>[0]> = {}): Emulator {
  const emulator = createEmulator({ cols: 20, rows: 5, scrollbackRows: 100, ...options });
  opened.push(emulator);
  return emulator;
}
const write = (emulator: Emulator, data: string | Uint8Array) => new Promise<void>((done) => emulator.write(data, done));
function rowText(emulator: Emulator, row: number): string {
  const cells: CellSink = [];
  emulator.readRow(row, cells);
  return cells
    .map((cell) => cell.chars)
    .join('')
    .trimEnd();
}
afterEach(() => {
  for (const emulator of opened.splice(0)) emulator.dispose();
});

describe('cells', () => {
  it('gives colours and attributes, and reuses the cell objects', async () => {
    const emulator = open();
    await write(emulator, 'a\x1b[1;2;3;4;7;9;31;48;5;200mb\x1b[0;38;2;255;136;0mc\x1b[0;8md');
    const cells: CellSink = [];
    expect(emulator.readRow(0, cells)).toBe(true);
    expect(cells).toHaveLength(20);
    expect(cells[0]).toMatchObject({ chars: 'a', width: 1, fg: DEFAULT_COLOR, bg: DEFAULT_COLOR, bold: false, inverse: false });
    expect(cells[1]).toMatchObject({
      chars: 'b',
      fg: 1,
      bg: 200,
      bold: true,
      dim: true,
      italic: true,
      underline: true,
      inverse: true,
      strike: true,
    });
    expect(cells[2]).toMatchObject({ chars: 'c', fg: RGB_COLOR | 0xff8800, bold: false });
    expect(isRgbColor(cells[2]!.fg)).toBe(true);
    expect(isRgbColor(cells[1]!.bg)).toBe(false);
    expect(cells[3]).toMatchObject({ chars: 'd', invisible: true });
    const first = cells[1];
    emulator.readRow(1, cells);
    expect(cells[1]).toBe(first);
    expect(cells[1]).toMatchObject({ chars: ' ', fg: DEFAULT_COLOR, bold: false, strike: false });
  });

  it('keeps wide characters, emoji sequences and combining marks in their cells', async () => {
    const emulator = open();
    await write(emulator, '日e\u0301👨‍👩‍👧x');
    const cells: CellSink = [];
    emulator.readRow(0, cells);
    expect(cells.slice(0, 6).map((cell) => [cell.chars, cell.width])).toEqual([
      ['日', 2],
      ['', 0],
      ['e\u0301', 1],
      ['👨‍👩‍👧', 2],
      ['', 0],
      ['x', 1],
    ]);
  });

  it('bounds what is joined into one cell', async () => {
    const emulator = open();
    await write(emulator, `a${'\u0301'.repeat(5000)}`);
    const cells: CellSink = [];
    for (let row = emulator.viewport.firstRow; row < emulator.viewport.firstRow + emulator.viewport.length; row++) {
      emulator.readRow(row, cells);
      for (const cell of cells) expect(cell.chars.length).toBeLessThanOrEqual(64);
    }
    expect(emulator.viewport.length).toBeGreaterThan(5);
  });

  it('never hands out characters that change what stands beside them', async () => {
    const emulator = open();
    await write(emulator, 'a\u202eb\u2066c\u200bd\u00ade');
    const cells: CellSink = [];
    emulator.readRow(0, cells);
    expect(cells.map((cell) => cell.chars).join('')).not.toMatch(/[\u202e\u2066\u200b\u00ad]/);
  });

  it('has the echo of a key at once, and parses nothing before what was written earlier', async () => {
    const emulator = open();
    emulator.write('k');
    expect(rowText(emulator, 0)).toBe('k');
    emulator.write('x'.repeat(100_000));
    const done = write(emulator, '\r\nlast');
    expect(rowText(emulator, 0)).toBe('k');
    await done;
    expect(rowText(emulator, emulator.viewport.firstRow + emulator.viewport.length - 1)).toBe('last');
  });

  it('answers false for rows that do not exist, with blank cells', () => {
    const emulator = open();
    const cells: CellSink = [];
    expect(emulator.readRow(5, cells)).toBe(false);
    expect(emulator.readRow(-1, cells)).toBe(false);
    expect(cells.every((cell) => cell.chars === ' ')).toBe(true);
  });

  it('decodes UTF-8 that is split anywhere', async () => {
    const emulator = open();
    const bytes = Buffer.from('é日🚀');
    for (const byte of bytes) await write(emulator, Uint8Array.of(byte));
    expect(rowText(emulator, 0)).toBe('é日🚀');
  });
});

describe('row numbers', () => {
  it('stay with their line when older lines fall out of the scrollback', async () => {
    const emulator = open({ scrollbackRows: 10 });
    for (let i = 0; i < 14; i++) await write(emulator, `line ${i}\r\n`);
    expect(emulator.viewport.firstRow).toBe(0);
    expect(rowText(emulator, 9)).toBe('line 9');
    for (let i = 14; i < 100; i++) await write(emulator, `line ${i}\r\n`);
    const { firstRow, length } = emulator.viewport;
    expect(length).toBe(15);
    expect(firstRow).toBe(86);
    expect(rowText(emulator, firstRow)).toBe('line 86');
    expect(rowText(emulator, 99)).toBe('line 99');
    expect(emulator.readRow(85, [])).toBe(false);
    const [match] = emulator.search('line 90');
    expect(match).toEqual({ start: { row: 90, col: 0 }, end: { row: 90, col: 7 } });
  });

  it('go on after the scrollback is cleared, and start again after a reset', async () => {
    const emulator = open();
    for (let i = 0; i < 20; i++) await write(emulator, `line ${i}\r\n`);
    await write(emulator, '\x1b[3J');
    expect(rowText(emulator, 19)).toBe('line 19');
    const version = emulator.layoutVersion;
    await write(emulator, '\x1bcfresh');
    expect(emulator.layoutVersion).toBeGreaterThan(version);
    expect(emulator.viewport.firstRow).toBe(0);
    expect(rowText(emulator, 0)).toBe('fresh');
    for (let i = 0; i < 200; i++) await write(emulator, `\r\nagain ${i}`);
    expect(rowText(emulator, 200)).toBe('again 199');
  });

  it('of the alternate screen start at 0, and the normal ones come back', async () => {
    const emulator = open({ scrollbackRows: 10 });
    for (let i = 0; i < 50; i++) await write(emulator, `line ${i}\r\n`);
    const version = emulator.layoutVersion;
    await write(emulator, '\x1b[?1049h\x1b[Hfull screen');
    expect(emulator.modes.alternateScreen).toBe(true);
    expect(emulator.layoutVersion).toBeGreaterThan(version);
    expect(emulator.viewport).toMatchObject({ firstRow: 0, length: 5, isAtBottom: true });
    expect(rowText(emulator, 0)).toBe('full screen');
    await write(emulator, '\x1b[?1049l');
    expect(rowText(emulator, 49)).toBe('line 49');
  });
});

describe('viewport', () => {
  it('follows at the bottom, stays on its lines when scrolled away, and counts what came since', async () => {
    const emulator = open();
    for (let i = 0; i < 30; i++) await write(emulator, `line ${i}\r\n`);
    expect(emulator.viewport.isAtBottom).toBe(true);
    emulator.viewport.scrollLines(-10);
    const top = emulator.viewport.top;
    expect(rowText(emulator, top)).toBe('line 16');
    expect(emulator.cursor.y).toBe(14);
    for (let i = 0; i < 200; i++) {
      await write(emulator, `more ${i}\r\n`);
      if (i === 3) {
        expect(emulator.viewport.top).toBe(top);
        expect(emulator.viewport.rowsBelow).toBe(14);
      }
    }
    expect(emulator.viewport.top).toBe(emulator.viewport.firstRow);
    emulator.viewport.scrollToBottom();
    expect(emulator.viewport).toMatchObject({ isAtBottom: true, rowsBelow: 0 });
    emulator.viewport.scrollToRow(emulator.viewport.firstRow + 3);
    expect(emulator.viewport.top).toBe(emulator.viewport.firstRow + 3);
    emulator.viewport.scrollToTop();
    expect(emulator.viewport.top).toBe(emulator.viewport.firstRow);
  });

  it('reports a change once per turn', async () => {
    const emulator = open();
    await write(emulator, 'x\r\n'.repeat(50));
    await new Promise((done) => setTimeout(done, 5));
    let calls = 0;
    emulator.onDirty(() => calls++);
    emulator.viewport.scrollLines(-1);
    emulator.viewport.scrollLines(-1);
    await Promise.resolve();
    expect(calls).toBe(1);
    emulator.viewport.scrollToTop();
    emulator.viewport.scrollToTop();
    await Promise.resolve();
    expect(calls).toBe(2);
    emulator.viewport.scrollToTop();
    await Promise.resolve();
    expect(calls).toBe(2);
  });
});

describe('modes', () => {
  it('are what the program asked for, and back to the start after a reset', async () => {
    const emulator = open();
    expect(emulator.modes).toMatchObject({
      mouseTracking: 'none',
      mouseEncoding: 'default',
      cursorVisible: true,
      alternateScroll: true,
    });
    await write(emulator, '\x1b[?1h\x1b=\x1b[?2004h\x1b[?1002;1006h\x1b[?1004h\x1b[?25l\x1b[5 q\x1b[?1007l');
    expect(emulator.modes).toMatchObject({
      applicationCursorKeys: true,
      applicationKeypad: true,
      bracketedPaste: true,
      mouseTracking: 'drag',
      mouseEncoding: 'sgr',
      sendFocus: true,
      cursorVisible: false,
      cursorShape: 'bar',
      cursorBlink: true,
      alternateScroll: false,
    });
    await write(emulator, '\x1bc');
    expect(emulator.modes).toMatchObject({
      applicationCursorKeys: false,
      bracketedPaste: false,
      mouseTracking: 'none',
      mouseEncoding: 'default',
      sendFocus: false,
      cursorVisible: true,
      cursorShape: 'block',
      alternateScroll: true,
    });
  });

  it.each([
    ['\x1b[?9h', 'x10', 'default'],
    ['\x1b[?1000h\x1b[?1005h', 'vt200', 'utf8'],
    ['\x1b[?1003h\x1b[?1015h', 'any', 'urxvt'],
    ['\x1b[?1003h\x1b[?1015h\x1b[?1006h', 'any', 'sgr'],
    ['\x1b[?1003h\x1b[?1016h', 'any', 'sgr-pixels'],
    ['\x1b[?1003h\x1b[?1006h\x1b[?1003l\x1b[?1006l', 'none', 'default'],
  ])('mouse %j: %s %s', async (sequence, mouseTracking, mouseEncoding) => {
    const emulator = open();
    await write(emulator, sequence);
    expect(emulator.modes).toMatchObject({ mouseTracking, mouseEncoding });
  });

  it('synchronized output ends by itself when the program forgets it', async () => {
    const emulator = open();
    await write(emulator, '\x1b[?2026h');
    expect(emulator.modes.synchronizedOutput).toBe(true);
    await new Promise<void>((done) => emulator.onDirty(() => emulator.modes.synchronizedOutput || done()));
    expect(emulator.modes.synchronizedOutput).toBe(false);
    await write(emulator, '\x1b[?2026h');
    expect(emulator.modes.synchronizedOutput).toBe(true);
    await write(emulator, '\x1b[?2026l');
    expect(emulator.modes.synchronizedOutput).toBe(false);
  });
});

describe('text and resize', () => {
  it('joins wrapped rows, drops trailing blanks, and cuts at both ends', async () => {
    const emulator = open();
    await write(emulator, `${'abcdefghij'.repeat(3)}\r\nsecond   \r\n\r\nlast`);
    expect(emulator.isWrapped(1)).toBe(true);
    expect(emulator.text(0, 0, 4, 20)).toBe(`${'abcdefghij'.repeat(3)}\nsecond\n\nlast`);
    expect(emulator.text(0, 18, 1, 2)).toBe('ijab');
    expect(emulator.text(2, 3, 2, 6)).toBe('ond');
  });

  it('has no blank where a wide character was moved to the next row', async () => {
    const emulator = open();
    await write(emulator, `${'x'.repeat(19)}日本`);
    expect(emulator.text(0, 0, 1, 20)).toBe(`${'x'.repeat(19)}日本`);
    expect(emulator.search('x日')).toEqual([{ start: { row: 0, col: 18 }, end: { row: 1, col: 2 } }]);
  });

  it('reflows lines, clamps sizes, and voids positions', async () => {
    const emulator = open();
    await write(emulator, 'abcdefghij'.repeat(3));
    const version = emulator.layoutVersion;
    await write(emulator, '\r\n');
    emulator.resize(10, 5);
    expect([emulator.cols, emulator.rows]).toEqual([10, 5]);
    expect(emulator.layoutVersion).toBeGreaterThan(version);
    expect(emulator.text(0, 0, 2, 10)).toBe('abcdefghij'.repeat(3));
    emulator.resize(0, 0);
    expect([emulator.cols, emulator.rows]).toEqual([2, 1]);
    emulator.resize(1e9, Number.NaN);
    expect([emulator.cols, emulator.rows]).toEqual([1000, 1]);
  });

  it('serializes into a stream that draws the same screen again', async () => {
    const emulator = open();
    await write(emulator, '\x1b[31mred\x1b[0m plain\r\n日本');
    const copy = open();
    await write(copy, await emulator.serialize());
    const cells: CellSink = [];
    copy.readRow(0, cells);
    expect(cells[0]).toMatchObject({ chars: 'r', fg: 1 });
    expect(rowText(copy, 1)).toBe('日本');
  });
});

describe('the memory of rows', () => {
  const changed = (emulator: Emulator, memory: RowMemory): number[] =>
    Array.from({ length: emulator.rows }, (_, y) => y).filter((y) => memory.hasChanged(y, emulator.viewport.top + y));

  it('knows the rows that read otherwise than before', async () => {
    const emulator = open();
    const memory = emulator.rowMemory();
    await write(emulator, 'one\r\ntwo\r\nthree');
    expect(changed(emulator, memory)).toEqual([0, 1, 2, 3, 4]);
    expect(changed(emulator, memory)).toEqual([]);
    await write(emulator, '!');
    expect(changed(emulator, memory)).toEqual([2]);
    await write(emulator, '\x1b[1;1H\x1b[31mone');
    expect(changed(emulator, memory)).toEqual([0]);
    await write(emulator, '\x1b[5;1H\n');
    expect(changed(emulator, memory)).toEqual([0, 1, 2]);
    memory.forget();
    expect(changed(emulator, memory)).toEqual([0, 1, 2, 3, 4]);
    emulator.resize(30, 4);
    expect(changed(emulator, memory)).toEqual([0, 1, 2, 3]);
  });

  it('takes a row for changed whose characters or looks stand elsewhere', async () => {
    const emulator = open();
    const memory = emulator.rowMemory();
    await write(emulator, 'e\u0301\r\n\x1b[4:3mwavy\x1b[0m\r\nplain');
    changed(emulator, memory);
    expect(changed(emulator, memory)).toEqual([0, 1]);
  });
});
