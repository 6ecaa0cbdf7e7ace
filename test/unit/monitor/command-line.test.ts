import { beforeEach, describe, expect, it } from 'vitest';
import type { MonitorDeps } from '../../../src/monitor/command.js';
import { type CommandLine, createCommandLine, MONITOR_COMMANDS } from '../../../src/monitor/command-line.js';
import { BxError } from '../../../src/platform/errors.js';
import type { SessionCommand } from '../../../src/session/index.js';
import { FakeSession } from './fake-session.js';

let session: FakeSession;
let attached: string[];
let exits: number;
const commandLine = (more: Partial<MonitorDeps> = {}): CommandLine =>
  createCommandLine({
    session,
    attach: (process, isNew) => {
      attached.push(`${process}${isNew ? ' new' : ''}`);
      return '';
    },
    exit: () => void exits++,
    size: () => ({ cols: 100, rows: 30 }),
    hasTerminal: true,
    invoke: null,
    now: () => 61_000,
    ...more,
  });
const failure = async (line: string, more: Partial<MonitorDeps> = {}): Promise<BxError> => {
  try {
    await commandLine(more).run(line);
  } catch (error) {
    if (error instanceof BxError) return error;
    throw error;
  }
  throw new Error(`${line} did not fail`);
};
const last = () => session.commands.at(-1);

beforeEach(() => {
  session = new FakeSession();
  session.startBuild();
  session.fail();
  attached = [];
  exits = 0;
});

describe('rollback', () => {
  const base = { type: 'step.rollback', moment: 'auto', exclusiveCaches: 'mount', size: { cols: 100, rows: 30 } };

  it.each([
    ['rollback', { ...base, step: '6' }],
    ['rollback 3', { ...base, step: '3' }],
    ['rollback L2 --init', { ...base, step: '2', moment: 'before' }],
    ['rollback --init', { ...base, step: '6', moment: 'before' }],
    ['rollback --init #3 ls -l', { ...base, step: '3', moment: 'before', args: ['ls', '-l'] }],
    [`rollback build:1 sh -c 'ls "/"'`, { ...base, step: '4', args: ['sh', '-c', 'ls "/"'] }],
    ['rollback ls --init', { ...base, step: '6', args: ['ls', '--init'] }],
    ['rollback 2 3', { ...base, step: '2', args: ['3'] }],
    ['rollback -- 3', { ...base, step: '6', args: ['3'] }],
  ])('%s', async (line, command) => {
    await commandLine().run(line);
    expect(last()).toEqual(command);
    expect(attached).toEqual(['p1 new']);
  });

  it('is left to a front end that starts programs itself, as exec is', async () => {
    const started: string[] = [];
    const start = async (command: SessionCommand) => void started.push(command.type);
    const before = session.commands.length;
    expect(await commandLine({ start }).run('rollback 3')).toEqual({ text: '' });
    expect(await commandLine({ start }).run('exec ls')).toEqual({ text: '' });
    expect(started).toEqual(['step.rollback', 'step.rollback']);
    expect([session.commands.length, attached]).toEqual([before, []]);
  });

  it('has no terminal where there is none, and means the selected step where one is', async () => {
    await commandLine({ hasTerminal: false, selectedStep: () => '2' }).run('rollback');
    expect(last()).toMatchObject({ step: '2', tty: false });
  });

  it('leaves an exclusive cache to a build that runs', async () => {
    session.startBuild();
    await commandLine().run('rollback 2');
    expect(last()).toMatchObject({ exclusiveCaches: 'omit' });
  });

  it('refuses steps and flags that are not there', async () => {
    expect((await failure('rollback 99')).code).toBe('not-found');
    expect((await failure('rollback -x 3')).hint).toContain('usage: rollback');
    expect(session.commands).toEqual([]);
  });
});

