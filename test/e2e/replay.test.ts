/** Records of sessions: kept whatever becomes of the session, and played to the same screen. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engineEnv, expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { runBxtui } from '../helpers/run.js';
import { inShell, leaveTerminal, shellOpens } from '../helpers/session.js';
import { closeTerminals, RESTORED_MODES, startTerminal, type TestTerminal } from '../helpers/terminal.js';

const FAILING = `${BASE}RUN --mount=type=secret,id=key cat /run/secrets/key; for i in 1 2 3; do echo line $i; sleep 0.2; done
RUN echo partial > /partial; exit 3
`;
const SIZE = { cols: 120, rows: 40 };

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bxr-'));
});
afterEach(async () => {
  await closeTerminals();
  await run('kill', '--all');
  rmSync(root, { recursive: true, force: true });
  removeProjects();
  await expectNoContainers();
});

const run = (command: string, ...args: string[]) => runBxtui([command, '--root', root, ...args]);

async function start(): Promise<string> {
  const project = createProject(FAILING, { key: 'open-sesame\n' });
  const started = await run('build', '--detach', '--secret', `id=key,src=${project.path('key')}`, project.dir);
  expect(started.status, started.output).toBe(0);
  return started.stdout.trim();
}

/** Until the build is over and its shell is open. */
async function untilFailed(): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const [session] = JSON.parse((await run('ls', '--json')).stdout) as Array<{ state: string; shells: number }>;
    if (session?.state === 'failed' && session.shells === 1) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the build did not fail');
}

function open(command: 'attach' | 'replay', ...args: string[]): TestTerminal {
  return startTerminal({ ...SIZE, args: [command, '--root', root, ...args], env: engineEnv() });
}

/** Without what belongs to the one or to the other: the bottom row, and what can be done with a program that has ended. */
function comparable(screen: string): string {
  const offer = ' · Enter starts it again · X closes ──';
  return screen.split('\n').slice(0, -1).join('\n').replaceAll(offer, ' ──'.padEnd(offer.length));
}

const recordText = (id: string): string => {
  const directory = join(root, 'records', id);
  return readdirSync(directory)
    .map((name) => readFileSync(join(directory, name), 'utf8'))
    .join('');
};

describe('the record of a session', () => {
  it('is played to the screen that the session had at its end', async () => {
    const id = await start();
    await untilFailed();
    const live = open('attach', id);
    await live.waitFor(/FAILED exit 3/);
    live.press('char:i');
    await shellOpens(live);
    expect(await inShell(live, 'cat /partial; seq 1 8; printf "\\033[1mbold\\033[0m 名前\\n"')).toContain('partial');
    live.type('seq 1 60; exit 7');
    live.press('enter');
    await live.waitFor('exit 7 ·');
    await leaveTerminal(live);
    live.press('char:1');
    await live.waitFor('▸[1] Steps');
    await live.settled();
    const seen = comparable(live.screen());
    live.press('char:D');
    await live.waitForExit();
    expect((await run('kill', id)).status).toBe(0);

    const replay = open('replay', '--at', 'end', id);
    await replay.waitFor(/REPLAY +at end/);
    await replay.settled();
    expect(comparable(replay.screen())).toBe(seen);

    replay.press('home');
    await replay.waitFor((screen) => !screen.includes('FAILED'), { what: 'the beginning' });
    replay.press('char:+', 'char:+', 'char:+', 'char:+', 'char:+');
    await replay.waitFor(' max ');
    replay.press('char: ');
    await replay.waitFor(/REPLAY +at end/);
    await replay.settled();
    expect(comparable(replay.screen())).toBe(seen);
    replay.press('char:q');
    expect((await replay.waitForExit()).code).toBe(0);
    expect(replay.modes()).toEqual(RESTORED_MODES);
  });

  it('is there for its person alone, without secrets, also when the process of the session was killed', async () => {
    const id = await start();
    await untilFailed();
    const live = open('attach', id);
    await live.waitFor(/FAILED exit 3/);
    await live.settled(600);
    process.kill(JSON.parse(readFileSync(join(root, id, 'session.json'), 'utf8')).pid, 'SIGKILL');
    await live.waitForExit();
    await run('kill', id);
    const directory = join(root, 'records', id);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    expect(recordText(id)).toContain('[redacted]');
    expect(recordText(id)).not.toContain('sesame');
    const told = await run('replay', id);
    expect(told.status).toBe(0);
    expect(told.stdout).toContain('line 3');
    expect(told.stdout).toContain('exit code: 3');
    expect(told.stderr).toContain('without an end');
  });
});
