/** The shell that a session opens by itself at the end of a build, and who else asks for it meanwhile. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../../src/core/events.js';
import { BxError } from '../../../src/platform/errors.js';
import { createLocalSession, type LocalSession, type LocalSessionOptions } from '../../../src/session/index.js';
import { FakeEngine, type FakeRun } from './fake-engine.js';
import { failure, optionsOf, planOf, requestOf, rollback, success, TWO_COMMANDS, updateOf } from './fixture.js';

const request = requestOf(TWO_COMMANDS);
const plan = planOf([2, 3]);
const done = [2, 3].map((line) => updateOf(line, true));

let engine: FakeEngine;
let log: SessionEvent[];

const OPTIONS = optionsOf(request, async () => engine);

async function start(options: Partial<LocalSessionOptions> = {}): Promise<LocalSession> {
  const session = createLocalSession({ ...OPTIONS, ...options });
  session.onEvent((event) => log.push(event));
  await session.start();
  return session;
}

/** No container opens before what is returned is called. */
function holdContainers(run: FakeRun): () => void {
  const { openContainer } = run;
  let mayOpen = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    mayOpen = resolve;
  });
  run.openContainer = (spec) => held.then(() => openContainer.call(run, spec));
  return () => mayOpen();
}

/** Lets everything that is ready happen. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

beforeEach(() => {
  engine = new FakeEngine();
  log = [];
});

describe('the shell that opens by itself', () => {
  it('opens a shell by itself at the failed step, and says so', async () => {
    const session = await start({ openOn: 'error' });
    engine.runs[0]!.say(plan, failure);
    await settle();
    expect(log.at(-1)).toMatchObject({ type: 'shell.opened', process: 'p1', step: '3' });
    expect(session.state.processes).toMatchObject([{ id: 'p1', state: 'running', command: '/bin/sh' }]);
  });

  it.each([
    ['no state to open', 'no state to open', 'Reload.'],
    ['exit code: 1', 'it failed before anything of it ran', null],
  ])('says why there is none (%s), and what the build has failed of not once more', async (message, told, hint) => {
    const session = await start({ openOn: 'error' });
    const run = engine.runs[0]!;
    run.openContainer = () => Promise.reject(new BxError('engine', message, { hint: 'Reload.' }));
    run.say(plan, failure);
    await settle();
    expect(session.state.notices.at(-1)).toMatchObject({ message: `no shell at step 3: ${told}`, hint });
  });

  it('says that there is none where the build failed outside of its Dockerfile', async () => {
    const session = await start({ openOn: 'error' });
    const run = engine.runs[0]!;
    const outside = {
      type: 'vertex.updated',
      digest: 'f',
      name: 'resolve image config for x',
      inputs: [],
      isCached: false,
    } as const;
    run.openContainer = () => Promise.reject(new BxError('engine', 'no such image'));
    run.say(
      { ...outside, startedAtMs: 1, completedAtMs: 2, error: 'no such image' },
      { type: 'build.failed', failure: { digest: 'f', message: 'no such image', hint: null, exitCode: null, line: 1 } },
    );
    await settle();
    expect(session.state.notices.at(-1)).toMatchObject({ message: 'no shell: the build failed outside of its steps' });
  });

  it('gives the shell that opens by itself to whoever asks for it meanwhile', async () => {
    const session = await start({ openOn: 'error' });
    const run = engine.runs[0]!;
    const mayOpen = holdContainers(run);
    run.say(plan, failure);
    await settle();
    const givenUp = new AbortController();
    const leaving = session.execute(rollback('3'), givenUp.signal);
    const asking = session.execute(rollback('3'));
    givenUp.abort();
    await expect(leaving).rejects.toMatchObject({ code: 'cancelled' });
    mayOpen();
    expect(await asking).toEqual({ process: 'p1' });
    await settle();
    expect(session.state.processes).toHaveLength(1);
    expect(await session.execute(rollback('3'))).toEqual({ process: 'p2' });
  });

  it('opens none by itself where somebody has waited for the end of the step', async () => {
    const session = await start({ openOn: 'error' });
    const run = engine.runs[0]!;
    const mayOpen = holdContainers(run);
    run.say(plan);
    await settle();
    const asking = session.execute(rollback('3'));
    run.say(failure);
    await settle();
    mayOpen();
    expect(await asking).toEqual({ process: 'p1' });
    await settle();
    expect(session.state.processes).toHaveLength(1);
  });

  it('opens nothing by itself after a success, unless asked for always', async () => {
    await start({ openOn: 'error' });
    engine.runs[0]!.say(plan, ...done, success);
    await settle();
    expect(engine.runs[0]!.containers).toHaveLength(0);
    engine = new FakeEngine();
    const session = await start({
      openOn: 'always',
      invoke: { args: ['sh', '-l'], env: ['A=1'], user: 'bob', cwd: '/tmp', tty: true },
    });
    engine.runs[0]!.say(plan, ...done, success);
    await settle();
    expect(session.state.processes).toMatchObject([{ command: 'sh -l' }]);
    expect(engine.runs[0]!.containers[0]!.spec.step).toBe('3');
  });

  it('is on its way while the result is written, and is that one', async () => {
    const session = await start({ openOn: 'always' });
    const run = engine.runs[0]!;
    run.say(plan, ...done, { type: 'export.started' });
    await settle();
    expect(run.containers).toMatchObject([{ spec: { step: '3' } }]);
    expect(session.state.processes).toEqual([]);
    run.say(success);
    await settle();
    expect(run.containers).toHaveLength(1);
    expect(log.at(-1)).toMatchObject({ type: 'shell.opened', process: 'p1', step: '3' });
  });

  it('is given back where the result cannot be written', async () => {
    const session = await start({ openOn: 'always' });
    const run = engine.runs[0]!;
    const outside = { digest: null, message: 'no space left', hint: null, exitCode: null, line: null };
    run.say(plan, ...done, { type: 'export.started' }, { type: 'build.failed', failure: outside });
    await settle();
    expect(run.containers).toMatchObject([{ isReleased: true }]);
    expect(session.state.processes).toEqual([]);
  });
});
