/** Sessions in a process of their own: left, lost, found again, seen from several terminals, ended. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sessions } from '../helpers/detached.js';
import { engineEnv, expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject } from '../helpers/project.js';
import { runBxtui } from '../helpers/run.js';
import { commandLine, detach, inShell, leaveTerminal, quit, shellOpens } from '../helpers/session.js';
import { RESTORED_MODES, startTerminal, type TestTerminal } from '../helpers/terminal.js';
import { projectRoot } from '../setup/toolchain.mjs';

const FAILING = `${BASE}RUN echo partial > /partial; exit 3\n`;

const OTHER = `${BASE}RUN exit 4\n`;

let sessions: Sessions;
beforeEach(() => {
  sessions = new Sessions();
});
afterEach(() => sessions.end());

describe('a detached session', () => {
  it('is started, listed, attached to, left and found again as it was, and ended from its screen', async () => {
    const id = await sessions.detach(createProject(FAILING));
    await sessions.untilFailed();
    const first = await sessions.attach(id.slice(0, 3));
    await sessions.typeInto(first);
    expect(await inShell(first, 'cat /partial; echo mine > /mine; echo seen-$((40+2))')).toContain('seen-42');
    expect((await detach(first)).code).toBe(0);
    expect(first.modes()).toEqual(RESTORED_MODES);
    expect(first.screen()).toContain(`bxtui attach ${id}`);
    await expect.poll(() => sessions.list()).toMatchObject([{ id, state: 'failed', shells: 1, clients: 0 }]);
    expect((await sessions.run('ls')).stdout).toMatch(/ENDS +CONTEXT\n.* in 24h /);

    const second = await sessions.attach(id);
    await second.waitFor(/seen-42/);
    await second.waitFor(/FAILED exit 3/);
    // The keys go where they went before.
    await shellOpens(second);
    expect(await inShell(second, 'cat /mine')).toBe('mine');
    await leaveTerminal(second);
    expect((await quit(second)).code).toBe(1);
    expect(await sessions.list()).toEqual([]);
  });

  it('goes on when its screen is hung up on, or killed', async () => {
    const id = await sessions.detach(createProject(FAILING));
    await sessions.untilFailed();
    for (const signal of ['SIGHUP', 'SIGKILL'] as const) {
      const terminal = await sessions.attach(id);
      await terminal.waitFor(/FAILED exit 3/);
      process.kill(terminal.pid, signal);
      await terminal.waitForExit();
      expect(await sessions.list()).toMatchObject([{ id, state: 'failed', shells: 1 }]);
    }
  });

  it('is found again after its directory was taken away below it', async () => {
    const id = await sessions.detach(createProject(FAILING));
    await sessions.untilFailed();
    const first = await sessions.attach(id);
    await sessions.typeInto(first);
    rmSync(sessions.root, { recursive: true });
    expect(await sessions.list()).toEqual([]);
    expect(await inShell(first, 'echo still-$((40+2)); echo mine > /mine')).toContain('still-42');
    await leaveTerminal(first);
    first.press('char:D');
    expect((await first.waitForExit()).code).toBe(0);
    await expect.poll(() => sessions.list()).toMatchObject([{ id, state: 'failed', shells: 1, clients: 0 }]);
    const second = await sessions.attach(id);
    await sessions.typeInto(second);
    expect(await inShell(second, 'cat /mine')).toBe('mine');
    await leaveTerminal(second);
    expect((await quit(second)).code).toBe(1);
    expect(await sessions.list()).toEqual([]);
  });

  it('shows on several screens, and gives a program the size that fits them all', async () => {
    const id = await sessions.detach(createProject(FAILING));
    await sessions.untilFailed();
    const large = await sessions.attach(id, { cols: 160, rows: 48 });
    await sessions.typeInto(large);
    const before = await inShell(large, 'stty size');
    const small = await sessions.attach(id, { cols: 80, rows: 24 });
    await small.waitFor(/FAILED exit 3/);
    const rows = (size: string): number => Number(size.split(' ')[0]);
    let together = before;
    await expect
      .poll(async () => {
        together = await inShell(large, 'stty size');
        return rows(together);
      })
      .toBeLessThan(rows(before));
    await small.waitFor(together);
    expect(await sessions.list()).toMatchObject([{ clients: 2 }]);
  });

  it('is chosen from a list by bxtui alone, by number or by the beginning of its id; a wrong answer is asked again', async () => {
    const id = await sessions.detach(createProject(FAILING));
    await sessions.untilFailed();
    const env = { ...engineEnv(), BXTUI_ROOT: sessions.root };
    const pick = async (): Promise<TestTerminal> => {
      const terminal = startTerminal({ cols: 120, rows: 40, args: [], env });
      await terminal.waitFor('Number or ID to open');
      expect(terminal.screen()).toMatch(new RegExp(`1 {2}${id} {2}failed`));
      return terminal;
    };
    const first = await pick();
    first.type('7');
    first.press('enter');
    await first.waitFor('there is no session 7');
    first.type('1');
    first.press('enter');
    await first.waitFor(/FAILED exit 3/);
    await detach(first);
    const second = await pick();
    second.type(id.slice(0, 4));
    second.press('enter');
    await second.waitFor(/\[1\] Steps/);
    await detach(second);
    const none = await pick();
    none.press('enter');
    expect((await none.waitForExit()).code).toBe(0);
    await expect.poll(() => sessions.list()).toMatchObject([{ id, clients: 0 }]);
  });

  it('is left for another by the command line of its screen, which lists them', async () => {
    const [first, second] = [await sessions.detach(createProject(FAILING)), await sessions.detach(createProject(OTHER))];
    await Promise.all([first, second].map((id) => sessions.untilFailed(id)));
    const terminal = await sessions.attach(first);
    await terminal.waitFor(/FAILED exit 3/);
    await commandLine(terminal, 'list');
    await terminal.waitFor((screen) => [first, second].every((id) => screen.includes(id)), { what: 'both sessions' });
    terminal.press('escape');
    await terminal.waitFor((screen) => !screen.includes(second), { what: 'the list gone' });
    await commandLine(terminal, `attach ${second}`);
    await terminal.waitFor(/FAILED exit 4/);
    await expect
      .poll(() => sessions.list())
      .toMatchObject([
        { id: first, state: 'failed', clients: 0 },
        { id: second, clients: 1 },
      ]);
    expect((await detach(terminal)).code).toBe(0);
    expect(terminal.modes()).toEqual(RESTORED_MODES);
  });

  it('that meets the failure of another one has every step that it was built on', async () => {
    const project = createProject(FAILING);
    await sessions.detach(project);
    await sessions.untilFailed();
    const id = await sessions.detach(project);
    await sessions.untilFailed(id);
    const terminal = await sessions.attach(id);
    // A frame may come in two parts.
    const screen = await terminal.waitFor(/FAILED exit 3[\s\S]*\[1\] Steps 4\/5[\s\S]*5 ✘ RUN echo partial/);
    expect(screen).not.toMatch(/│ +[1-4] · /);
  });

  it('builds again from another terminal', async () => {
    const project = createProject(FAILING);
    const id = await sessions.detach(project);
    await sessions.untilFailed();
    project.edit('exit 3', 'exit 0');
    const terminal = await sessions.attach(id);
    await terminal.waitFor(/FAILED exit 3/);
    await leaveTerminal(terminal);
    terminal.press('char:r');
    await terminal.waitFor(/ BUILT /, { timeoutMs: 30_000 });
    expect((await quit(terminal)).code).toBe(0);
  });

  it('whose process is killed is told as crashed, holds nothing, and is put away', async () => {
    const id = await sessions.detach(createProject(FAILING));
    await sessions.untilFailed();
    const terminal = await sessions.attach(id);
    await terminal.waitFor(/FAILED exit 3/);
    process.kill(sessions.serverPid(id), 'SIGKILL');
    expect((await terminal.waitForExit()).code).toBe(1);
    expect(terminal.modes()).toEqual(RESTORED_MODES);
    expect(await sessions.list()).toMatchObject([{ id, state: 'crashed' }]);
    await expectNoContainers();
    const attached = await runBxtui(['attach', '--root', sessions.root, id]);
    expect(attached.status).not.toBe(0);
    expect((await sessions.run('kill', id)).stdout).toBe(`${id}\n`);
    expect(await sessions.list()).toEqual([]);
  });

  it('that has crashed is started again by the command that ls offers, with all that it was started with', async () => {
    const project = createProject(`${BASE}ARG WORD\nRUN echo "word: $WORD"; exit 3\n`);
    const started = await runBxtui(
      ['build', '--detach', '--root', sessions.root, '--build-arg', "WORD=it's $HOME", '-t', 'again', '.'],
      {
        cwd: project.dir,
      },
    );
    expect(started.status, started.output).toBe(0);
    await sessions.untilFailed();
    const id = started.stdout.trim();
    process.kill(sessions.serverPid(id), 'SIGKILL');
    await expect.poll(async () => (await sessions.list())[0]).toMatchObject({ state: 'crashed' });
    const listed = await sessions.run('ls');
    const offered = /start it again: {2}(.*)/.exec(listed.stdout)?.[1] ?? '';
    expect(JSON.parse((await sessions.run('ls', '--json')).stdout)[0].startAgain).toBe(offered);
    await sessions.run('kill', id);
    const bin = join(projectRoot, 'bin');
    const env = { ...process.env, ...engineEnv(), PATH: `${bin}:${process.env.PATH}` };
    execFileSync('/bin/sh', ['-c', offered], { cwd: '/', env });
    await sessions.untilFailed();
    expect((await sessions.run('logs')).output).toContain("word: it's $HOME");
  });

  it('whose process has stopped is ended by force, and says so', async () => {
    const id = await sessions.detach(createProject(FAILING));
    await sessions.untilFailed();
    process.kill(sessions.serverPid(id), 'SIGSTOP');
    const killed = await sessions.run('kill', id);
    expect(killed).toMatchObject({ status: 0, stdout: `${id}\n`, stderr: `${id} did not end when asked to: ended by SIGKILL\n` });
    expect(await sessions.list()).toEqual([]);
  }, 40_000);

  it('is not left behind when there is no engine, or nothing to build', async () => {
    const project = createProject(FAILING);
    const none = await runBxtui(['build', '--detach', '--root', sessions.root, project.dir], {
      env: { BUILDKIT_HOST: undefined, DOCKER_HOST: 'unix:///nonexistent/docker.sock' },
    });
    expect(none.status).toBe(1);
    expect(none.stderr).toContain('/nonexistent/docker.sock');
    const empty = await sessions.run('build', '--detach', join(project.dir, 'nowhere'));
    expect(empty.status).toBe(1);
    expect(await sessions.list()).toEqual([]);
    expect((await sessions.run('ls')).stdout).toContain('No session');
  });

  it('that does not exist is said not to, with what there is', async () => {
    const attached = await sessions.run('kill', 'beef');
    expect(attached.status).toBe(1);
    expect(attached.stderr).toContain('no session beef');
  });
});
