import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { BxError } from '../../../src/platform/errors.js';
import { createEngineConnection } from '../../../src/session/engine-connection.js';
import { FakeEngine } from './fake-engine.js';

let answers: Array<FakeEngine | Error>;
let told: string[];
let abort: AbortController;
const connection = () =>
  createEngineConnection({
    async connect() {
      const answer = answers.shift() ?? new BxError('endpoint', 'nobody there');
      if (answer instanceof Error) throw answer;
      return answer as Engine;
    },
    signal: abort.signal,
    onConnected: () => told.push('connected'),
    onLost: (error) => told.push(`lost: ${(error as Error).message}`),
    onBack: () => told.push('back'),
  });

beforeEach(() => {
  vi.useFakeTimers();
  answers = [];
  told = [];
  abort = new AbortController();
});
afterEach(() => vi.useRealTimers());

const nothing = (): void => undefined;

describe('the connection to the engine', () => {
  it('is made when it is first needed, and kept', async () => {
    const engine = new FakeEngine();
    answers = [engine];
    const connected = connection();
    expect(connected.current).toBeNull();
    expect(await connected.get(nothing)).toBe(engine);
    expect(await connected.get(nothing)).toBe(engine);
    expect(told).toEqual(['connected']);
  });

  it('is tried again after a loss, more and more rarely, until it is there', async () => {
    const [first, second] = [new FakeEngine(), new FakeEngine()];
    answers = [first, new Error('refused'), new Error('refused'), second];
    const connected = connection();
    await connected.get(nothing);
    first.lose(new Error('socket hang up'));
    await vi.advanceTimersByTimeAsync(0);
    expect(connected.current).toBeNull();
    await vi.advanceTimersByTimeAsync(1_600);
    expect(answers.length).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(connected.current).toBe(second);
    expect(told).toEqual(['connected', 'lost: socket hang up', 'connected', 'back']);
  });

  it('is not doubled when somebody builds while it is tried again', async () => {
    const [first, second, third] = [new FakeEngine(), new FakeEngine(), new FakeEngine()];
    answers = [first, second, third];
    const connected = connection();
    await connected.get(nothing);
    first.lose(new Error('gone'));
    await vi.advanceTimersByTimeAsync(0);
    expect(await connected.get(nothing)).toBe(second);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connected.current).toBe(second);
    expect(answers).toEqual([third]);
  });

  it('is not tried again once the session has ended', async () => {
    const first = new FakeEngine();
    answers = [first];
    const connected = connection();
    await connected.get(nothing);
    first.lose(new Error('gone'));
    await vi.advanceTimersByTimeAsync(0);
    abort.abort();
    await connected.dispose();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is made on for who comes next, when nobody waits for it any more', async () => {
    const engine = new FakeEngine();
    let answer = (_: FakeEngine): void => undefined;
    const lives: AbortSignal[] = [];
    const connected = createEngineConnection({
      connect: (signal, tell) => {
        lives.push(signal);
        tell({ type: 'export.started' });
        return new Promise((resolve) => {
          answer = resolve as typeof answer;
        });
      },
      ...{ signal: abort.signal, onConnected: nothing, onLost: nothing, onBack: nothing },
    });
    const leave = new AbortController();
    const first = connected.get(nothing, leave.signal);
    leave.abort();
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    const seen: string[] = [];
    const second = connected.get((event) => seen.push(event.type), new AbortController().signal);
    answer(engine);
    expect(await second).toBe(engine);
    expect([seen, lives.length, lives[0]?.aborted]).toEqual([['export.started'], 1, false]);
  });
});
