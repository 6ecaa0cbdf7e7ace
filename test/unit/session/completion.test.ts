/** A build whose request is not whole when it begins: the engine gets it when it is. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../../src/core/events.js';
import type { BuildRequest } from '../../../src/engine/engine.js';
import { BxError } from '../../../src/platform/errors.js';
import { createLocalSession, type LocalSession, type LocalSessionOptions } from '../../../src/session/index.js';
import { FakeEngine } from './fake-engine.js';
import { optionsOf, planOf, requestOf, success, updateOf } from './fixture.js';

const request = requestOf('FROM scratch\nRUN one\n');

interface Asking {
  readonly signal: AbortSignal;
  answer(whole: BuildRequest): void;
  refuse(error: Error): void;
}

let engine: FakeEngine;
let asking: Asking[];

const complete: NonNullable<LocalSessionOptions['complete']> = (_, signal, tell) => {
  tell(asked);
  return new Promise((answer, refuse) => {
    asking.push({ signal, answer, refuse });
    signal.addEventListener('abort', () => refuse(new BxError('cancelled', 'nobody asks any more')));
  });
};
const asked: EngineEvent = {
  ...{ type: 'vertex.updated', digest: 'asking', name: '[internal] asking', inputs: [], isCached: false },
  ...{ startedAtMs: 1, completedAtMs: null, error: '' },
};

function open(more: Partial<LocalSessionOptions> = {}): LocalSession {
  return createLocalSession({ ...optionsOf(request, async () => engine), complete, ...more });
}

/** Lets everything that is ready happen. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
const statuses = (session: LocalSession) => session.state.generations.map(({ status }) => status);

beforeEach(() => {
  engine = new FakeEngine();
  asking = [];
});

describe('a request that takes a while', () => {
  it('goes to the engine when it is whole, anew for each build', async () => {
    const session = open();
    const started = session.start();
    await settle();
    expect(session.state.engineStatus.kind).toBe('ready');
    expect(session.state.generations[0]!.vertices.asking?.name).toBe('[internal] asking');
    expect(engine.requests).toEqual([]);
    asking[0]!.answer({ ...request, tags: ['whole'] });
    await started;
    engine.runs[0]!.say(planOf([2]), updateOf(2, true), success);
    await settle();
    const reload = session.execute({ type: 'session.reload', noCache: true });
    await settle();
    asking[1]!.answer({ ...request, tags: ['again'] });
    await reload;
    expect(engine.requests.map(({ tags }) => tags)).toEqual([['whole'], ['again']]);
  });

  it('fails the build with what is wrong, and is asked for again by the next', async () => {
    const session = open();
    const started = session.start();
    await settle();
    asking[0]!.refuse(new BxError('input', 'no key', { hint: 'look' }));
    await expect(started).rejects.toThrow('no key');
    expect(session.state.generations[0]!.failure).toMatchObject({ message: 'no key', hint: 'look' });
    void session.execute({ type: 'session.reload' });
    await settle();
    asking[1]!.answer(request);
    await settle();
    expect(statuses(session)).toEqual(['failed', 'planning']);
    expect(engine.requests).toHaveLength(1);
  });

  it.each([
    ['the build is cancelled', (session: LocalSession) => session.execute({ type: 'build.cancel' })],
    ['the session ends', (session: LocalSession) => session.execute({ type: 'session.disconnect' })],
  ])('is given up when %s', async (_, leave) => {
    const session = open();
    const started = session.start();
    await settle();
    await leave(session);
    await started;
    expect(asking[0]!.signal.aborted).toBe(true);
    expect(statuses(session)).toEqual(['cancelled']);
    expect(engine.requests).toEqual([]);
  });

  it('is given up for the build that comes instead', async () => {
    const session = open();
    const started = session.start();
    await settle();
    const reload = session.execute({ type: 'session.reload' });
    await started;
    await settle();
    asking[1]!.answer(request);
    await reload;
    expect(asking.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(statuses(session)).toEqual(['cancelled', 'planning']);
    expect(engine.requests).toHaveLength(1);
  });

  it('is given up when there is no engine', async () => {
    const session = open({ connect: async () => Promise.reject(new BxError('endpoint', 'nobody there')) });
    await expect(session.start()).rejects.toThrow('nobody there');
    expect(asking[0]!.signal.aborted).toBe(true);
  });
});
