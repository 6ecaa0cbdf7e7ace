import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EngineLine } from '../../../../src/core/model/index.js';
import { watchLine } from '../../../../src/engine/shared/line-watch.js';

describe('the line to an engine', () => {
  let told: EngineLine[];
  let lostAfterMs: number[];
  let bytes: number;
  let roundTripMs: number | null;
  let asked: number;

  function watch() {
    const made = watchLine({
      ask: () => {
        asked++;
        const takes = roundTripMs;
        return takes === null ? new Promise(() => undefined) : new Promise((resolve) => setTimeout(resolve, takes));
      },
      heardBytes: () => bytes,
      onLost: (silentMs) => lostAfterMs.push(silentMs),
    });
    made.onLine((line) => told.push(line));
    return made;
  }

  beforeEach(() => {
    vi.useFakeTimers();
    told = [];
    lostAfterMs = [];
    bytes = 0;
    roundTripMs = 200;
    asked = 0;
  });
  afterEach(() => vi.useRealTimers());
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  it('is told how long it is, and again only when that changes notably', async () => {
    watch();
    await pass(12_000);
    expect(told).toEqual([{ roundTripMs: 200, isSilent: false }]);
    roundTripMs = 210;
    await pass(10_000);
    expect(told.length).toBe(1);
    roundTripMs = 400;
    await pass(10_000);
    expect(told.at(-1)).toEqual({ roundTripMs: 400, isSilent: false });
  });

  it('is silent when an answer is overdue, and no more when it comes', async () => {
    watch();
    await pass(1_000);
    roundTripMs = 8_000;
    await pass(9_000);
    expect(told.at(-1)).toEqual({ roundTripMs: 200, isSilent: true });
    await pass(6_000);
    expect(told.at(-1)).toEqual({ roundTripMs: 8_000, isSilent: false });
    expect(lostAfterMs).toEqual([]);
  });

  it('is given up when nothing comes for 20 s, once', async () => {
    roundTripMs = null;
    watch();
    await pass(19_000);
    expect(lostAfterMs).toEqual([]);
    await pass(120_000);
    expect(lostAfterMs.length).toBe(1);
    expect(lostAfterMs[0]).toBeGreaterThanOrEqual(20_000);
  });

  it('is not given up while bytes come, though the answer waits behind them', async () => {
    roundTripMs = null;
    watch();
    for (let second = 0; second < 120; second++) {
      bytes += 1000;
      await pass(1_000);
    }
    expect(lostAfterMs).toEqual([]);
  });

  it('is not asked any more after the end', async () => {
    const made = watch();
    await pass(1_000);
    made.stop();
    await pass(60_000);
    expect(asked).toBe(1);
  });
});
