/** The rhythm of frames: at once after a pause, bounded under a flood, and no more drawn than what has changed. */
import { describe, expect, test } from 'vitest';
import { createFrameScheduler, type FrameScope } from '../../../src/ui/control/frames.js';

function createRhythm() {
  let nowMs = 1000;
  let timers: Array<{ atMs: number; run: () => void }> = [];
  let onDrain = (): void => undefined;
  const drawn: Array<readonly [atMs: number, scope: FrameScope]> = [];
  const output = {
    writableLength: 0,
    write: () => true,
    on: (event: 'resize' | 'drain', listener: () => void) => {
      if (event === 'drain') onDrain = listener;
    },
    off: () => undefined,
  };
  const clock = {
    now: () => nowMs,
    soon: (run: () => void) => void timers.push({ atMs: nowMs, run }),
    setTimeout(run: () => void, delayMs: number) {
      const timer = { atMs: nowMs + delayMs, run };
      timers.push(timer);
      return timer;
    },
    clearTimeout(handle: unknown) {
      timers = timers.filter((timer) => timer !== handle);
    },
  };
  const scheduler = createFrameScheduler(clock, output, (scope) => {
    drawn.push([nowMs - 1000, scope]);
    return scope;
  });
  const passTo = (ms: number): void => {
    for (;;) {
      const due = timers.filter(({ atMs }) => atMs <= 1000 + ms).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      timers = timers.filter((timer) => timer !== due);
      nowMs = Math.max(nowMs, due.atMs);
      due.run();
    }
    nowMs = 1000 + ms;
  };
  return { scheduler, drawn, output, passTo, drain: () => onDrain(), setNow: (ms: number) => (nowMs = ms) };
}

describe('frames', () => {
  test('are drawn at once after a pause, also right after a tick', () => {
    const { scheduler, drawn, passTo } = createRhythm();
    scheduler.invalidate();
    passTo(0);
    scheduler.invalidate('terminal');
    passTo(1);
    expect(drawn).toEqual([
      [0, 'all'],
      [0, 'terminal'],
    ]);
  });

  test('come no faster than 30 a second under a flood', () => {
    const { scheduler, drawn, passTo } = createRhythm();
    for (let ms = 0; ms < 1000; ms++) {
      scheduler.invalidate(ms % 7 === 0 ? 'all' : 'terminal');
      passTo(ms);
    }
    expect(drawn.length).toBeGreaterThan(28);
    expect(drawn.length).toBeLessThan(34);
  });

  test('that only the build wants come ten a second, and hold up none that a person waits for', () => {
    const { scheduler, drawn, passTo } = createRhythm();
    for (let ms = 0; ms < 1000; ms++) {
      scheduler.invalidate('all', 'calm');
      passTo(ms);
    }
    expect(drawn.length).toBeGreaterThan(8);
    expect(drawn.length).toBeLessThan(12);
    passTo(1010);
    const before = drawn.length;
    scheduler.invalidate('all', 'calm');
    scheduler.invalidate('terminal');
    passTo(1011);
    expect(drawn.slice(before)).toEqual([[1010, 'terminal']]);
    passTo(1200);
    expect(drawn.slice(before + 1).map(([, scope]) => scope)).toEqual(['all']);
  });

  test('follow a key at once, whatever it has changed', () => {
    const { scheduler, drawn, passTo } = createRhythm();
    scheduler.invalidate('all', 'calm');
    passTo(10);
    scheduler.touched();
    passTo(40);
    scheduler.invalidate('all', 'calm');
    passTo(500);
    expect(drawn.map(([atMs]) => atMs)).toEqual([0, 40]);
  });

  test('of a tick come behind the echo of a key, and without one a moment later', () => {
    const { scheduler, drawn, passTo } = createRhythm();
    scheduler.setTick(100);
    scheduler.invalidate('terminal');
    passTo(90);
    scheduler.touched();
    passTo(104);
    expect(drawn.splice(0)).toEqual([[0, 'terminal']]);
    scheduler.invalidate('terminal');
    passTo(105);
    expect(drawn.splice(0)).toEqual([
      [104, 'terminal'],
      [104, 'all'],
    ]);
    passTo(150);
    scheduler.invalidate('terminal');
    passTo(190);
    scheduler.touched();
    passTo(399);
    expect(drawn.splice(0)).toEqual([[150, 'terminal']]);
    passTo(401);
    expect(drawn).toEqual([[400, 'all']]);
  });

  test('of a tick keep their time beside keys that are not for a program', () => {
    const { scheduler, drawn, passTo } = createRhythm();
    scheduler.setTick(100);
    scheduler.invalidate('all');
    passTo(90);
    scheduler.touched();
    passTo(101);
    expect(drawn.map(([atMs]) => atMs)).toEqual([0, 100]);
  });

  test('that draw everything for a person leave nothing for the build', () => {
    const { scheduler, drawn, passTo } = createRhythm();
    scheduler.invalidate('all', 'calm');
    passTo(0);
    scheduler.invalidate('all', 'calm');
    passTo(20);
    scheduler.invalidate('all');
    passTo(500);
    expect(drawn).toEqual([
      [0, 'all'],
      [20, 'all'],
    ]);
  });

  test('have what several changes wanted, and only that', () => {
    const { scheduler, drawn, passTo } = createRhythm();
    scheduler.invalidate('terminal');
    scheduler.invalidate('all');
    scheduler.invalidate('terminal');
    passTo(100);
    scheduler.invalidate('terminal');
    passTo(200);
    expect(drawn.map(([, scope]) => scope)).toEqual(['all', 'terminal']);
  });

  test('wait for a terminal that has not taken the last one, and lose nothing by it', () => {
    const { scheduler, drawn, output, passTo, drain } = createRhythm();
    output.writableLength = 10;
    scheduler.invalidate('all');
    passTo(10);
    scheduler.invalidate('terminal');
    passTo(500);
    expect(drawn).toEqual([]);
    output.writableLength = 0;
    drain();
    passTo(501);
    expect(drawn).toEqual([[500, 'all']]);
  });

  test('that were called off by a pause are not drawn, and one is drawn after it', () => {
    const { scheduler, drawn, passTo } = createRhythm();
    scheduler.invalidate();
    scheduler.pause();
    passTo(100);
    scheduler.invalidate();
    passTo(200);
    expect(drawn).toEqual([]);
    scheduler.resume();
    passTo(300);
    expect(drawn).toEqual([[200, 'all']]);
  });

  test('are drawn once when a pause ends at once', () => {
    const { scheduler, drawn, passTo } = createRhythm();
    scheduler.invalidate();
    scheduler.pause();
    scheduler.resume();
    passTo(100);
    expect(drawn).toEqual([[0, 'all']]);
  });

  test('go on when the clock is set back', () => {
    const { scheduler, drawn, passTo, setNow } = createRhythm();
    passTo(900_000);
    scheduler.invalidate();
    passTo(900_001);
    setNow(2000);
    scheduler.invalidate();
    passTo(1040);
    expect(drawn.length).toBe(2);
  });

  test('go on when the terminal has taken everything, also when the stream does not say so', () => {
    const { scheduler, drawn, output, passTo } = createRhythm();
    output.writableLength = 100;
    scheduler.invalidate();
    passTo(200);
    expect(drawn).toEqual([]);
    output.writableLength = 0;
    passTo(240);
    expect(drawn).toHaveLength(1);
    output.writableLength = 1;
    scheduler.invalidate();
    passTo(300);
    scheduler.dispose();
    output.writableLength = 0;
    passTo(1000);
    expect(drawn).toHaveLength(1);
  });
});
