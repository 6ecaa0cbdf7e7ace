/** Records of sessions: kept whatever becomes of the session, and played to the same screen. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sessions } from '../helpers/detached.js';
import { engineEnv } from '../helpers/engines.js';
import { BASE, createProject } from '../helpers/project.js';
import { runBxtui } from '../helpers/run.js';
import { inShell, leaveTerminal } from '../helpers/session.js';
import { RESTORED_MODES, startTerminal, type TestTerminal } from '../helpers/terminal.js';

const FAILING = `${BASE}RUN --mount=type=secret,id=key cat /run/secrets/key; for i in 1 2 3; do echo line $i; sleep 0.2; done
RUN echo partial > /partial; exit 3
`;
const SIZE = { cols: 120, rows: 40 };

let sessions: Sessions;
beforeEach(() => {
  sessions = new Sessions();
});
afterEach(() => sessions.end());

function start(): Promise<string> {
  const project = createProject(FAILING, { key: 'open-sesame\n' });
  return sessions.detach(project, '--secret', `id=key,src=${project.path('key')}`);
}

function replayed(...args: string[]): TestTerminal {
  return startTerminal({ ...SIZE, args: ['replay', '--root', sessions.root, ...args], env: engineEnv() });
}

/** Without what belongs to the one or to the other: the bottom row, and what can be done with a program that has ended. */
function comparable(screen: string): string {
  const offer = ' · Enter starts it again · X closes ──';
  return screen.split('\n').slice(0, -1).join('\n').replaceAll(offer, ' ──'.padEnd(offer.length));
}

const recordText = (id: string): string => {
  const directory = join(sessions.root, 'records', id);
  return readdirSync(directory)
    .map((name) => readFileSync(join(directory, name), 'utf8'))
    .join('');
};

describe('the record of a session', () => {
  it('is played to the screen that the session had at its end', async () => {
    const id = await start();
    await sessions.untilFailed();
    const live = await sessions.attach(id, SIZE);
    await sessions.typeInto(live);
    expect(await inShell(live, 'cat /partial; seq 1 8; printf "\\033[1mbold\\033[0m 名前\\n"')).toContain('partial');
    live.type('seq 1 60; exit 7');
    live.press('enter');
    await live.waitFor('exit 7 ·');
    await leaveTerminal(live);
    live.press('char:1');
    await live.waitFor('▸[1] Steps');
    // Drawn a moment after the first frame.
    await live.waitFor('steps done');
    await live.settled();
    const seen = comparable(live.screen());
    live.press('char:D');
    await live.waitForExit();
    expect((await sessions.run('kill', id)).status).toBe(0);

    const replay = replayed('--at', 'end', id);
    await replay.waitFor(/REPLAY +at end/);
    await replay.waitFor('steps done');
    await replay.settled();
    expect(comparable(replay.screen())).toBe(seen);

    replay.press('home');
    await replay.waitFor((screen) => !screen.includes('FAILED'), { what: 'the beginning' });
    replay.press('char:+', 'char:+', 'char:+', 'char:+', 'char:+');
    await replay.waitFor(' max ');
    replay.press('char: ');
    await replay.waitFor(/REPLAY +at end/);
    await replay.waitFor('steps done');
    await replay.settled();
    expect(comparable(replay.screen())).toBe(seen);
    replay.press('char:q');
    expect((await replay.waitForExit()).code).toBe(0);
    expect(replay.modes()).toEqual(RESTORED_MODES);
  });

  it('is there for its person alone, without secrets, also when the process of the session was killed', async () => {
    const id = await start();
    await sessions.untilFailed();
    const live = await sessions.attach(id, SIZE);
    await live.waitFor(/FAILED exit 3/);
    await live.settled(600);
    process.kill(sessions.serverPid(id), 'SIGKILL');
    await live.waitForExit();
    await sessions.run('kill', id);
    const directory = join(sessions.root, 'records', id);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    expect(recordText(id)).toContain('[redacted]');
    expect(recordText(id)).not.toContain('sesame');
    const { stdout } = await runBxtui(['record', 'ls', '--root', sessions.root, '--json']);
    expect(JSON.parse(stdout)).toMatchObject([{ id, state: 'crashed' }]);
    const told = await sessions.run('replay', id);
    expect(told.status).toBe(0);
    expect(told.stdout).toContain('line 3');
    expect(told.stdout).toContain('exit code: 3');
    expect(told.stderr).toContain('without an end');
  });
});
