/** A step without any shell, and without one to lend: its programs run alone, and end with the session, however that ends. */
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sessions } from '../helpers/detached.js';
import { createProject } from '../helpers/project.js';
import { endRuns, runBxtui, startBxtui } from '../helpers/run.js';
import { findBusybox } from '../setup/busybox.mjs';

/** Not a name that is taken for a shell. */
const PROGRAM = 'busyboxx';

let sessions: Sessions;
let id: string;
beforeEach(async () => {
  sessions = new Sessions();
  const project = createProject(`FROM scratch\nCOPY ${PROGRAM} /\n`, { [PROGRAM]: readFileSync(findBusybox()) });
  chmodSync(project.path(PROGRAM), 0o755);
  const started = await runBxtui(['build', '--detach', '--root', sessions.root, project.dir], {
    env: { BXTUI_TOOLBOX: '/nonexistent' },
  });
  expect(started.status, started.output).toBe(0);
  id = started.stdout.trim();
  await expect.poll(() => sessions.list(), { timeout: 20_000 }).toMatchObject([{ state: 'succeeded' }]);
});
afterEach(async () => {
  endRuns();
  await sessions.end();
});

/** Those on this machine with this in their command line, but for the ones that ask for it. */
function running(seconds: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`/${PROGRAM}\0sleep\0${seconds}`);
    } catch {
      return false;
    }
  });
}

describe('a program where there is no shell', () => {
  // A number is its name among the processes.
  const begin = async (seconds: string): Promise<void> => {
    startBxtui(['exec', '--root', sessions.root, id, `/${PROGRAM}`, 'sleep', seconds]).result.catch(() => undefined);
    await expect.poll(() => running(seconds), { timeout: 20_000 }).toHaveLength(1);
  };
  const unique = (): string => `${80_000 + Math.floor(Math.random() * 10_000)}`;

  it('ends when the process of its session is killed, on any engine', async () => {
    const [first, second] = [unique(), unique()];
    await begin(first);
    await begin(second);
    process.kill(sessions.serverPid(id), 'SIGKILL');
    await expect.poll(() => [...running(first), ...running(second)], { timeout: 10_000 }).toEqual([]);
    await expect.poll(() => sessions.list()).toMatchObject([{ state: 'crashed' }]);
  });

  it('ends with its session', async () => {
    const seconds = unique();
    await begin(seconds);
    expect((await sessions.run('kill', id)).status).toBe(0);
    await expect.poll(() => running(seconds), { timeout: 10_000 }).toEqual([]);
  });
});
