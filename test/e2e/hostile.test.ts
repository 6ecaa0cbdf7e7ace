/** What builds print, and what that must not do: to the terminal, to the memory, to the person. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { runBxtui } from '../helpers/run.js';
import { inShell, leaveTerminal, openSession, quit, selectStep, shellOpens } from '../helpers/session.js';
import { closeTerminals, RESTORED_MODES } from '../helpers/terminal.js';

afterEach(async () => {
  await closeTerminals();
  removeProjects();
});

const ESCAPES = String.raw`printf '\033]0;owned\007\033[?1049h\033[2J\033[?1000h\033]52;c;ZXZpbA==\007\033[31mred\033[0m {bold}tag{/bold}\033[?25l\n'`;

describe('a step that prints', () => {
  it('escape sequences: nothing of it reaches the terminal raw', async () => {
    const project = createProject(`${BASE}RUN ${ESCAPES}; echo after\nRUN head -c 20000 /dev/urandom; echo; exit 3\n`);
    const terminal = await openSession(project);
    await shellOpens(terminal);
    await leaveTerminal(terminal);
    await selectStep(terminal, 5);
    terminal.press('char:3');
    await terminal.waitFor(/red \{bold\}tag\{\/bold\}/);
    expect(terminal.rawOutput).not.toContain('\x1b]0;owned');
    expect(terminal.rawOutput).not.toContain('\x1b]52;c;ZXZpbA==');
    expect(terminal.screen()).toContain('[1] Steps');
    expect((await quit(terminal)).code).toBe(1);
    expect(terminal.modes()).toEqual(RESTORED_MODES);
  });

  it('escape sequences: nor in plain progress', async () => {
    const project = createProject(`${BASE}RUN ${ESCAPES}; echo after\nRUN head -c 20000 /dev/urandom; echo; echo end\n`);
    const run = await runBxtui(['build', '--progress=plain', project.dir]);
    expect(run.status, run.output.slice(-2000)).toBe(0);
    expect(run.output).not.toContain('\x1b');
    expect(run.output).toContain('after');
  });

  it('very much: memory stays flat and the end is there', async () => {
    const project = createProject(
      `${BASE}RUN yes "a long line of text that is printed again and again and again" | head -c 60000000; echo; echo the very end; exit 3\n`,
    );
    const terminal = await openSession(project);
    await shellOpens(terminal);
    expect(residentMiB(terminal.pid)).toBeLessThan(300);
    expect(terminal.screen()).toMatch(/the very end|clipped/);
    expect((await quit(terminal)).code).toBe(1);
  });

  it('very much in a shell: it flows, and keys still work', async () => {
    const project = createProject(`${BASE}RUN exit 3\n`);
    const terminal = await openSession(project);
    await shellOpens(terminal);
    const before = residentMiB(terminal.pid);
    terminal.type('yes "a line of a command in a shell, not clipped by anybody" | head -c 50000000; echo; echo en""ded');
    terminal.press('enter');
    await terminal.waitFor(/│ended *│/, { timeoutMs: 60_000 });
    expect(residentMiB(terminal.pid) - before).toBeLessThan(200);
    terminal.type('yes');
    terminal.press('enter');
    await terminal.waitFor(/\by *│/);
    terminal.press('ctrl-c');
    expect(await inShell(terminal, 'echo alive')).toBe('alive');
    expect((await quit(terminal)).code).toBe(1);
  });

  it('a progress bar with carriage returns: one line, as in a terminal', async () => {
    const project = createProject(
      `${BASE}RUN for i in 10 50 100; do printf "\\rdownload %3d%%" $i; sleep 0.1; done; echo; exit 3\n`,
    );
    const terminal = await openSession(project);
    await shellOpens(terminal);
    expect(terminal.screen()).toMatch(/download 100%/);
    expect(terminal.screen()).not.toMatch(/download {2}10%/);
  });
});

function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}