describe('exec', () => {
  it('runs in the container that was opened last, with what --invoke says', async () => {
    session.openContainer('2', 'after');
    session.start('c1', [], true);
    const invoke = { args: null, env: ['A=1'], user: 'me', cwd: '/srv', tty: true };
    await commandLine({ invoke }).run('exec env');
    expect(last()).toMatchObject({
      type: 'process.exec',
      container: 'c1',
      args: ['env'],
      env: ['A=1'],
      user: 'me',
      cwd: '/srv',
      tty: true,
    });
    await commandLine({ invoke }).run('exec -e B=2 --env=C=3 -uroot -w / -T sh -c id -T');
    expect(last()).toMatchObject({
      args: ['sh', '-c', 'id', '-T'],
      env: ['A=1', 'B=2', 'C=3'],
      user: 'root',
      cwd: '/',
      tty: false,
    });
  });

  it('opens a container at the failed step when there is none', async () => {
    await commandLine().run('exec -u nobody id');
    expect(last()).toMatchObject({ type: 'step.rollback', step: '6', args: ['id'], user: 'nobody', tty: true });
  });

  it('does not use a container that is gone', async () => {
    session.openContainer('2', 'after');
    session.start('c1', [], true);
    session.emit({ type: 'container.updated', atMs: 1, container: { ...session.state.containers.c1!, state: 'released' } });
    await commandLine().run('exec id');
    expect(last()).toMatchObject({ type: 'step.rollback' });
  });

  it.each([
    ['exec', 'needs a command'],
    ['exec -T', 'needs a command'],
    ['exec -e', 'needs an argument: -e'],
    ['exec -e A id', '-e A: must be NAME=value'],
    ['exec -x id', 'unknown flag: -x'],
    ['exec --nope id', 'unknown flag: --nope'],
  ])('%s is refused', async (line, message) => {
    const error = await failure(line);
    expect(error.message).toContain(message);
    expect(error.hint).toContain('usage: exec');
  });
});

describe('ps, steps, attach, disconnect', () => {
  beforeEach(async () => {
    session.program = (args) => ({ output: '', exitCode: args.length > 0 ? 3 : null });
    session.openContainer('6', 'failed');
    session.start('c1', [], true);
    session.start('c1', ['ls', '\u001b[31mred'], false);
    await Promise.resolve();
  });

  it('lists processes, ended ones too, without what could act on a terminal', async () => {
    const { text } = await commandLine().run('ps');
    expect(text.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['ID', 'STEP', 'STATE', 'STARTED', 'COMMAND'],
      ['p1', '6 (failed)', 'running', '60s ago', '/bin/sh'],
      ['p2', '6 (failed)', 'exit 3', '60s ago', 'ls red'],
    ]);
  });

  it('lists the steps with their numbers and states', async () => {
    const lines = (await commandLine().run('steps')).text.split('\n').map((line) => line.trim().split(/ {2,}/));
    expect(lines[0]).toEqual(['STEP', 'STAGE', 'STATE', 'TIME', 'LINE', 'INSTRUCTION']);
    expect(lines[6]!.slice(0, 3)).toEqual(['6', 'build', 'failed']);
    expect(lines).toHaveLength(8);
  });

  it('attaches by a unique prefix', async () => {
    await commandLine().run('attach p1');
    expect(attached).toEqual(['p1']);
    expect((await failure('attach p')).message).toBe('several processes begin with p: p1, p2');
    expect((await failure('attach p9')).code).toBe('not-found');
    expect((await failure('attach abcd')).code).toBe('state');
    expect((await failure('attach')).hint).toBe('usage: attach ID');
  });

  it('ends a process, or the session', async () => {
    expect((await commandLine().run('disconnect p1')).text).toBe('p1 ended');
    expect(last()).toEqual({ type: 'process.disconnect', process: 'p1' });
    expect((await commandLine().run('disconnect p2')).text).toContain('has ended already');
    expect(exits).toBe(0);
    await commandLine().run('disconnect abcd');
    await commandLine().run('disconnect');
    await commandLine().run('exit');
    expect(exits).toBe(3);
  });
});

