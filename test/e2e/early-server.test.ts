/** The process of a session that the launcher starts together with the program. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sessions } from '../helpers/detached.js';
import { engineEnv } from '../helpers/engines.js';
import { BASE, createProject } from '../helpers/project.js';
import { startTerminal, type TestTerminal } from '../helpers/terminal.js';
import { projectRoot } from '../setup/toolchain.mjs';

let sessions: Sessions;
beforeEach(() => {
  sessions = new Sessions();
});
afterEach(() => sessions.end());

const FAILING = `${BASE}RUN exit 3\n`;

function start(args: readonly string[], options: { program?: string; env?: Record<string, string> } = {}): TestTerminal {
  const { program, env } = options;
  const before = program === undefined ? [] : [join(projectRoot, 'bin/start.cjs')];
  return startTerminal({
    ...{ cols: 120, rows: 40, args: [...before, ...args], env: { ...engineEnv(), BXTUI_ROOT: sessions.root, ...env } },
    ...(program === undefined ? {} : { program }),
  });
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** What is left in the directory of sessions by the two on their way to each other. */
const traces = (): string[] => readdirSync(sessions.root).filter((name) => name.startsWith('early'));

async function onlySession(): Promise<string> {
  const listed = await sessions.list();
  expect(listed).toHaveLength(1);
  return listed[0]!.id;
}

describe('a session on a screen', () => {
  it('lives in the process that was started with the program, in a process group and a login session of its own', async () => {
    const terminal = start(['build', createProject(FAILING).dir]);
    await terminal.waitFor(/FAILED exit 3/);
    const pid = sessions.serverPid(await onlySession());
    expect(commandLine(pid).join(' ')).toContain('early-server');
    const ids = spawnSync('ps', ['-o', 'pgid=,sid=,ppid=', '-p', String(pid)], { encoding: 'utf8' })
      .stdout.trim()
      .split(/\s+/);
    expect(ids.slice(0, 2)).toEqual([String(pid), String(pid)]);
    expect(ids[2]).not.toBe(String(terminal.pid));
    expect(traces()).toEqual([]);
  });

  it('shows nobody what its build was asked for with', async () => {
    for (const env of [{}, { BXTUI_EARLY_SERVER: '' }]) {
      const args = ['build', '--build-arg', 'TOKEN=s3cret-4711', createProject(FAILING).dir];
      const terminal = start(args, 'BXTUI_EARLY_SERVER' in env ? { program: process.execPath, env } : {});
      await terminal.waitFor(/FAILED exit 3/);
      const id = await onlySession();
      const shown = commandLine(sessions.serverPid(id)).join(' ');
      expect(shown).toMatch(/^bxtui (?:early|session)-server \w+/);
      expect(shown).not.toContain('s3cret');
      expect((await sessions.run('kill', id)).status).toBe(0);
      await terminal.waitForExit();
    }
  });

  it('has what its process says in its log', async () => {
    const config = join(sessions.root, 'server.toml');
    writeFileSync(config, 'log_level = "info"\n');
    const terminal = start(['build', '--server-config', config, createProject(FAILING).dir]);
    await terminal.waitFor(/FAILED exit 3/);
    const id = await onlySession();
    expect(readFileSync(join(sessions.root, id, 'server.log'), 'utf8')).toContain(`begins: process ${sessions.serverPid(id)}`);
  });

  it('is started as ever where that process has ended, or was never started', async () => {
    const ended = spawnSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).stdout.trim();
    for (const env of [{ BXTUI_EARLY_SERVER: ended }, { BXTUI_EARLY_SERVER: '' }]) {
      const terminal = start(['build', createProject(FAILING).dir], { program: process.execPath, env });
      await terminal.waitFor(/FAILED exit 3/);
      const id = await onlySession();
      expect(commandLine(sessions.serverPid(id)).join(' ')).toContain(`session-server ${id}`);
      expect(traces()).toEqual([]);
      expect((await sessions.run('kill', id)).status).toBe(0);
      await terminal.waitForExit();
    }
  });
});

describe('a program that wants no session', () => {
  it.each([
    ['a wrong command line', 125, ['build', '--nonsense']],
    ['no Dockerfile', 1, ['build', '/nonexistent']],
  ])('takes the process with it: %s', async (_, status, args) => {
    const terminal = start(args);
    const exit = await terminal.waitForExit();
    expect(exit.code).toBe(status);
    await expect.poll(() => earlyServersOf(terminal.pid), { timeout: 10_000 }).toEqual([]);
    expect(traces()).toEqual([]);
  });
});

function earlyServersOf(pid: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const named = new RegExp(`early-server ${pid}\\b`);
  return pids.map(Number).filter((one) => named.test(commandLine(one).join(' ')));
}
