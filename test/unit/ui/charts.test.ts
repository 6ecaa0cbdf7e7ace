/** The gauge of the build's progress below the steps. */
import { describe, expect, it } from 'vitest';
import { open, stage } from './on-stage.js';

/** The row below the gauge's label. */
async function gauge(): Promise<string> {
  await expect.poll(() => stage.settle().then(() => stage.text()), { timeout: 10_000 }).toMatch(/log lines\/s/);
  const rows = stage.text().split('\n');
  return rows[rows.findIndex((row) => /\d (?:of \d+ )?(?:steps )?done/.test(row)) + 1]!.split('│')[1]!;
}

describe('the gauge', () => {
  it.each([120, 140, 160])('is full when all is done, on %i columns', async (cols) => {
    await open('built', { cols, rows: 48 });
    expect(stage.text()).toMatch(/(\d+) of \1 steps done/);
    expect(await gauge()).toMatch(/^ █+ $/);
  });

  it('is not full when something has failed', async () => {
    await open('failed', { cols: 160, rows: 48 });
    expect(await gauge()).toMatch(/^ █+·+ $/);
  });
});
