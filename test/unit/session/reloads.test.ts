/** A build that is begun again while it has hardly begun. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../../src/core/events.js';
import { BxError } from '../../../src/platform/errors.js';
import { createLocalSession } from '../../../src/session/index.js';
import { FakeEngine } from './fake-engine.js';
import { optionsOf, planOf, requestOf, updateOf } from './fixture.js';

const request = requestOf('FROM scratch\nRUN one\n');
const plan = planOf([2]);
const success: EngineEvent = { type: 'build.succeeded', result: { imageId: null, tags: [], outputs: [] } };
const done = [updateOf(2, true)];

let engine: FakeEngine;
const OPTIONS = optionsOf(request, async () => engine);

/** Lets everything that is ready happen. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

beforeEach(() => {
  engine = new FakeEngine();
});

describe('a reload', () => {
  it('builds once for a reload while the engine is still started, and begins that not anew', async () => {
    let answer = (): void => undefined;
    let tellMore = (_: EngineEvent): void => undefined;
    const boot = (completedAtMs: number | null): EngineEvent => ({
      ...{ type: 'vertex.updated', digest: 'boot', name: '[internal] booting buildkit', inputs: [], isCached: false },
      ...{ startedAtMs: 1, completedAtMs, error: '' },
    });
    let connections = 0;
    const session = createLocalSession({
      ...OPTIONS,
      connect: (_, tell) => {
        connections++;
        tell(boot(null));
        tellMore = tell;
        return new Promise((resolve) => {
          answer = () => resolve(engine);
        });
      },
    });
    const started = session.start();
    await settle();
    const reloads = [session.execute({ type: 'session.reload' }), session.execute({ type: 'session.reload', noCache: true })];
    await started;
    await settle();
    expect(session.state.generations.map((g) => g.status)).toEqual(['cancelled', 'planning']);
    tellMore(boot(2));
    answer();
    await Promise.all(reloads);
    expect([connections, engine.runs.length]).toEqual([1, 1]);
    expect(engine.requests.map((one) => one.noCache)).toEqual([true]);
    expect(session.state.generations.map((g) => g.vertices.boot?.completedAtMs)).toEqual([null, 2]);
    engine.runs[0]!.say(plan, ...done, success);
    await settle();
    expect(session.state.generations.map((g) => g.status)).toEqual(['cancelled', 'succeeded']);
  });

  it('builds once for two reloads at the same time', async () => {
    const session = createLocalSession(OPTIONS);
    await session.start();
    engine.runs[0]!.say(plan);
    await settle();
    await Promise.all([session.execute({ type: 'session.reload' }), session.execute({ type: 'session.reload' })]);
    expect(session.state.generations.map((g) => g.status)).toEqual(['cancelled', 'planning']);
    expect(engine.runs.length).toBe(2);
  });

  it('is stopped while the engine is still started', async () => {
    const session = createLocalSession({
      ...OPTIONS,
      connect: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new BxError('cancelled', 'given up')));
        }),
    });
    const started = session.start();
    await settle();
    await session.execute({ type: 'build.cancel' });
    await started;
    expect(session.state.generations.map((g) => g.status)).toEqual(['cancelled']);
    await expect(session.execute({ type: 'build.cancel' })).rejects.toThrow('no build is running');
  });
});
