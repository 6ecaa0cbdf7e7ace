/** Whatever ends or interrupts a build in lines, its terminal is as it was, and what has happened is said. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { engineEnv } from '../helpers/engines.js';
import { debug, endAll, HUNG_UP, LEAVE, list, run } from '../helpers/lines.js';
import { BASE, createProject } from '../helpers/project.js';
import { sessionRoot } from '../helpers/session-root.js';
import { RESTORED_MODES, startTerminal } from '../helpers/terminal.js';
import { projectRoot } from '../setup/toolchain.mjs';

const FAILING = `${BASE}WORKDIR /app
RUN echo one > one
RUN exit 3
`;

afterEach(endAll);

describe('a build in lines', () => {
  it.each([
    ['SIGHUP', HUNG_UP, 1],
    ['SIGTERM', 143, 0],
    ['SIGQUIT', 131, 0],
  ] as const)('puts the terminal back for %s, whatever is shown on it', async (signal, status, left) => {
    const terminal = debug('build', createProject(FAILING).dir);
    await terminal.waitFor(/\/app # *$/m);
    terminal.type('vi one\r');
    await terminal.waitFor(/^~/m);
    expect(terminal.modes().alternateScreen).toBe(true);
    terminal.kill(signal);
    expect(await terminal.waitForExit()).toEqual({ code: status, signal: 0 });
    expect(terminal.modes()).toEqual(RESTORED_MODES);
    expect(await list()).toHaveLength(left);
  });

  it('is stopped by another program and taken again with fg, in a shell and at its prompt', async () => {
    const { dir } = createProject(FAILING);
    const env = { ...engineEnv(), XDG_STATE_HOME: sessionRoot(), PS1: 'host> ', BXTUI: `${projectRoot}/bin/bxtui` };
    const args = ['--norc', '--noprofile', '-i'];
    const terminal = startTerminal({ program: '/bin/bash', args, cwd: dir, env, cols: 150, rows: 60 });
    await terminal.waitFor('host>');
    terminal.type('$BXTUI debug --root $XDG_STATE_HOME build .\r');
    await terminal.waitFor(/\/app # *$/m);
    const program = Number(readFileSync(`/proc/${terminal.pid}/task/${terminal.pid}/children`, 'utf8').trim().split(' ')[0]);
    for (const [times, signal] of (['SIGTSTP', 'SIGSTOP'] as const).entries()) {
      // What the shell in the container has asked the terminal is answered to whoever reads then.
      await terminal.settled(500);
      process.kill(program, signal);
      await terminal.waitFor((screen) => screen.split('Stopped').length === times + 2, { what: 'the shell' });
      await terminal.waitFor(/host>\s*$/);
      terminal.type('fg\r');
      await terminal.waitFor(/ build \.\n\s*\/app #[\s\S]*$/);
      terminal.type('sleep 100\r');
      await terminal.waitFor(/sleep 100\s*$/);
      terminal.type('\u0003');
      await terminal.waitFor(/sleep 100\n\^C\n\/app #\s*$/);
      terminal.type(`echo $((40+${times}))\r`);
      await terminal.waitFor(new RegExp(`\\/app # echo \\$\\(\\(40\\+${times}\\)\\)\n${40 + times}\n\\/app #\\s*$`));
    }
    terminal.type(LEAVE);
    await terminal.waitFor(/\(bxtui\)\s*$/);
    await terminal.settled(500);
    process.kill(program, 'SIGTSTP');
    await terminal.waitFor(/host>\s*$/);
    terminal.type('fg\r');
    await terminal.waitFor(/\(bxtui\)\s*$/);
    terminal.press('ctrl-z');
    await terminal.waitFor(/host>\s*$/);
    terminal.type('fg\r');
    await terminal.waitFor(/\(bxtui\)\s*$/);
    terminal.type('help ps\r');
    await terminal.waitFor(/\(bxtui\) help ps\nusage: ps[\s\S]*\(bxtui\)\s*$/);
    terminal.type('exit\r');
    await terminal.waitFor(/host>\s*$/);
    terminal.type('exit\r');
    await terminal.waitForExit();
  });

  it('says that the process of its session is gone', async () => {
    const terminal = debug('build', createProject(FAILING).dir);
    await terminal.waitFor(/\/app # *$/m);
    const [{ id }] = (await list()) as [{ id: string }];
    const { pid } = JSON.parse(readFileSync(join(sessionRoot(), id, 'session.json'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    expect(await terminal.waitForExit()).toEqual({ code: 1, signal: 0 });
    expect(terminal.scrollback()).toMatch(/\/app # *\nERROR: the session's process is gone[^\n]*\n.*start the build again/);
    await run('kill', id);
  });

  it.each([
    ['its prompt', 'debug', /\(bxtui\) *$/m],
    ['a question', '', /for none: *$/m],
  ])('ends with the status of a lost terminal also where no signal tells of it, at %s', async (_where, command, shown) => {
    if (command === '') await run('build', '--detach', createProject(FAILING).dir);
    const { dir } = createProject(FAILING);
    const env = { ...engineEnv(), XDG_STATE_HOME: sessionRoot(), BXTUI_ROOT: sessionRoot(), BXTUI: `${projectRoot}/bin/bxtui` };
    const args = ['-c', "setsid -w sh -c '$BXTUI $COMMAND; echo $? > status'"];
    const terminal = startTerminal({ program: '/bin/sh', args, cwd: dir, env: { ...env, COMMAND: command } });
    await terminal.waitFor(shown);
    terminal.hangUp();
    const status = (): string => (existsSync(join(dir, 'status')) ? readFileSync(join(dir, 'status'), 'utf8') : '');
    await expect.poll(status, { timeout: 10_000 }).toBe(`${HUNG_UP}\n`);
  });
});
