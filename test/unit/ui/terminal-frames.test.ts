/** What a program prints is drawn without the rest of the screen, and looks as if everything had been drawn. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import * as header from '../../../src/ui/panels/header.js';
import { open, session, stage } from './on-stage.js';

const PRINTED = [
  'echo \x1b[1;32mgreen\x1b[0m',
  '\r\nwide 漢字 and 🚀\b\b\b\bx',
  '\x1b[?25l\x1b[3;5H\x1b[7minverse\x1b[0m',
  '\x1b[?25h\x1b[5;1H\x1b[K',
  '\x1b[?1049h\x1b[2J\x1b[Hfull screen\x1b[4;10H漢',
  '\x1b[?1049l',
  'line\r\n'.repeat(60),
  '\x1b[38;2;10;20;30mcolour\x1b[48;5;99m more\x1b[0m',
];

afterEach(() => {
  vi.restoreAllMocks();
});

describe('output of a program', () => {
  test('draws the terminal alone', async () => {
    await open('shell');
    stage.handle.attach('p1');
    await stage.settle();
    const headers = vi.spyOn(header, 'paintHeader');
    const { length } = stage.frames;
    session.fakeTerminal('p1').print('typed');
    await stage.settle(40);
    expect(stage.frames.length).toBe(length + 1);
    expect(stage.text()).toContain('typed');
    expect(headers).not.toHaveBeenCalled();
  });

  test('gives the same cells, colours and cursor as a whole screen', async () => {
    await open('shell');
    stage.handle.attach('p1');
    await stage.settle();
    for (const printed of PRINTED) {
      session.fakeTerminal('p1').print(printed);
      await stage.settle();
      const alone = [await stage.terminal.serialize(), stage.terminal.cursor, stage.terminal.modes.cursorVisible];
      // An event of the session draws everything.
      session.emit({ type: 'process.updated', atMs: 1, process: session.state.processes[0]! });
      await stage.settle();
      expect([await stage.terminal.serialize(), stage.terminal.cursor, stage.terminal.modes.cursorVisible]).toEqual(alone);
    }
  });

  test('goes on below a dialog, which stays above it', async () => {
    await open('shell');
    stage.handle.attach('p1');
    await stage.leave();
    await stage.press('?');
    const help = stage.text();
    session.fakeTerminal('p1').print('X'.repeat(8000));
    await stage.settle();
    const [before, after] = [help.split('\n'), stage.text().split('\n')];
    const row = before.findIndex((line) => line.includes('type to filter'));
    expect(row).toBeGreaterThan(0);
    expect(after[row]).toBe(before[row]);
    await stage.press('esc');
    expect(stage.text()).toContain('XXXXXXXX');
  });
});
