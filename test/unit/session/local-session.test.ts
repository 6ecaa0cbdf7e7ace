import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { EngineEvent, SessionEvent } from '../../../src/core/events.js';
import { BxError } from '../../../src/platform/errors.js';
import { createLocalSession, type LocalSession, type LocalSessionOptions } from '../../../src/session/index.js';
import { FakeEngine, FakeRun } from './fake-engine.js';
import { failure, optionsOf, planOf, requestOf, rollback, success, TWO_COMMANDS, updateOf } from './fixture.js';

const request = requestOf(TWO_COMMANDS);
const plan = planOf([2, 3]);
const done = [2, 3].map((line) => updateOf(line, true));
const size = { cols: 80, rows: 24 };

let engine: FakeEngine;
let connections: number;
let log: SessionEvent[];

const OPTIONS = optionsOf(request, async () => {
  connections++;
  return engine;
});

async function start(options: Partial<LocalSessionOptions> = {}): Promise<LocalSession> {
  const session = createLocalSession({ ...OPTIONS, ...options });
  session.onEvent((event) => log.push(event));
  await session.start();
  return session;
}

/** Lets everything that is ready happen. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

beforeEach(() => {
  engine = new FakeEngine();
  connections = 0;
  log = [];
});

describe('a local session', () => {
  it('keeps the other shells alive when one exits with any status', async () => {
    const session = await start();
    engine.runs[0]!.say(plan, failure);
    await settle();
    await session.execute(rollback('2'));
    await session.execute(rollback('3'));
    engine.runs[0]!.containers[0]!.processes[0]!.exit(3);
    await settle();
    expect(session.state.processes.map((p) => [p.state, p.exitCode])).toEqual([
      ['exited', 3],
      ['running', null],
    ]);
  });

  it('builds again as a new generation and keeps the old one', async () => {
    const session = await start();
    engine.runs[0]!.say(plan, failure);
    await settle();
    await session.execute({ type: 'session.reload', noCache: true });
    engine.runs[1]!.say(plan, ...done, success);
    await settle();
    expect(session.state.generations.map((g) => g.status)).toEqual(['failed', 'succeeded']);
    expect(engine.requests.map((r) => r.noCache)).toEqual([false, true]);
    expect(connections).toBe(1);
  });

  it('stops a running build before a reload, and releases only containers that hold a locked cache', async () => {
    const session = await start();
    engine.runs[0]!.say(plan);
    await settle();
    await session.execute(rollback('2'));
    engine.runs[0]!.exclusive = true;
    await session.execute(rollback('3'));
    await session.execute({ type: 'session.reload' });
    expect(session.state.generations[0]!.status).toBe('cancelled');
    expect(engine.runs[0]!.containers.map((c) => c.isReleased)).toEqual([false, true]);
    expect(session.state.notices[0]!.message).toContain('locked cache');
  });

  it.each([
    ['was stopped', { type: 'build.cancelled' } as const],
    ['has failed', failure],
  ])('gives back what the engine has of a build that %s before it builds again, unless a shell is open in it', async (_, end) => {
    const session = await start();
    engine.runs[0]!.say(plan, end);
    await settle();
    await session.execute({ type: 'session.reload' });
    expect(engine.runs.map((run) => run.isDisposed)).toEqual([true, false]);
    engine.runs[1]!.say(plan, end);
    await settle();
    await session.execute(rollback('2'));
    await session.execute({ type: 'session.reload' });
    expect(engine.runs.map((run) => run.isDisposed)).toEqual([true, false, false]);
  });

  it('reports an engine that goes away, loses its processes, and connects again on reload', async () => {
    const session = await start();
    engine.runs[0]!.say(plan, failure);
    await settle();
    await session.execute(rollback('2'));
    engine.lose(new Error('socket hang up'));
    await settle();
    expect(session.state.engineStatus).toMatchObject({ kind: 'lost', message: 'socket hang up' });
    expect(session.state.processes[0]!.state).toBe('lost');
    await expect(session.execute(rollback('2'))).rejects.toMatchObject({ code: 'state' });
    engine = new FakeEngine();
    await session.execute({ type: 'session.reload' });
    expect(connections).toBe(2);
    expect(session.state.engineStatus.kind).toBe('ready');
  });

  it('lets a build that the engine took along say so itself, before it is given back', async () => {
    const session = await start();
    engine.runs[0]!.say(plan);
    await settle();
    engine.lose(new Error('gone'));
    await settle();
    expect(engine.runs[0]!.isDisposed).toBe(false);
    engine.runs[0]!.say({
      type: 'build.failed',
      failure: { digest: null, message: 'gone', hint: null, exitCode: null, line: null },
    });
    await settle();
    expect(session.state.generations[0]!.status).toBe('failed');
    expect(engine.runs[0]!.isDisposed).toBe(true);
  });

  describe('when the engine went away in mid-build and is back', () => {
    const gone: EngineEvent = {
      type: 'build.failed',
      failure: { digest: null, message: 'gone', hint: null, exitCode: null, line: null },
    };
    const gaps = async (session: LocalSession, builds: number): Promise<void> => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const lost = engine;
      engine = new FakeEngine();
      lost.lose(new Error('gone'));
      await vi.advanceTimersByTimeAsync(0);
      lost.runs[0]?.say(gone);
      await vi.advanceTimersByTimeAsync(600);
      vi.useRealTimers();
      await settle();
      expect(session.state.engineStatus.kind).toBe('ready');
      expect(session.state.generations.length).toBe(builds);
    };

    it('takes the build up by itself, and gives up where the engine goes away each time', async () => {
      const session = await start();
      engine.runs[0]!.say(plan);
      await settle();
      for (const builds of [2, 3, 4, 4]) await gaps(session, builds);
      expect(session.state.notices.at(-1)).toMatchObject({ message: 'fake is back', hint: 'reload builds again' });
    });

    it('begins no build when none was on its way', async () => {
      const session = await start();
      engine.runs[0]!.say(plan, failure);
      await settle();
      await gaps(session, 1);
    });
  });

  it('ends a shell that holds a locked cache as soon as a running step needs one', async () => {
    const session = await start();
    engine.runs[0]!.say(plan);
    await settle();
    engine.runs[0]!.exclusive = true;
    await session.execute(rollback('2'));
    const started: EngineEvent = { ...(done[1] as Extract<EngineEvent, { type: 'vertex.updated' }>), completedAtMs: null };
    engine.runs[0]!.say(started);
    await settle();
    expect(engine.runs[0]!.containers[0]!.isReleased).toBe(true);
    expect(session.state.notices[0]!.message).toContain('locked cache');
  });

  it('gives earlier runs back before one without the cache, unless a shell of theirs is open', async () => {
    const session = await start();
    engine.runs[0]!.say(plan, failure);
    await settle();
    await session.execute({ type: 'session.reload', noCache: true });
    expect(engine.runs[0]!.isDisposed).toBe(true);
    engine.runs[1]!.say(plan, failure);
    await settle();
    await session.execute(rollback('2'));
    await session.execute({ type: 'session.reload', noCache: true });
    expect(engine.runs[1]!.isDisposed).toBe(false);
    expect(session.state.notices.at(-1)!.message).toBe(
      'p1 holds an earlier build without the cache open: what is the same in it is not run again',
    );
  });

  it('names no shells of a build with the cache before one without', async () => {
    const session = await start();
    engine.runs[0]!.say(plan, failure);
    await settle();
    await session.execute(rollback('2'));
    await session.execute({ type: 'session.reload', noCache: true });
    expect(session.state.notices.filter(({ message }) => message.includes('without the cache'))).toEqual([]);
  });

  it('takes for an older run what its own shells bring about, and not what a newer run carries out', async () => {
    const session = await start();
    const [first] = engine.runs;
    first!.say(plan, failure);
    await settle();
    await session.execute(rollback('3'));
    const says = (text: string): EngineEvent => ({ type: 'log.appended', digest: 'v2', stream: 'stdout', text });
    first!.sayLate(says('late '));
    await session.execute({ type: 'session.reload' });
    engine.runs[1]!.say(plan);
    await settle();
    first!.sayLate(says('of run 2 '));
    first!.openContainer = async (spec) => {
      first!.sayLate(says('asked for'));
      return FakeRun.prototype.openContainer.call(first, spec);
    };
    await session.execute({ ...rollback('2'), generation: 1 });
    first!.sayLate(says('of run 2'));
    expect(session.stepLog(1, '2').head).toBe('late asked for');
  });

  it('turns a connection that fails into a failed generation, and rejects', async () => {
    await expect(start({ connect: () => Promise.reject(new Error('refused')) })).rejects.toThrow('refused');
    expect(log.at(-1)).toMatchObject({ event: { type: 'build.failed', failure: { message: 'refused' } } });
  });

  it('tells what it takes to have an engine as steps of the build, which can be cancelled then', async () => {
    const booting = { type: 'vertex.updated', digest: 'sha256:b', name: '[internal] booting buildkit', inputs: [] } as const;
    const connect: LocalSessionOptions['connect'] = (signal, tell) => {
      connections++;
      if (connections > 1) return Promise.resolve(engine);
      tell({ ...booting, isCached: false, startedAtMs: 1, completedAtMs: null, error: '' });
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new BxError('cancelled', 'connecting was cancelled')));
      });
    };
    const session = createLocalSession({ ...OPTIONS, connect });
    const starting = session.start();
    await settle();
    const generation = session.state.generations.at(-1)!;
    expect(Object.values(generation.steps).find(({ text }) => text === 'booting buildkit')?.state).toBe('running');
    await session.execute({ type: 'build.cancel' });
    await starting;
    expect(session.state.generations.at(-1)!.status).toBe('cancelled');
    await session.execute({ type: 'session.reload' });
    expect([connections, engine.runs.length]).toEqual([2, 1]);
  });

  it('says when a shell is lent from somewhere else', async () => {
    const session = await start();
    engine.runs[0]!.say(plan, failure);
    await settle();
    engine.runs[0]!.lentShell = { from: 'step 1', rootfs: '/rootfs' };
    await session.execute(rollback('2'));
    expect(Object.values(session.state.containers)[0]!.note).toBe(
      'There is no shell in this step: this one is lent by step 1; the files of this step are at /rootfs.',
    );
  });

  it('explains a filesystem without a shell and releases the container', async () => {
    const session = await start();
    engine.runs[0]!.say(plan, failure);
    await settle();
    engine.runs[0]!.shell = [];
    await expect(session.execute(rollback('2'))).rejects.toMatchObject({ code: 'unsupported' });
    expect(engine.runs[0]!.containers[0]!.isReleased).toBe(true);
  });

  it('releases a container with its last process, and only signals before', async () => {
    const session = await start();
    engine.runs[0]!.say(plan, failure);
    await settle();
    await session.execute(rollback('2'));
    const container = engine.runs[0]!.containers[0]!;
    await session.execute({ type: 'process.exec', container: container.id, args: ['top'], tty: true, size });
    await session.execute({ type: 'process.disconnect', process: 'p1' });
    await settle();
    expect([container.isReleased, container.processes[0]!.signals]).toEqual([false, ['KILL']]);
    await session.execute({ type: 'process.disconnect', process: 'p2' });
    expect(container.isReleased).toBe(true);
    await expect(
      session.execute({ type: 'process.exec', container: container.id, args: [], tty: true, size }),
    ).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('replays a terminal to whoever comes later, remembers sizes, and holds the program back only while a reader does', async () => {
    const session = await start();
    engine.runs[0]!.say(plan, failure);
    await settle();
    await session.execute(rollback('2'));
    const process = engine.runs[0]!.containers[0]!.processes[0]!;
    process.print('hello');
    const terminal = session.terminal('p1');
    let seen = Buffer.from(terminal.replay()).toString();
    terminal.onData((data) => {
      seen += Buffer.from(data).toString();
    });
    process.print(' world');
    expect(seen).toBe('hello world');
    terminal.resize(100, 30);
    terminal.pause();
    terminal.pause();
    expect(process.held).toBe(2);
    terminal.detach();
    expect([process.held, process.sizes]).toEqual([0, ['100x30']]);
    process.print('!');
    expect(seen).toBe('hello world');
    expect(() => session.terminal('p9')).toThrow(/no process p9/);
  });

  it.each(['run', 'engine', 'container'])('ends although the %s never gives back what it holds', async (what) => {
    const session = await start();
    const run = engine.runs[0]!;
    run.say(plan, failure);
    await settle();
    await session.execute(rollback('2'));
    const never = (): Promise<void> => new Promise(() => undefined);
    if (what === 'run') run.dispose = never;
    else if (what === 'engine') engine.dispose = never;
    else run.containers[0]!.release = never;
    vi.useFakeTimers();
    let isOver = false;
    void session.execute({ type: 'session.disconnect' }).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(9_000);
    vi.useRealTimers();
    expect(isOver).toBe(true);
    await session.ended;
    expect([run.isDisposed, engine.isDisposed]).toEqual([what !== 'run', what !== 'engine']);
  });

  it('gives everything back at the end, also when asked twice', async () => {
    const session = await start();
    engine.runs[0]!.say(plan, failure);
    await settle();
    await session.execute(rollback('2'));
    await Promise.all([session.execute({ type: 'session.disconnect' }), session.execute({ type: 'session.disconnect' })]);
    await session.ended;
    expect([engine.runs[0]!.containers[0]!.isReleased, engine.runs[0]!.isDisposed, engine.isDisposed]).toEqual([
      true,
      true,
      true,
    ]);
    await expect(session.execute(rollback('2'))).rejects.toMatchObject({ code: 'state' });
  });
});
