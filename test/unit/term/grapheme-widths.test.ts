import { describe, expect, it } from 'vitest';
import { type CellSink, createEmulator } from '../../../src/term/emulator.js';
import { needsGraphemeWidths } from '../../../src/term/grapheme-widths.js';

const SIZE = { cols: 24, rows: 6, scrollbackRows: 10 };
const PLAIN = [...'ab 1~\u00a0éßøʼ·«–…“•─│└█▌✓✗✘'];
const OTHERS = [
  '日',
  '\u0301',
  '\u200d',
  '\ufe0f',
  '👩',
  '👨‍👩‍👧',
  '🇦',
  '🇺',
  '©',
  '✔',
  '1\u20e3',
  '\u1100',
  '\u1161',
  '\u093f',
  '\u0e33',
  '☕',
];

async function gridOf(...parts: readonly string[]): Promise<string> {
  const emulator = createEmulator(SIZE);
  for (const part of parts) await new Promise<void>((done) => emulator.write(Buffer.from(part), done));
  const cells: CellSink = [];
  const rows = Array.from({ length: SIZE.rows }, (_, row) => {
    emulator.readRow(row, cells);
    return cells.map(({ chars, width }) => `${chars}${width}`).join(' ');
  });
  emulator.dispose();
  return rows.join('\n');
}

describe('a terminal takes the long tables only for what needs them', () => {
  it('knows by the text', () => {
    expect(needsGraphemeWidths('')).toBe(false);
    expect(needsGraphemeWidths('step 9 · RUN make…\r\n\x1b[1m─┐✓\x1b[0m')).toBe(false);
    expect(needsGraphemeWidths(Buffer.from('\x1b[2Jls -la\r\ntotal 3 é'))).toBe(false);
    for (const other of OTHERS) {
      expect(needsGraphemeWidths(`a${other}`)).toBe(true);
      expect(needsGraphemeWidths(Buffer.from(`a${other}`))).toBe(true);
    }
    // Half of a character may be half of anything.
    expect(needsGraphemeWidths(Buffer.from('日').subarray(0, 1))).toBe(true);
    expect(needsGraphemeWidths(Buffer.from([0xff]))).toBe(true);
  });

  it('shows the same, whatever has come before', async () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 48271) % 0x7fffffff;
      return seed % below;
    };
    const some = (from: readonly string[], count: number) =>
      Array.from({ length: count }, () => from[random(from.length)]!).join('');
    for (let round = 0; round < 300; round++) {
      const plain = some(PLAIN, 1 + random(40));
      const rest = some([...OTHERS, ...PLAIN], 1 + random(12));
      expect(needsGraphemeWidths(plain)).toBe(false);
      // The first character that needs them has an emulator take them from the beginning.
      expect(await gridOf(plain, rest), JSON.stringify([plain, rest])).toBe(await gridOf(`\x1b]2;日\x07${plain}`, rest));
    }
  });
});
