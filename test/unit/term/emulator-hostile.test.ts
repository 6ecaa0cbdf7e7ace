import { afterEach, describe, expect, it } from 'vitest';
import type { CellSink, Emulator } from '../../../src/term/emulator.js';
import { createEmulator } from '../../../src/term/emulator.js';

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
function collectReplies(emulator: Emulator): () => string {
  let text = '';
  emulator.onReply((data) => {
    text += Buffer.from(data).toString();
  });
  return () => text;
}
afterEach(() => {
  for (const emulator of opened.splice(0)) emulator.dispose();
});

describe('answers', () => {
  it('to DA, DSR and CPR', async () => {
    const emulator = open();
    const replies = collectReplies(emulator);
    await write(emulator, 'abc\x1b[c\x1b[5n\x1b[6n\x1b[18t');
    expect(replies()).toMatch(/^\x1b\[\?[\d;]+c\x1b\[0n\x1b\[1;4R\x1b\[8;5;20t$/);
  });

  it('to colour queries come from the palette', async () => {
    const emulator = open({ palette: { foreground: '#123456', background: '#fafafa', cursor: '#00ff00', ansi: ['#010203'] } });
    const replies = collectReplies(emulator);
    await write(emulator, '\x1b]10;?\x07\x1b]11;?;?\x1b\\\x1b]4;0;?;196;?;1;red\x07');
    expect(replies().split('\x1b\\')).toEqual([
      '\x1b]10;rgb:1212/3434/5656',
      '\x1b]11;rgb:fafa/fafa/fafa',
      '\x1b]12;rgb:0000/ffff/0000',
      '\x1b]4;0;rgb:0101/0202/0303',
      '\x1b]4;196;rgb:ffff/0000/0000',
      '',
    ]);
  });

  it('are never given to a clipboard read', async () => {
    const emulator = open();
    const replies = collectReplies(emulator);
    const texts: string[] = [];
    emulator.onClipboard((text) => texts.push(text));
    await write(emulator, '\x1b]52;c;?\x07');
    await write(emulator, `\x1b]52;c;${Buffer.from('päste').toString('base64')}\x07`);
    await write(emulator, '\x1b]52;c;not base64!\x07');
    await write(emulator, `\x1b]52;c;${'A'.repeat(400_000)}\x07`);
    expect(replies()).toBe('');
    expect(texts).toEqual(['päste']);
  });
});

describe('titles', () => {
  it('are cleaned, capped and reported once', async () => {
    const emulator = open();
    const titles: string[] = [];
    emulator.onTitle((title) => titles.push(title));
    await write(emulator, '\x1b]0;vi \u202efoo\u0085bar\x07\x1b]2;vi foo bar\x07');
    await write(emulator, `\x1b]2;${'x'.repeat(5000)}\x1b\\`);
    expect(titles).toEqual(['vi foo bar', 'x'.repeat(256)]);
    expect(emulator.title).toHaveLength(256);
  });

  it('leave no trace of links and notifications in the grid', async () => {
    const emulator = open();
    await write(emulator, '\x1b]8;;http://example.com\x07link\x1b]8;;\x07\x1b]777;notify;a;b\x07\x1b]9;hi\x07!');
    expect(rowText(emulator, 0)).toBe('link!');
  });
});

describe('hostile output', () => {
  it('survives random bytes and sequences', async () => {
    let seed = 42;
    const random = () => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed / 0x7fffffff;
    };
    const emulator = open();
    const pieces = [
      '\x1b[',
      '\x1b]',
      '\x1bP',
      '\x1b',
      ';',
      '?',
      '9'.repeat(12),
      'H',
      'r',
      'L',
      'M',
      'P',
      '@',
      'b',
      'h',
      'l',
      '\x1b\\',
      '\x07',
      '日',
      '🚀',
    ];
    for (let round = 0; round < 300; round++) {
      let text = '';
      for (let i = 0; i < 60; i++) text += pieces[Math.floor(random() * pieces.length)]!;
      await write(emulator, text);
      await write(
        emulator,
        Uint8Array.from({ length: 80 }, () => Math.floor(random() * 256)),
      );
      if (round % 50 === 0) emulator.resize(2 + Math.floor(random() * 60), 1 + Math.floor(random() * 20));
    }
    await write(emulator, '\x18\x1b\\\x1bcsane');
    expect(rowText(emulator, 0)).toBe('sane');
  });

  it.each(['L', 'M', 'S', 'T', 'b', 'I', 'Z', 'P', '@', 'X', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'd'])(
    'takes a huge count of %s like one of the size of the screen',
    async (final) => {
      const prepare = '\x1b[2J\x1b[H1\tx\r\n2\r\n3\tabc\r\n4\r\n5\x1b[3;12H';
      const [huge, bounded] = [open({ scrollbackRows: 3 }), open({ scrollbackRows: 3 })];
      await write(huge, `${prepare}ab\x1b[2147483647${final}!`);
      await write(bounded, `${prepare}ab\x1b[100${final}!`);
      for (let row = 0; row < 5; row++) {
        expect(rowText(huge, huge.viewport.top + row)).toBe(rowText(bounded, bounded.viewport.top + row));
      }
    },
  );

  it('takes more than the library holds, in order and without losing any', async () => {
    const emulator = open({ scrollbackRows: 5 });
    const chunk = new Uint8Array(20 << 20).fill(0x2e);
    const order: number[] = [];
    await Promise.all([0, 1, 2].map((index) => write(emulator, chunk).then(() => order.push(index))));
    await write(emulator, '\r\nend');
    expect(order).toEqual([0, 1, 2]);
    expect(emulator.pendingBytes).toBe(0);
    expect(rowText(emulator, emulator.viewport.firstRow + emulator.viewport.length - 1)).toBe('end');
  });

  it('ignores writes after it was disposed, and never calls back', async () => {
    const emulator = open();
    let isCalled = false;
    emulator.write('x'.repeat(100_000));
    emulator.write('late', () => {
      isCalled = true;
    });
    emulator.dispose();
    emulator.write('after the end');
    emulator.resize(30, 10);
    await new Promise((done) => setTimeout(done, 20));
    expect(isCalled).toBe(false);
  });
});