describe('disconnect of what has ended', () => {
  it('gives back the container that has outlived its programs, once', async () => {
    session.openContainer('6', 'failed');
    session.start('c1', [], true);
    session.start('c1', ['sleep'], true);
    session.exit('p1', 0);
    expect((await commandLine().run('disconnect p1')).text).toBe('p1 has ended already');
    session.exit('p2', 0);
    expect(commandLine().complete('disconnect ', 11).candidates).toContain('p1');
    expect((await commandLine().run('disconnect p1')).text).toBe('the container of p1 was given back');
    expect(last()).toEqual({ type: 'process.disconnect', process: 'p1' });
    expect((await commandLine().run('disconnect p2')).text).toBe('p2 has ended already');
    expect(commandLine().complete('disconnect ', 11).candidates).not.toContain('p1');
  });
});

describe('reload and help', () => {
  it('reloads, also without the cache', async () => {
    await commandLine().run('reload');
    expect(last()).toEqual({ type: 'session.reload' });
    await commandLine().run('reload --no-cache');
    expect(last()).toEqual({ type: 'session.reload', noCache: true });
    expect((await failure('reload now')).hint).toContain('usage: reload');
  });

  it('lists every command, and explains each', async () => {
    const { text } = await commandLine().run('help');
    for (const { name, summary, usage } of MONITOR_COMMANDS) {
      expect(text).toContain(summary);
      expect((await commandLine().run(`help ${name}`)).text).toContain(`usage: ${usage}`);
    }
    expect((await failure('help nope')).code).toBe('usage');
  });

  it('breaks between words at the width of the terminal, below its column', async () => {
    const width = 60;
    const narrow = commandLine({ textWidth: () => width });
    const table = (await narrow.run('help')).text.split('\n');
    const text = table.join('\n');
    expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(text).toMatch(/^attach {6}shows .*\n {12}\S/m);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(MONITOR_COMMANDS[0]!.summary);
    const flags = (await narrow.run('help exec')).text;
    expect(flags).toContain('-u USER  user or user:group\n');
    const rollback = (await narrow.run('help rollback')).text.split('\n');
    expect(Math.max(...rollback.map((line) => line.length))).toBeLessThanOrEqual(width);
    await expect(narrow.run('nope')).rejects.toThrow(/\nattach {6}shows .*\n {12}\S/);
  });

  it('answers an unknown command with the table and a way to run it in the container', async () => {
    const error = await failure('find /');
    expect(error.message).toContain('unknown command: find');
    expect(error.message).toContain('rollback');
    expect(error.hint).toContain('exec find');
    expect(error.hint).not.toContain('mean');
    expect((await failure('relaod')).hint).toContain('Did you mean reload?');
  });

  it('does nothing for an empty line', async () => {
    expect(await commandLine().run('   ')).toEqual({ text: '' });
  });
});

describe('complete', () => {
  it.each([
    ['', 0, MONITOR_COMMANDS.map((command) => command.name), 0],
    ['re', 2, ['reload'], 0],
    ['rollback 1', 10, ['1'], 9],
    ['rollback --', 11, ['--init'], 9],
    ['rollback ', 9, ['1', '2', '3', '4', '5', '6', '7', '--init'], 9],
    ['help ro', 7, ['rollback'], 5],
    ['reload x', 3, ['reload'], 0],
    ['nope ', 5, [], 5],
  ])('%j at %i', (line, cursor, candidates, start) => {
    expect(commandLine().complete(line, cursor)).toEqual({ candidates, start });
  });

  it('offers the processes that run', () => {
    session.openContainer('2', 'after');
    session.program = () => ({ output: '', exitCode: null });
    session.start('c1', [], true);
    expect(commandLine().complete('attach ', 7).candidates).toEqual(['p1']);
  });
});
