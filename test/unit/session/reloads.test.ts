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

describe('a failure that the engine tells again', () => {
  const told: EngineEvent = {
    ...updateOf(2, true),
    error: 'exit code: 1',
    startedAtMs: -2_000,
    completedAtMs: -1_000,
  } as EngineEvent;
  const failed: EngineEvent = {
    type: 'build.failed',
    failure: { digest: 'v2', message: 'exit code: 1', hint: null, exitCode: 1, line: 2 },
  };

  it('is held by a container whose program has ended, until that is closed', async () => {
    const session = createLocalSession({ ...OPTIONS, openOn: 'error' });
    await session.start();
    engine.runs[0]!.say(plan, failed);
    await settle();
    engine.runs[0]!.containers[0]!.processes[0]!.exit(0);
    await session.execute({ type: 'session.reload' });
    engine.runs[1]!.say(plan, told, failed);
    await settle();
    expect(session.state.notices.at(-1)).toMatchObject({
      message: 'step 2 was not run again: this is its failure in a build that p1 (ended) holds open',
      hint: expect.stringMatching(/^Close p1 and reload /),
    });
    expect(session.state.processes).toHaveLength(1);
    await session.execute({ type: 'process.disconnect', process: 'p1' });
    await session.execute({ type: 'session.reload' });
    expect(engine.runs.map((run) => run.isDisposed)).toEqual([true, true, false]);
  });
});
