import { beforeEach, describe, expect, it } from 'vitest';
import { createLocalSession, type LocalSession } from '../../../src/session/index.js';
import { FakeEngine, type FakeRun } from './fake-engine.js';
import { optionsOf, planOf, requestOf, updateOf } from './fixture.js';

const TEXT = 'FROM scratch\nRUN one\nRUN two\nRUN three\n';
const request = requestOf(TEXT);
const size = { cols: 80, rows: 24 };
const plan = planOf([2, 3, 4]);

describe('a shell for a step that somebody looks at', () => {
  let engine: FakeEngine;
  let session: LocalSession;
  let run: FakeRun;
  const prepare = (step: string) => session.execute({ type: 'step.prepare', step, generation: 1, size });
  const rollback = (step: string, more = {}) =>
    session.execute({ type: 'step.rollback', step, moment: 'auto', exclusiveCaches: 'mount', size, ...more });
  const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

  beforeEach(async () => {
    engine = new FakeEngine();
    session = createLocalSession({ ...optionsOf(request, async () => engine), now: () => 5 });
    await session.start();
    run = engine.runs[0]!;
    run.say(plan, updateOf(2, true), updateOf(3, true), updateOf(4, false));
    run.say({ type: 'build.failed', failure: { digest: 'v3', message: 'no', hint: null, exitCode: 1, line: 3 } });
    await turn();
  });

  it('is started before it is asked for, and is the one that is given', async () => {
    await prepare('2');
    await turn();
    expect(run.containers).toHaveLength(1);
    expect(Object.keys(session.state.containers)).toEqual([]);
    const { process } = await rollback('2', { size: { cols: 100, rows: 30 } });
    expect(run.containers).toHaveLength(1);
    expect(session.state.processes.map(({ id }) => id)).toEqual([process]);
    expect(run.containers[0]!.processes[0]!.sizes.at(-1)).toBe('100x30');
  });

  it('gives way to one for another step', async () => {
    await prepare('2');
    await prepare('3');
    await turn();
    expect(run.containers.map(({ spec, isReleased }) => [spec.step, isReleased])).toEqual([
      ['2', true],
      ['3', false],
    ]);
    await rollback('2');
    await turn();
    expect(run.containers.map(({ isReleased }) => isReleased)).toEqual([true, true, false]);
  });

  it('is not given to who wants something else in that step', async () => {
    await prepare('2');
    await rollback('2', { args: ['ls'] });
    await turn();
    expect(run.containers.map(({ isReleased }) => isReleased)).toEqual([true, false]);
  });

  it('is not started where something would have to be carried out, or a cache would be held', async () => {
    await prepare('4');
    run.exclusive = true;
    await prepare('2');
    await turn();
    expect(run.containers).toEqual([]);
  });

  it('is not started while somebody waits for another one', async () => {
    const opened = rollback('2');
    await prepare('3');
    await opened;
    await turn();
    expect(run.containers.map(({ spec }) => spec.step)).toEqual(['2']);
  });

  it('is given back before the next build, and at the end of the session', async () => {
    await prepare('2');
    await turn();
    await session.execute({ type: 'session.reload' });
    expect(run.containers[0]!.isReleased).toBe(true);
    await prepare('2');
    expect(engine.runs[1]!.containers).toEqual([]);
    engine.runs[1]!.say(plan, { type: 'build.succeeded', result: { imageId: null, tags: [], outputs: [] } });
    await turn();
    await prepare('3');
    await turn();
    await session.execute({ type: 'session.disconnect' });
    expect(run.containers.every(({ isReleased }) => isReleased)).toBe(true);
  });

  it('that was lost meanwhile is started anew', async () => {
    await prepare('2');
    await turn();
    await run.containers[0]!.release();
    await turn();
    await rollback('2');
    expect(run.containers.map(({ isReleased }) => isReleased)).toEqual([true, false]);
  });
});
