/** Whatever ends or interrupts bxtui, the terminal is as it was; what ends the session leaves nothing of it on the engine. */
import { afterEach, describe, expect, it } from 'vitest';
import { engineEnv, expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { runBxtui } from '../helpers/run.js';
import { inShell, openSession, quit, shellOpens } from '../helpers/session.js';
import { closeTerminals, RESTORED_MODES, startTerminal, type TestTerminal } from '../helpers/terminal.js';
import { projectRoot } from '../setup/toolchain.mjs';

afterEach(async () => {
  await closeTerminals();
  removeProjects();
});

async function withShell(): Promise<TestTerminal> {
  const project = createProject(`${BASE}RUN exit 1\n`);
  const terminal = await openSession(project);
  await shellOpens(terminal);
  return terminal;
}

describe('the terminal', () => {
  for (const signal of ['SIGTERM', 'SIGQUIT'] as const) {
    it(`is restored on ${signal}, and the containers are released`, async () => {
      const terminal = await withShell();
      terminal.kill(signal);
      const exit = await terminal.waitForExit();
      expect([128 + ({ SIGTERM: 15, SIGQUIT: 3 } as const)[signal], 1]).toContain(
        exit.signal === 0 ? exit.code : 128 + exit.signal,
      );
      expect(terminal.modes()).toEqual(RESTORED_MODES);
      expect(await sessions()).toEqual([]);
      await expectNoContainers();
    });
  }

  it('is restored on SIGHUP, and the session goes on', async () => {
    const terminal = await withShell();
    terminal.kill('SIGHUP');
    expect((await terminal.waitForExit()).code).toBe(129);
    expect(terminal.modes()).toEqual(RESTORED_MODES);
    await expect.poll(sessions).toMatchObject([{ state: 'failed', shells: 1, clients: 0 }]);
  });

  it('is restored while a build is running', async () => {
    const project = createProject(`${BASE}RUN sleep 300\n`);
    const terminal = await openSession(project);
    await terminal.waitFor(/RUNNING 5/);
    terminal.kill('SIGTERM');
    await terminal.waitForExit();
    expect(terminal.modes()).toEqual(RESTORED_MODES);
    await expectNoContainers();
  });

  it('is given back for Ctrl-Z and taken again by fg', async () => {
    const project = createProject(`${BASE}RUN exit 1\n`);
    const terminal = startTerminal({
      program: '/bin/bash',
      args: ['--norc', '--noprofile', '-i'],
      cwd: project.dir,
      cols: 120,
      rows: 40,
      env: { ...engineEnv(), PS1: 'host> ', BXTUI: `${projectRoot}/bin/bxtui` },
    });
    await terminal.waitFor('host>');
    terminal.type('$BXTUI build .');
    terminal.press('enter');
    await shellOpens(terminal);
    terminal.press('ctrl-]');
    await terminal.waitFor(' NORMAL ');
    terminal.press('ctrl-z');
    await terminal.waitFor(/Stopped[\s\S]*host>/);
    // The shell's own line editor switches bracketed paste on.
    expect({ ...terminal.modes(), bracketedPaste: false }).toEqual(RESTORED_MODES);
    terminal.type('echo "still here"');
    terminal.press('enter');
    await terminal.waitFor(/^still here/m);
    terminal.type('fg');
    terminal.press('enter');
    await terminal.waitFor(' NORMAL ');
    await terminal.waitFor(/\[1\] Steps/);
    expect(terminal.modes().alternateScreen).toBe(true);
    terminal.press('char:2', 'char:i');
    await shellOpens(terminal);
    expect(await inShell(terminal, 'echo alive')).toBe('alive');
    terminal.press('ctrl-]');
    await terminal.waitFor(' NORMAL ');
    terminal.press('char:Q');
    await terminal.waitFor(/host> *$/m);
    expect({ ...terminal.modes(), bracketedPaste: false }).toEqual(RESTORED_MODES);
    terminal.type('echo status $?; exit');
    terminal.press('enter');
    await terminal.waitFor('status 1');
    await expectNoContainers();
  });

  for (const [how, lose] of [
    ['is gone', (terminal: TestTerminal) => terminal.hangUp()],
    ['is killed with its program', (terminal: TestTerminal) => terminal.kill('SIGKILL')],
  ] as const) {
    it(`that ${how} leaves no screen behind, and a session that another one finds as it was`, async () => {
      const first = await withShell();
      expect(await inShell(first, 'echo mine > /mine; echo seen-$((40+2))')).toBe('seen-42');
      lose(first);
      for (const deadlineMs = Date.now() + 10_000; isAlive(first.pid) && Date.now() < deadlineMs; )
        await new Promise((resolve) => setTimeout(resolve, 100));
      expect(isAlive(first.pid)).toBe(false);
      const second = startTerminal({ cols: 120, rows: 40, args: ['attach'], env: engineEnv() });
      await second.waitFor('seen-42');
      await shellOpens(second);
      expect(await inShell(second, 'cat /mine')).toBe('mine');
      expect((await quit(second)).code).toBe(1);
      expect(await sessions()).toEqual([]);
      await expectNoContainers();
    });
  }
});

async function sessions(): Promise<unknown> {
  return JSON.parse((await runBxtui(['ls', '--json'])).stdout);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
