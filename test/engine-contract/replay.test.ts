/** What was done in a session on this engine is all there in the replay of its record, and nothing can be done in it. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SessionState } from '../../src/core/model/index.js';
import type { Engine } from '../../src/engine/engine.js';
import type { SessionClient, SessionCommand } from '../../src/session/index.js';
import type { ReplaySession } from '../../src/session/recording/replay-session.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { connect, replayEndpoints, requestFor } from './harness.js';
import { recordedSession } from './recorded.js';

const SIZE = { cols: 80, rows: 24 };
const WITHIN = { timeout: 30_000 };

describe.each(replayEndpoints())('a record of $label', (endpoint) => {
  let engine: Engine;
  let session: SessionClient;
  let replay: ReplaySession;
  /** On a terminal, and without one. */
  const programs: string[] = [];
  /** What each has printed, as who watched it has seen it. */
  const printed = new Map<string, string>();
  const step = '5';

  /** With a replay in the place of the engine. */
  const recordedState = (): SessionState => {
    const { state } = session;
    return { ...state, engine: state.engine && { ...state.engine, kind: 'replay' } };
  };

  beforeAll(async () => {
    engine = await connect({ ...endpoint, isReplay: false });
    const recorded = recordedSession(engine, requestFor(createProject(`${BASE}RUN echo said; mkdir /made`)));
    ({ session } = recorded);
    await recorded.session.start();
    await vi.waitFor(() => expect(session.state.generations[0]?.status).toBe('succeeded'), WITHIN);
    const run = async (command: SessionCommand): Promise<string> => {
      const { process } = await session.execute(command);
      if (process === null) throw new Error(`${command.type} started nothing`);
      programs.push(process);
      printed.set(process, '');
      const terminal = session.terminal(process);
      const add = (data: Uint8Array): void =>
        void printed.set(process, `${printed.get(process)}${Buffer.from(data).toString('latin1')}`);
      add(terminal.replay());
      terminal.onData(add);
      return process;
    };
    const shell = await run({ type: 'step.rollback', step, moment: 'auto', exclusiveCaches: 'mount', size: SIZE });
    const { container } = session.state.processes.find(({ id }) => id === shell)!;
    const tty = session.terminal(shell);
    tty.resize(100, 30);
    const answer = (): string => printed.get(shell) ?? '';
    tty.write(Buffer.from('ls -d /made; stty size; echo $((40 + 2)) ✓\n'));
    await vi.waitFor(() => expect(answer()).toMatch(/\/made\r\n30 100\r\n42 /), WITHIN);
    await run({ type: 'process.exec', container, args: ['sh', '-c', 'echo plain; exit 3'], tty: false, size: SIZE });
    await vi.waitFor(() => expect(session.state.processes.at(-1)?.exitCode).toBe(3), WITHIN);
    tty.write(Buffer.from('exit 7\n'));
    await vi.waitFor(() => expect(session.state.processes[0]?.exitCode).toBe(7), WITHIN);
    replay = await recorded.finish();
    replay.play();
    await replay.untilEnd();
  });
  afterAll(async () => {
    replay?.dispose();
    await engine?.dispose();
  });
  afterEach(removeProjects);

  it('ends in the state in which the session has ended', () => {
    expect(replay.state).toEqual(recordedState());
  });

  it('shows the programs with what they have printed, their sizes and how they ended', () => {
    expect(replay.state.processes.map(({ exitCode }) => exitCode)).toEqual([7, 3]);
    const [shell, plain] = programs.map((process) => replay.terminal(process));
    for (const terminal of [shell!, plain!])
      expect(Buffer.from(terminal.replay()).toString('latin1')).toBe(printed.get(terminal.process));
    expect(printed.get(plain!.process)).toBe('plain\n');
    expect(shell!.size).toEqual({ cols: 100, rows: 30 });
  });

  it('has the log of a step', async () => {
    const { head } = await replay.stepLog(1, step);
    expect(head.replace(/^(?: -)?--> .*\n/gm, '')).toBe('said\n');
  });

  it('is set back to before the programs, and forth again', () => {
    replay.replay.seekTo(0);
    expect(replay.state.processes).toEqual([]);
    replay.replay.seekTo(Number.MAX_SAFE_INTEGER);
    expect(replay.state).toEqual(recordedState());
  });

  it('refuses what would need the engine, and says why', async () => {
    const [process = '', container = ''] = [programs[0], session.state.processes[0]?.container];
    const commands: SessionCommand[] = [
      { type: 'session.reload' },
      { type: 'build.cancel' },
      { type: 'step.rollback', step, moment: 'after', exclusiveCaches: 'omit', size: SIZE },
      { type: 'step.files', step, moment: 'after', question: { kind: 'list', path: '/' } },
      { type: 'process.exec', container, args: ['true'], tty: false, size: SIZE },
      { type: 'process.rerun', container, size: SIZE },
      { type: 'host.exec', args: ['true'], size: SIZE },
      { type: 'process.signal', process, signal: 'TERM' },
      { type: 'process.disconnect', process },
    ];
    for (const command of commands)
      await expect(replay.execute(command), command.type).rejects.toMatchObject({
        ...{ code: 'state', message: expect.stringContaining('replay'), hint: expect.any(String) },
      });
    // Nobody waits for the shell that would be made ready.
    expect(await replay.execute({ type: 'step.prepare', step, generation: 1, size: SIZE })).toEqual({ process: null });
    expect(replay.state).toEqual(recordedState());
  });
});
