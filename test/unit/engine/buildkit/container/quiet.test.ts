/** What nobody waits for is done in a pause of somebody who types, and not put off for ever. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { noteTyping, whenQuiet } from '../../../../../src/engine/buildkit/container/quiet.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => vi.useRealTimers());

test('runs in time when nobody types', () => {
  const run = vi.fn();
  whenQuiet(1000, run);
  vi.advanceTimersByTime(999);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledTimes(1);
});

test('waits for a pause, at most ten seconds more', () => {
  const [once, late] = [vi.fn(), vi.fn()];
  whenQuiet(1000, once);
  for (let ms = 0; ms < 2000; ms += 100) {
    noteTyping();
    vi.advanceTimersByTime(100);
  }
  expect(once).not.toHaveBeenCalled();
  vi.advanceTimersByTime(400);
  expect(once).toHaveBeenCalledTimes(1);
  whenQuiet(1000, late);
  for (let ms = 0; ms < 11_000; ms += 100) {
    expect(late).not.toHaveBeenCalled();
    noteTyping();
    vi.advanceTimersByTime(100);
  }
  expect(late).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(60_000);
  expect([once, late].map((run) => run.mock.calls.length)).toEqual([1, 1]);
});

test('is called off', () => {
  const run = vi.fn();
  const callOff = whenQuiet(1000, run);
  vi.advanceTimersByTime(900);
  noteTyping();
  vi.advanceTimersByTime(300);
  callOff();
  vi.advanceTimersByTime(60_000);
  expect(run).not.toHaveBeenCalled();
});
