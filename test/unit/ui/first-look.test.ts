import { describe, expect, test } from 'vitest';
import { createFirstLook, newestOf } from '../../../src/ui/control/first-look.js';
import { open, openShellOf, session, stage } from './on-stage.js';

const lines = (count: number): string => Array.from({ length: count }, (_, at) => `line ${at} of many\r\n`).join('');
const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());

describe('the end of a long output', () => {
  test('begins with a line, or with the full-screen program that is there', () => {
    expect(newestOf(Buffer.from(lines(100)))).toBeNull();
    expect(text(newestOf(Buffer.from(lines(10_000))))).toMatch(/^(line \d+ of many\r\n){600,}$/);
    expect(text(newestOf(Buffer.from(`${lines(10_000)}\x1b[?1049hvim`)))).toBe('\x1b[?1049hvim');
    expect(text(newestOf(Buffer.from(`${lines(10_000)}\x1b[?1049hvim\x1b[?1049l$ `)))).toBe('\x1b[?1049l$ ');
    expect(newestOf(Buffer.from(`\x1b[?1049h${lines(10_000)}`))).toBeNull();
    expect(newestOf(Buffer.alloc(100_000, 'x'))?.length).toBe(12 << 10);
  });

  test('gives the screen that all of it gives', async () => {
    const look = createFirstLook(Buffer.from(`${lines(10_000)}/ # `), { cols: 40, rows: 5, scrollbackRows: 0 })!;
    await new Promise<void>((resolve) => look.write('', resolve));
    expect(look.text(look.viewport.top, 0, look.viewport.top + 4, 40)).toBe(
      [9996, 9997, 9998, 9999]
        .map((at) => `line ${at} of many\n`)
        .join('')
        .concat('/ #'),
    );
    look.dispose();
  });
});

describe('a tab with a long scrollback', () => {
  test('shows the newest at once, and in the end all of it', async () => {
    await open('failed');
    openShellOf('p1', `${lines(20_000)}/ # `);
    stage.handle.attach('p1');
    await stage.settle();
    expect(stage.text()).toContain('line 19999 of many');
    await stage.leave();
    await stage.settle(500);
    await stage.press('2', 'k');
    for (let tries = 0; tries < 100 && !stage.text().includes('line 19970'); tries++) await stage.press('C-u');
    expect(stage.text()).toContain('line 19970');
    session.fakeTerminal('p1').print('more');
    await stage.press('G');
    expect(stage.text()).toContain('/ # more');
  });
});
