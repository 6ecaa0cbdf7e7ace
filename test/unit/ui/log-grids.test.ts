/** The grids of logs that came in part, and of those that are longer than a grid. */
import { describe, expect, it } from 'vitest';
import type { SessionClient, StepLog } from '../../../src/session/session.js';
import type { Emulator } from '../../../src/term/types.js';
import { createLogGrids } from '../../../src/ui/control/log-grids.js';

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, at) => `line ${from + at}\n`).join('');
const parsed = (grid: Emulator): Promise<void> => new Promise((resolve) => grid.write('', resolve));
const rowAt = (grid: Emulator, row: number): string => grid.text(row, 0, row, grid.cols);

const STUMP: StepLog = { head: '', tail: `cut\n${lines(501, 600)}`, omittedBytes: 4400, file: null };
const WHOLE: StepLog = { head: lines(1, 600), tail: '', omittedBytes: 0, file: null };

function grids() {
  let log = STUMP;
  let answer = (_log: StepLog): void => undefined;
  const session = {
    onEvent: () => ({ dispose: () => undefined }),
    stepLog: () => log,
    wholeLog: () =>
      new Promise<StepLog>((resolve) => {
        answer = (whole) => {
          log = whole;
          resolve(whole);
        };
      }),
  } as unknown as SessionClient;
  let dirtied = 0;
  const made = createLogGrids(session, () => dirtied++);
  made.resize(80, 10);
  return { made, answer: (whole: StepLog) => answer(whole), dirtied: () => dirtied };
}

describe('a log of which only the end came', () => {
  it('says so, and is whole as soon as the session has given the rest, seen where it was', async () => {
    const { made, answer, dirtied } = grids();
    const stump = made.get(1, '2')!;
    await parsed(stump);
    expect(rowAt(stump, 0)).toMatch(/^ 4\.4 kB of output left out here/);
    stump.viewport.scrollToRow(51);
    expect(rowAt(stump, stump.viewport.top)).toBe('line 551');
    const before = dirtied();
    answer(WHOLE);
    await expect.poll(() => made.get(1, '2') !== stump).toBe(true);
    expect(dirtied()).toBeGreaterThan(before);
    const whole = made.get(1, '2')!;
    await parsed(whole);
    expect(rowAt(whole, whole.viewport.top)).toBe('line 551');
    expect(rowAt(whole, 0)).toBe('line 1');
    expect(whole.search('line 7', { caseSensitive: false })[0]?.start.row).toBe(6);
    made.dispose();
  });

  it('stays as it is when the session has no more of it', async () => {
    const { made, answer } = grids();
    const stump = made.get(1, '2')!;
    answer(STUMP);
    await parsed(stump);
    expect(made.get(1, '2')).toBe(stump);
    made.dispose();
  });
});
