import { afterEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../../../src/term/emulator.js';

const opened: Emulator[] = [];
afterEach(() => {
  for (const emulator of opened.splice(0)) emulator.dispose();
});
async function filled(text: string, cols = 10): Promise<Emulator> {
  const emulator = createEmulator({ cols, rows: 5, scrollbackRows: 2000 });
  opened.push(emulator);
  await new Promise<void>((done) => emulator.write(text, done));
  return emulator;
}
const at = (startRow: number, startCol: number, endRow: number, endCol: number) => ({
  start: { row: startRow, col: startCol },
  end: { row: endRow, col: endCol },
});

describe('search', () => {
  it('finds text over wrapped rows, in cells', async () => {
    const emulator = await filled('abcdefghijklm\r\nklm');
    expect(emulator.search('ijkl')).toEqual([at(0, 8, 1, 2)]);
    expect(emulator.search('klm')).toEqual([at(1, 0, 1, 3), at(2, 0, 2, 3)]);
  });

  it('counts cells, not characters', async () => {
    const emulator = await filled('日本e\u0301x 👨‍👩‍👧!');
    expect(emulator.search('x')).toEqual([at(0, 5, 0, 6)]);
    expect(emulator.search('本')).toEqual([at(0, 2, 0, 4)]);
    expect(emulator.search('!')).toEqual([at(0, 9, 0, 10)]);
  });

  it('takes special characters as they are, ignores case unless told, and does not cross lines', async () => {
    const emulator = await filled('a.b A.B\r\naxb\r\na\r\nb');
    expect(emulator.search('a.b')).toHaveLength(2);
    expect(emulator.search('a.b', { caseSensitive: true })).toEqual([at(0, 0, 0, 3)]);
    expect(emulator.search('a\nb')).toEqual([]);
    expect(emulator.search('')).toEqual([]);
  });

  it('takes expressions, with anchors at the ends of lines', async () => {
    const emulator = await filled('foo1\r\nxfoo22\r\nfoo');
    expect(emulator.search('^foo\\d*$', { regex: true })).toEqual([at(0, 0, 0, 4), at(2, 0, 2, 3)]);
    expect(emulator.search('x*', { regex: true })).toEqual([at(1, 0, 1, 1)]);
  });

  it('says what is wrong with an expression', async () => {
    const emulator = await filled('x');
    expect(() => emulator.search('a(', { regex: true })).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('a(') }),
    );
  });

  it('gives up on an expression that backtracks for ever', async () => {
    const emulator = await filled(`${'a'.repeat(60)}!`, 80);
    expect(() => emulator.search('(a+)+$', { regex: true })).toThrow(
      expect.objectContaining({ code: 'usage', hint: expect.any(String) }),
    );
  });

  it('is bounded in hits', async () => {
    const emulator = await filled('aaaaaaaaaa\r\n'.repeat(1500));
    expect(emulator.search('a')).toHaveLength(10_000);
    expect(emulator.search('a', { maxMatches: 7 })).toHaveLength(7);
  });
});
