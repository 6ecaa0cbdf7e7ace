/** Golden screens of a replay: its bar at the usual sizes. `UPDATE_GOLDENS=1` writes them anew. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createReplaySession } from '../../src/session/recording/replay-session.js';
import { SAMPLE_HEADER, SAMPLE_START_MS, sampleEntries } from '../unit/session/recording/sample.js';
import type { FakeSession } from './fake-session.js';
import { openStage, type Stage } from './stage.js';

async function openReplay(cols: number, rows: number, glyphs: 'unicode' | 'ascii' = 'unicode'): Promise<Stage> {
  const record = { header: SAMPLE_HEADER, entries: sampleEntries(), breaks: [], isEnded: true };
  const clock = { now: () => 0, setTimeout: () => null, clearTimeout: () => undefined, soon: () => undefined };
  const session = createReplaySession({ record, clock, speed: 1, idleLimitMs: 2000 });
  // No test of a replay tells it events.
  return openStage({
    session: session as unknown as FakeSession,
    nowMs: SAMPLE_START_MS,
    cols,
    rows,
    glyphs,
    deps: { replay: session.replay },
  });
}

const isUpdating = process.env.UPDATE_GOLDENS === '1';

function expectGolden(stage: Stage, name: string): void {
  const seen = `${stage.text()}\n`;
  const path = fileURLToPath(new URL(`./screens/${name}.golden.txt`, import.meta.url));
  if (isUpdating) writeFileSync(path, seen);
  else expect(existsSync(path), `${path} is missing; UPDATE_GOLDENS=1 writes it`).toBe(true);
  expect(seen).toBe(readFileSync(path, 'utf8'));
}

for (const [cols, rows] of [
  [160, 48],
  [100, 30],
  [80, 24],
] as const) {
  test(`replay-${cols}x${rows}`, async () => {
    const stage = await openReplay(cols, rows);
    await stage.press('end', ',', ',', ',');
    expectGolden(stage, `replay-${cols}x${rows}`);
    stage.handle.close();
  });
}

test('replay-ascii-40x10', async () => {
  const stage = await openReplay(40, 10, 'ascii');
  await stage.press('right', '+', '+');
  expectGolden(stage, 'replay-ascii-40x10');
  stage.handle.close();
});

describe('the screen of a replay', () => {
  test('is the same after a jump back and forth, terminals and logs included', async () => {
    const stage = await openReplay(100, 30);
    await stage.press('end', '[');
    const end = stage.text();
    expect(end).toContain('after a long time');
    await stage.press('home');
    expect(stage.text()).not.toContain('after a long time');
    await stage.press('end', '[');
    expect(stage.text()).toBe(end);
    await stage.press('J');
    for (const key of '50%') await stage.press(key);
    await stage.press('enter');
    expect(stage.text()).toContain('1:p1');
    expect(stage.text()).not.toContain('after a long time');
    stage.handle.close();
  });

  test('opens a tab for each program as it starts, and never gives it the keys', async () => {
    const stage = await openReplay(100, 30);
    for (let step = 0; step < 40; step++) await stage.press('.');
    expect(stage.text()).toContain('2:');
    await stage.press('2', 'enter', 'i');
    expect(stage.target).toBeNull();
    expect(stage.text()).toContain('this is a replay');
    stage.handle.close();
  });

  test('writes a terminal as asciicast, and lists its keys first', async () => {
    const stage = await openReplay(100, 30);
    await stage.press('end', 'A');
    expect(stage.text()).toContain('p2.cast');
    await stage.press('enter');
    const written = stage.written.get('p2.cast');
    expect(written?.kind === 'text' && written.text.split('\n')[0]).toContain('"version":2');
    await stage.press('?');
    expect(stage.text()).toMatch(/Replay\s/);
    stage.handle.close();
  });

  test('says of a program that has ended, and of a size of its own, nothing that holds for a session alone', async () => {
    const stage = await openReplay(160, 48);
    await stage.press('end');
    expect(stage.text()).toContain('as it was recorded');
    expect(stage.text()).toMatch(/── exit \d+ ──/);
    expect(stage.text()).not.toMatch(/another screen|starts it again|Enter again/);
    expectGolden(stage, 'replay-ended-160x48');
    stage.handle.close();
  });

  test('leaves without a question, whatever ran', async () => {
    const stage = await openReplay(80, 24);
    await stage.press('right', 'q');
    expect(await stage.handle.closed).toBe('quit');
  });
});
