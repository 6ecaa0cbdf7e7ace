/** What of a long log goes into a grid: the beginning, the end, and how much lies between. */
import { describe, expect, it } from 'vitest';
import { fitLog } from '../../../src/term/fit-log.js';
import { createLogView } from '../../../src/term/log-view.js';

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join('');

describe('a log in a grid', () => {
  it('stays whole as long as it fits', () => {
    const log = { head: lines(1, 30), tail: lines(31, 50), omittedBytes: 0 };
    expect(fitLog(log, 100, 80)).toBe(log);
  });

  it('loses its middle, and every byte of it is counted', () => {
    const log = { head: lines(1, 500), tail: lines(501, 1000), omittedBytes: 0 };
    const { head, tail, omittedBytes } = fitLog(log, 100, 80);
    expect(head).toBe(lines(1, 25));
    expect(tail).toBe(lines(941, 1000));
    expect(omittedBytes).toBe(lines(26, 940).length);
  });

  it('adds to what was left out before, and takes long lines for several rows', () => {
    const log = { head: lines(1, 500), tail: `${'x'.repeat(799)}\n`.repeat(20), omittedBytes: 7 };
    const { head, tail, omittedBytes } = fitLog(log, 100, 80);
    expect(head).toBe(lines(1, 25));
    expect(tail.length).toBe(6 * 800);
    expect(omittedBytes).toBe(7 + lines(26, 500).length + 14 * 800);
  });

  it('shows its first line at the top of the grid', async () => {
    const view = createLogView({
      cols: 80,
      rows: 10,
      scrollbackRows: 100,
      log: { head: lines(1, 5000), tail: '', omittedBytes: 0 },
    });
    await new Promise<void>((resolve) => view.write('', resolve));
    view.viewport.scrollToTop();
    expect(view.text(view.viewport.top, 0, view.viewport.top, 80)).toBe('line 1');
    view.viewport.scrollToBottom();
    expect(view.text(view.viewport.top + 9, 0, view.viewport.top + 9, 80)).toBe('line 5000');
    view.dispose();
  });
});
