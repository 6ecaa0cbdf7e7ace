/** What every front end may rely on, wherever the session is: one suite over a session in this process and over a stream. */
import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../../src/core/events.js';
import type { SessionState } from '../../../src/core/model/index.js';
import { BxError } from '../../../src/platform/errors.js';
import type { FilesQuestion, SessionClient } from '../../../src/session/index.js';
import type { FakeContainer } from './fake-engine.js';
import { failure, plan, printed, type Reached, rollback, SIZE, settle, success, until, vertex, WAYS } from './wire/harness.js';

describe.each(Object.entries(WAYS))('a session %s', (_, way) => {
  let reached: Reached;
  let session: SessionClient;

  beforeEach(async () => {
    reached = await way();
    ({ session } = reached);
  });
  afterEach(() => reached.close());

  /** The build has failed in its second step, and everybody knows. */
  async function fail(): Promise<void> {
    await reached.local.start();
    reached.engine.runs[0]!.say(plan, vertex(2), printed(2, 'hello\n'), failure);
    await until(() => session.state.generations[0]?.status === 'failed');
  }

  it('tells every event in order, with the state after it', async () => {
    const record = (client: SessionClient): Array<[SessionEvent, SessionState]> => {
      const told: Array<[SessionEvent, SessionState]> = [];
      client.onEvent((event, state) => told.push([event, state]));
      return told;
    };
    const [there, here] = [record(reached.local), record(session)];
    await fail();
    await session.execute(rollback('2'));
    reached.programs()[0]!.exit(3);
    await session.execute({ type: 'session.reload', noCache: true });
    reached.engine.runs[1]!.say(
      plan,
      vertex(2, null),
      vertex(3, null),
      printed(2, '\ud83d\ude00\x1b[1m'),
      vertex(2),
      vertex(3),
      success,
    );
    await until(() => here.at(-1)?.[1].generations[1]?.status === 'succeeded');
    expect(here.map(([event]) => event)).toEqual(there.map(([event]) => event));
    expect(here.map(([, state]) => state)).toEqual(there.map(([, state]) => state));
    expect(session.state).toEqual(reached.local.state);
  });

  it('has the effects of a command in its state when the command is carried out', async () => {
    await fail();
    const { process } = await session.execute(rollback('2'));
    expect(session.state.processes).toMatchObject([{ id: process, state: 'running', command: '/bin/sh' }]);
    expect(Object.values(session.state.containers)).toMatchObject([{ step: '2', moment: 'after', state: 'running' }]);
    const again = await session.execute({ type: 'process.rerun', container: session.state.processes[0]!.container, size: SIZE });
    expect(again).toEqual({ process: 'p2' });
    expect(await session.execute({ type: 'process.signal', process: 'p2', signal: 'INT' })).toEqual({ process: null });
    await until(() => session.state.processes[1]!.exitCode === 143);
  });

  it('gives the same state object as long as nothing changes', async () => {
    await fail();
    expect(session.state).toBe(session.state);
  });

  it('connects a terminal: what was printed, what is printed, keys, sizes, the exit code', async () => {
    await fail();
    await session.execute(rollback('2'));
    const program = reached.programs()[0]!;
    program.print('before ');
    const terminal = session.terminal('p1');
    expect(terminal.process).toBe('p1');
    let seen = Buffer.from(terminal.replay()).toString();
    terminal.onData((data) => {
      seen += Buffer.from(data).toString();
    });
    await until(() => seen === 'before ');
    program.print('after');
    terminal.write(Buffer.from('ls\r'));
    terminal.resize(100, 30);
    await until(() => seen === 'before after' && program.sizes.length > 0);
    expect([program.written, program.sizes]).toEqual([['ls\r'], ['100x30']]);
    program.print(', the end');
    program.exit(5);
    await until(() => session.state.processes[0]!.state === 'exited');
    await terminal.delivered?.();
    expect(seen).toBe('before after, the end');
    expect(session.state.processes[0]).toMatchObject({ exitCode: 5 });
    terminal.detach();
    terminal.write(Buffer.from('x'));
  });

  it('tells when a program has taken its input, whoever waits for that, and ends it behind all of it', async () => {
    await fail();
    await session.execute(rollback('2'));
    const program = reached.programs()[0]!;
    const terminal = session.terminal('p1');
    program.isDeaf = true;
    const taken: string[] = [];
    const write = (text: string): void => terminal.write(Buffer.from(text), () => taken.push(text));
    write('a');
    write('b');
    terminal.closeInput!();
    await until(() => program.written.join('') === 'ab' && program.closings === 1);
    await settle();
    expect(taken).toEqual([]);
    program.read();
    await until(() => taken.join('') === 'ab');
  });

  it('gives all output of a program that had ended before anybody listened', async () => {
    await fail();
    await session.execute(rollback('2'));
    reached.programs()[0]!.print('x'.repeat(300_000));
    reached.programs()[0]!.exit(0);
    await until(() => session.state.processes[0]!.state === 'exited');
    const terminal = session.terminal('p');
    let seen = terminal.replay().length;
    terminal.onData((data) => {
      seen += data.length;
    });
    await terminal.delivered?.();
    expect(seen).toBe(300_000);
  });

  it('holds a program back while a terminal is paused, and no longer than it is attached', async () => {
    await fail();
    await session.execute(rollback('2'));
    const program = reached.programs()[0]!;
    const terminal = session.terminal('p1');
    terminal.replay();
    terminal.onData(() => undefined);
    terminal.pause();
    terminal.pause();
    await until(() => program.held > 0);
    terminal.resume();
    await settle();
    expect(program.held).toBeGreaterThan(0);
    terminal.resume();
    await until(() => program.held === 0);
    terminal.pause();
    await until(() => program.held > 0);
    terminal.detach();
    await until(() => program.held === 0);
  });

  it('keeps the log of each step', async () => {
    await fail();
    expect(session.stepLog(1, '2')).toEqual({ head: 'hello\n', tail: '', omittedBytes: 0, file: null });
    expect(session.stepLog(1, '3').head).toBe('');
    await session.execute({ type: 'session.reload' });
    reached.engine.runs[1]!.say(
      plan,
      ...Array.from({ length: 40 }, (_, at) => printed(3, `${at} ${'x'.repeat(20_000)}\n`)),
      success,
    );
    await until(() => session.state.generations[1]!.status === 'succeeded');
    expect(session.stepLog(2, '3')).toEqual(reached.local.stepLog(2, '3'));
    expect(session.stepLog(2, '3').tail.length).toBeGreaterThan(500_000);
  });

  it('names the file of a log that has outgrown memory', async () => {
    await reached.local.start();
    const line = 'x'.repeat(100_000);
    reached.engine.runs[0]!.say(plan, ...Array.from({ length: 40 }, () => printed(2, line)), vertex(2), success);
    await until(() => session.state.generations[0]?.status === 'succeeded');
    const { file, omittedBytes } = session.stepLog(1, '2');
    expect(omittedBytes).toBeGreaterThan(0);
    expect(statSync(file!).size).toBe(40 * line.length);
  });

  it('knows which steps have an exclusive cache', async () => {
    await reached.local.start();
    expect(session.hasExclusiveCache(1, '2')).toBe(false);
    reached.engine.runs[0]!.exclusive = true;
    reached.engine.runs[0]!.say(plan, failure);
    await until(() => session.state.generations[0]?.status === 'failed');
    await settle();
    expect(session.hasExclusiveCache(1, '2')).toBe(true);
    expect(session.hasExclusiveCache(2, '2')).toBe(false);
  });

  it('tells of the files of a step, in bounds', async () => {
    await fail();
    const { files } = reached.engine.runs[0]!;
    files.set('/a', 'x'.repeat(2_500));
    const ask = async (question: FilesQuestion, step = '2') => {
      const result = await session.execute({ type: 'step.files', step, moment: 'auto', question });
      return result.process === null ? result.files : undefined;
    };
    expect(await ask({ kind: 'stat', path: '/a' })).toMatchObject({
      moment: 'after',
      note: null,
      entry: { name: 'a', sizeBytes: 2_500 },
    });
    expect(await ask({ kind: 'read', path: '/a', offset: 2_000, length: 400 })).toEqual({
      ...{ kind: 'read', moment: 'after', note: null, isEnd: false },
      base64: Buffer.from('x'.repeat(400)).toString('base64'),
    });
    expect(await ask({ kind: 'read', path: '/a', offset: 2_000, length: 500 })).toMatchObject({ isEnd: true });
    await expect(ask({ kind: 'read', path: '/a', offset: -1, length: 1 })).rejects.toMatchObject({ code: 'input' });
    await expect(ask({ kind: 'read', path: '/b', offset: 0, length: 1 })).rejects.toMatchObject({ code: 'not-found' });
    await expect(ask({ kind: 'list', path: '/' }, '9')).rejects.toMatchObject({ code: 'not-found' });
    await expect(ask({ kind: 'find' } as never)).rejects.toMatchObject({ code: 'unsupported' });
    for (let index = 0; index < 20_010; index++) files.set(`/${index}`, '');
    const listed = await ask({ kind: 'list', path: '/' });
    expect(listed).toMatchObject({ kind: 'list', omitted: 11 });
    expect(await ask({ kind: 'changes' })).toMatchObject({ kind: 'changes', moment: 'after', omitted: 11 });
  });

  it('throws errors that say what failed and what to do', async () => {
    await fail();
    const error = await session.execute(rollback('9')).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BxError);
    expect(error).toMatchObject({ code: 'not-found', message: 'no step 9 in this build', hint: null });
    await expect(session.execute({ type: 'process.signal', process: 'p9', signal: 'INT' })).rejects.toMatchObject({
      code: 'not-found',
      message: 'no process p9',
      hint: 'ps lists the processes of this session',
    });
    await expect(session.execute({ type: 'build.cancel' })).rejects.toMatchObject({ code: 'state' });
    expect(() => session.terminal('p9')).toThrow(expect.objectContaining({ code: 'not-found', message: 'no process p9' }));
  });

  it('cancels a command with its signal', async () => {
    await fail();
    let isAsked = false;
    reached.engine.runs[0]!.openContainer = (_spec, signal?: AbortSignal) => {
      isAsked = true;
      return new Promise<FakeContainer>((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new BxError('cancelled', 'stopped')));
      });
    };
    const abort = new AbortController();
    const answer = session.execute(rollback('2'), abort.signal).catch((error: unknown) => error);
    await until(() => isAsked);
    abort.abort();
    expect(await answer).toMatchObject({ code: 'cancelled' });
  });

  it('ends: the command is answered, everybody is told, and nothing can be done any more', async () => {
    await fail();
    await session.execute(rollback('2'));
    expect(await session.execute({ type: 'session.disconnect' })).toEqual({ process: null });
    await session.ended;
    expect(reached.engine.isDisposed).toBe(true);
    await expect(session.execute(rollback('2'))).rejects.toMatchObject({ code: 'state', message: 'the session has ended' });
    expect(session.state.processes[0]!.state).not.toBe('running');
  });

  it('ends in order also while somebody types and a program prints', async () => {
    await fail();
    await session.execute(rollback('2'));
    const terminal = session.terminal('p1');
    terminal.onData(() => undefined);
    const typing = setInterval(() => terminal.write(Buffer.alloc(100_000)), 0);
    const printing = setInterval(() => reached.programs()[0]!.print('x'.repeat(100_000)), 0);
    await settle();
    expect(await session.execute({ type: 'session.disconnect' })).toEqual({ process: null });
    await session.ended;
    if ('disconnected' in session) expect(await session.disconnected).toBeNull();
    clearInterval(typing);
    clearInterval(printing);
  });
});
