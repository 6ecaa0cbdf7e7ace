/** The demo session: every step on the first frame, a shell in the failing one by itself, a second beside it, and a clean way out. */
import { afterEach, describe, expect, it } from 'vitest';
import { expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { inShell, leaveTerminal, openSession, paneText, quit, rollbackTo, shellOpens, tabCount } from '../helpers/session.js';
import { closeTerminals, RESTORED_MODES } from '../helpers/terminal.js';

afterEach(async () => {
  await closeTerminals();
  removeProjects();
});

const FAILING = `${BASE}WORKDIR /app
RUN echo one > one
RUN echo partial > partial; echo "this is the reason"; exit 3
RUN echo never
`;

describe('a session', () => {
  it('shows every step before anything has run', async () => {
    const project = createProject(`${BASE}RUN sleep 2; echo slow\nFROM base AS second\nRUN echo second\n`);
    const terminal = await openSession(project);
    const screen = await terminal.waitFor(/RUN echo second/);
    expect(screen).toMatch(/1 . FROM scratch AS base/);
    expect(screen).toMatch(/5 . RUN sleep 2/);
    expect(screen).toMatch(/7 · RUN echo second/);
    await terminal.waitFor(/RUNNING/);
    await terminal.waitFor(/export/);
    await terminal.waitFor(/ BUILT /, { what: 'end of the build' });
    expect((await quit(terminal)).code).toBe(0);
    expect(terminal.modes()).toEqual(RESTORED_MODES);
  });

  it('opens the shell of the failing step by itself, with its partial writes where the engine keeps them', async () => {
    const project = createProject(FAILING);
    const terminal = await openSession(project);
    await shellOpens(terminal);
    expect(terminal.screen()).toMatch(/FAILED/);
    expect(terminal.screen()).toMatch(/this is the reason/);
    expect(terminal.screen()).toMatch(/▌ *7 ✘/);
    expect(await inShell(terminal, 'pwd; cat one')).toBe('/app\none');
    const keepsPartialWrites = !/does not keep the files/.test(terminal.screen().replace(/\s+/g, ' '));
    const partial = await inShell(terminal, 'cat partial 2>&1');
    if (keepsPartialWrites) expect(partial).toBe('partial');
    expect((await quit(terminal)).code).toBe(1);
    expect(terminal.modes()).toEqual(RESTORED_MODES);
    expect(terminal.scrollback()).toMatch(/exit code: 3|exit 3/);
    await expectNoContainers();
  });

  it('has the failed command at the top, and one key runs it again with its mounts', async () => {
    const project = createProject(FAILING);
    const terminal = await openSession(project);
    await shellOpens(terminal);
    expect(paneText(terminal.screen())).toMatch(/exit \d+: .*echo partial > partial/);
    await leaveTerminal(terminal);
    terminal.press('char:C');
    await terminal.waitFor(/2:#7\S* .*exit 3/, { what: 'a second tab with the exit status of the command' });
    // The title knows of the end before the pane has drawn the last of the output.
    await terminal.waitFor((screen) => /^this is the reason/m.test(paneText(screen)), { what: 'output of the failed command' });
    await leaveTerminal(terminal);
    terminal.press('char:[', 'char:i');
    await terminal.waitFor(/keys go to p1/);
    expect(await inShell(terminal, 'cat partial')).toBe('partial');
    expect((await quit(terminal)).code).toBe(1);
    await expectNoContainers();
  });

  it('keeps two shells side by side, and the exit of one leaves the other', async () => {
    const project = createProject(FAILING);
    const terminal = await openSession(project);
    await shellOpens(terminal);
    await inShell(terminal, 'echo mine > /only-here');
    await rollbackTo(terminal, 6);
    expect(tabCount(terminal)).toBe(2);
    expect(await inShell(terminal, 'ls /only-here 2>&1; cat one')).toMatch(/No such file[\s\S]*one/);
    terminal.type('exit 7');
    terminal.press('enter');
    await terminal.waitFor(/2:#6\S* exit 7|#6[^\n]*exit 7/);
    await leaveTerminal(terminal);
    terminal.press('char:[');
    terminal.press('char:i');
    await terminal.waitFor(/keys go to p1/);
    expect(await inShell(terminal, 'cat /only-here')).toBe('mine');
    expect((await quit(terminal)).code).toBe(1);
    await expectNoContainers();
  });

  it('asks before it leaves with a shell open', async () => {
    const project = createProject(FAILING);
    const terminal = await openSession(project);
    await shellOpens(terminal);
    await leaveTerminal(terminal);
    terminal.press('char:q');
    await terminal.waitFor(/y\b.*\bn\b|yes|leave|quit/i);
    await terminal.settled(100);
    expect(terminal.hasExited).toBe(false);
    terminal.press('char:y');
    expect((await terminal.waitForExit()).code).toBe(1);
    expect(terminal.modes()).toEqual(RESTORED_MODES);
  });

  it('runs a pending step up to there, and only what it needs', async () => {
    const project = createProject(
      `${BASE}FROM base AS broken
RUN echo slow; sleep 1; exit 5
FROM base AS other
RUN echo far > /far && sleep 4
RUN echo further > /further
FROM base
COPY --from=broken / /broken
COPY --from=other / /other
`,
    );
    const terminal = await openSession(project);
    await shellOpens(terminal);
    expect(terminal.screen()).not.toMatch(/8 \$/);
    await rollbackTo(terminal, 8);
    expect(await inShell(terminal, 'cat /far; test -e /further || echo not-yet')).toBe('far\nnot-yet');
    expect((await quit(terminal)).code).toBe(1);
    await expectNoContainers();
  });
});
