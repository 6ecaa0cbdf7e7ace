/** Fifty sessions at once: real servers on real sockets, each said to be of a process of its own, without an engine; the real commands on them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enterList, type Listing } from '../../src/cli/sessions/listing.js';
import { createRecord, removeRecord } from '../../src/session/records/session-records.js';
import { engineEnv } from '../helpers/engines.js';
import { testDirectory } from '../helpers/session-root.js';
import { closeTerminals, startTerminal } from '../helpers/terminal.js';
import { projectRoot } from '../setup/toolchain.mjs';
import { type Served, serve, until } from '../unit/session/wire/harness.js';

const COUNT = 50;
/** Node itself has more than twenty open. */
const FILES = 60;

interface Session {
  readonly id: string;
  readonly process: ChildProcess;
  readonly listing: Listing;
  readonly served: Served;
}

let root: string;
let sessions: Session[];
const record = (at: number, pid: number) => ({
  id: (0xab000000 + at).toString(16),
  ...{ pid, version: '1.2.3', startedAtMs: 1000 + at, context: `/work/${at}`, dockerfile: '/work/Dockerfile', cwd: '/work' },
});

async function start(at: number): Promise<Session> {
  // To be signalled instead of these tests, if it came to that.
  const process = spawn('sleep', ['300']);
  const about = record(at, process.pid!);
  const token = `token ${at}`;
  const end = async (): Promise<void> => {
    await served.local.execute({ type: 'session.disconnect' });
    await listing.close();
    removeRecord(root, about.id);
    process.kill();
  };
  const served = serve({ id: about.id, token, onKill: () => void end() });
  await served.local.start();
  const fail = (): void => undefined;
  const listing = await enterList({
    ...{ root, record: about, token, accept: (stream) => served.server.accept(stream) },
    ...{ refuse: (stream) => stream.destroy(), onPutBack: fail, onLost: fail },
  });
  return { id: about.id, process, listing, served };
}

/** With so few files as it may have open. */
function run(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn('sh', ['-c', `ulimit -n ${FILES}; exec "$@"`, 'sh', ...program(args)], {
    env: { ...process.env, ...engineEnv() },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, stdout, stderr })));
}

const program = (args: readonly string[]): string[] => [join(projectRoot, 'bin/bxtui'), ...args];

beforeEach(async () => {
  root = testDirectory();
  sessions = await Promise.all(Array.from({ length: COUNT }, (_, at) => start(at)));
});
afterEach(async () => {
  await closeTerminals();
  for (const { process, served, listing } of sessions) {
    process.kill();
    served.server.dispose();
    await listing.close();
  }
  rmSync(root, { recursive: true, force: true });
});

describe('fifty sessions', () => {
  it('are listed, each with its state and in the order in which they began, and all ended', async () => {
    const dead = spawn('true');
    await new Promise((resolve) => dead.on('exit', resolve));
    createRecord(root, record(COUNT, dead.pid!));
    const ids = [...sessions.map(({ id }) => id), record(COUNT, 0).id];

    const rows = JSON.parse((await run('ls', '--json', '--root', root)).stdout) as Array<{ id: string; state: string }>;
    expect(rows.map(({ id }) => id)).toEqual(ids);
    expect(rows.map(({ state }) => state)).toEqual([...sessions.map(() => 'planning'), 'crashed']);
    const { stdout, stderr } = await run('ls', '--root', root);
    expect(stderr).toBe('');
    expect(stdout.match(/^ab[0-9a-f]{6} +planning /gm)).toHaveLength(COUNT);

    const ended = await run('kill', '--all', '--root', root);
    expect([ended.status, ended.stderr, ended.stdout.trim().split('\n').toSorted()]).toEqual([0, '', ids]);
    await until(() => sessions.every(({ served }) => served.engine.isDisposed));
    expect((await run('ls', '--json', '--root', root)).stdout).toBe('[]\n');
  });

  it('are there to be picked from by bxtui alone', async () => {
    const { id, served } = sessions[COUNT - 1]!;
    const terminal = startTerminal({
      program: 'sh',
      // What was written last may be lost with a terminal that ends while this process, which holds all the sessions, is busy.
      args: ['-c', `ulimit -n ${FILES}; "$@"; status=$?; sleep 1; exit $status`, 'sh', ...program([])],
      env: { ...engineEnv(), BXTUI_ROOT: root },
      ...{ cols: 120, rows: 70 },
    });
    await terminal.waitFor('Number or ID to open');
    expect(terminal.screen().match(/^ +\d+ {2}ab[0-9a-f]{6} {2}planning /gm)).toHaveLength(COUNT);
    terminal.type(`${COUNT}\r`);
    await terminal.waitFor(/\[1\] Steps/);
    expect(served.server.clients).toMatchObject([{ kind: 'screen' }]);
    terminal.press('char:D');
    expect((await terminal.waitForExit()).code).toBe(0);
    expect(terminal.screen()).toContain(id);
  });
});
