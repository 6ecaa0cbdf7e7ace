/** What terminals cost that nobody looks at: no frames, no timers once they have ended, and a bound on what waits to be parsed. */
import { describe, expect, test } from 'vitest';
import { openShell } from '../../golden/story.js';
import { open, session, stage } from './on-stage.js';

describe('a terminal behind another one', () => {
  test('draws nothing when it prints, and has all of it when it is looked at', async () => {
    await open('shell');
    stage.handle.attach('p1');
    await stage.settle();
    const frames = stage.frames.length;
    for (let line = 0; line < 200; line++) session.fakeTerminal('p2').print(`hidden ${line}\r\n`);
    await stage.settle(500);
    expect(stage.frames.length).toBe(frames);
    stage.handle.attach('p2');
    await stage.settle();
    expect(stage.text()).toContain('hidden 199');
  });

  test('holds its program back while it cannot keep up', async () => {
    await open('shell');
    stage.handle.attach('p1');
    const terminal = session.fakeTerminal('p2');
    let holds = 0;
    let pauses = 0;
    terminal.pause = () => {
      holds++;
      pauses++;
    };
    terminal.resume = () => {
      holds--;
    };
    for (let chunk = 0; chunk < 40; chunk++) terminal.print('x'.repeat(65_536));
    expect(holds).toBe(1);
    for (let round = 0; round < 50 && holds > 0; round++) await stage.settle(20);
    expect([holds, pauses]).toEqual([0, 1]);
  });

  test('costs no timer once its program has ended', async () => {
    await open('shell');
    for (let number = 3; number <= 20; number++) {
      openShell(session, 1, `p${number}`, '9', 'after');
      stage.handle.attach(`p${number}`);
    }
    await stage.leave();
    expect(stage.timerCount).toBeGreaterThan(0);
    for (let number = 1; number <= 20; number++) stage.endProcess(`p${number}`, 0);
    await stage.settle(20_000);
    expect(stage.timerCount).toBe(0);
    const frames = stage.frames.length;
    await stage.settle(60_000);
    expect(stage.frames.length).toBe(frames);
    await stage.press('[');
    expect(stage.text()).toContain('exit 0* ');
  });
});
