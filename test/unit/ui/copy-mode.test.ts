/** Marking and copying with the keyboard, in a terminal and in a log. */
import { describe, expect, test } from 'vitest';
import { open, session, stage } from './on-stage.js';

async function inTerminal(): Promise<void> {
  await open('shell');
  session.fakeTerminal('p1').print('\r\nalpha beta  gamma\r\nsecond 名前 row\r\nthird row');
  stage.handle.attach('p1');
  await stage.settle();
  await stage.leave();
  await stage.press('v');
}

describe('copy mode', () => {
  test('begins on the last row of a terminal that was just left, and y copies that row', async () => {
    await inTerminal();
    expect(stage.text()).toContain('q leave');
    await stage.press('y');
    expect(stage.copied).toEqual(['third row']);
    expect(stage.text()).toContain('NORMAL');
  });

  test('copies characters from v to the cursor, both ends included, whichever end moves', async () => {
    await inTerminal();
    await stage.press('k', 'k', 'w', 'v', 'w', 'l', 'o', 'o', 'y');
    expect(stage.copied).toEqual(['beta  ga']);
    await stage.press('v', 'k', '$', 'v', 'b', 'enter');
    expect(stage.copied[1]).toBe('row');
  });

  test('copies whole rows with V, wide characters once', async () => {
    await inTerminal();
    await stage.press('V', 'k', 'k', 'y');
    expect(stage.copied).toEqual(['alpha beta  gamma\nsecond 名前 row\nthird row']);
  });

  test('scrolls to rows out of sight and reaches both ends', async () => {
    await open('shell');
    session.fakeTerminal('p1').print(Array.from({ length: 90 }, (_, index) => `\r\nrow ${index}`).join(''));
    stage.handle.attach('p1');
    await stage.settle();
    await stage.leave();
    await stage.press('v', 'C-b', 'C-b', 'C-b', 'C-b', 'y');
    expect(stage.copied[0]).toMatch(/^row \d+$/);
    expect(stage.text()).not.toContain('row 89');
    await stage.press('v', 'g', 'y', 'v', 'G', 'y');
    expect(stage.copied[1]).toContain('step 10 · RUN npm ci');
    expect(stage.copied[2]).toBe('row 89');
  });

  test('goes to the hits of a search, also in a log', async () => {
    await open('failed');
    await stage.press('3', '/', ...'gyp', 'enter', 'v', 'n', 'v', '$', 'y');
    expect(stage.copied[0]).toMatch(/^gyp /);
  });

  test('is left by Esc, q and a change of the grid under it, without copying', async () => {
    await inTerminal();
    await stage.press('esc');
    expect(stage.text()).not.toContain('q leave');
    await stage.press('v', 'q');
    expect(stage.text()).toContain('NORMAL');
    await stage.press('v');
    await stage.resize(90, 28);
    await stage.press('y');
    expect(stage.text()).toContain('NORMAL');
    expect(stage.copied).toEqual([]);
    expect(session.fakeTerminal('p1').typed).toEqual([]);
  });
});
