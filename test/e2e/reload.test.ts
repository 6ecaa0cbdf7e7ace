/** Repair and build again without leaving: the older build stays, open shells do not hold the new one up, the last build decides the status. */
import { chmodSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { commandLine, inShell, leaveTerminal, openSession, quit, shellOpens } from '../helpers/session.js';
import { closeTerminals, RESTORED_MODES } from '../helpers/terminal.js';

afterEach(async () => {
  await closeTerminals();
  removeProjects();
});

/** Waits for Enter, then repairs the file that is its last argument. */
const EDITOR = `#!/bin/sh
echo "EDITOR $*"
read answer
for file; do :; done
sed -i "s/exit 4/echo repaired/" "$file"
`;

describe('reload', () => {
  it('after a fix: the build succeeds and the exit status is 0', async () => {
    const project = createProject(`${BASE}RUN echo one > /one\nRUN test -e /two\nRUN echo three > /three\n`);
    const terminal = await openSession(project);
    await shellOpens(terminal);
    await leaveTerminal(terminal);
    project.edit('RUN test -e /two', 'RUN echo two > /two\nRUN test -e /two');
    terminal.press('char:r');
    await terminal.waitFor(/ BUILT /, { timeoutMs: 30_000 });
    expect(terminal.screen()).toMatch(/5 \$ RUN echo one/);
    expect(terminal.screen()).toMatch(/8 ✓ RUN echo three/);
    expect((await quit(terminal)).code).toBe(0);
    expect(terminal.modes()).toEqual(RESTORED_MODES);
    await expectNoContainers();
  });

  it('as a command, with the shell of the failed build still there afterwards', async () => {
    const project = createProject(`${BASE}RUN exit 4\n`);
    const terminal = await openSession(project);
    await shellOpens(terminal);
    await inShell(terminal, 'echo precious > /mine');
    project.edit('exit 4', 'echo repaired');
    await commandLine(terminal, 'reload');
    await terminal.waitFor(/ BUILT /, { timeoutMs: 30_000 });
    terminal.press('char:2', 'char:i');
    await shellOpens(terminal);
    expect(await inShell(terminal, 'cat /mine')).toBe('precious');
    expect((await quit(terminal)).code).toBe(0);
  });

  it('is not held up by a shell that has a locked cache', async () => {
    const project = createProject(`${BASE}RUN --mount=type=cache,target=/locked,sharing=locked echo x > /locked/x; exit 4\n`);
    const terminal = await openSession(project);
    await terminal.waitFor(/FAILED/);
    await terminal.settled(1500);
    if (!terminal.screen().includes(' TERMINAL ')) {
      // It is asked for before it is taken.
      terminal.press('char:t');
      await terminal.waitFor(/locked|exclusive/i);
      terminal.press('enter');
    }
    await shellOpens(terminal);
    await leaveTerminal(terminal);
    project.edit('exit 4', 'echo repaired');
    terminal.press('char:r');
    await terminal.waitFor((screen) => / BUILT /.test(screen) || /y\/n|\[y\]|release/i.test(screen), { timeoutMs: 30_000 });
    if (!/ BUILT /.test(terminal.screen())) terminal.press('char:y');
    await terminal.waitFor(/ BUILT /, { timeoutMs: 30_000 });
    expect((await quit(terminal)).code).toBe(0);
  });

  it('keeps the older build in reach', async () => {
    const project = createProject(`${BASE}RUN echo "the old way"; exit 4\n`);
    const terminal = await openSession(project);
    await shellOpens(terminal);
    await leaveTerminal(terminal);
    project.edit('echo "the old way"; exit 4', 'echo "the new way"');
    terminal.press('char:r');
    await terminal.waitFor(/ BUILT /, { timeoutMs: 30_000 });
    terminal.press('char:1', 'char:o');
    await terminal.waitFor(/RUN echo "the old/);
    terminal.press('char:o');
    await terminal.waitFor(/RUN echo "the new/);
    expect((await quit(terminal)).code).toBe(0);
  });

  it('from a syntax error back to a build', async () => {
    const project = createProject(`${BASE}RUNN echo hello\n`);
    const terminal = await openSession(project);
    await terminal.waitFor(/FAILED/);
    await terminal.waitFor(/unknown instruction/i);
    project.edit('RUNN', 'RUN');
    terminal.press('char:r');
    await terminal.waitFor(/ BUILT /, { timeoutMs: 30_000 });
    expect((await quit(terminal)).code).toBe(0);
  });

  it('e edits the Dockerfile at the step and hands the terminal over and back', async () => {
    const project = createProject(`${BASE}RUN exit 4\n`);
    project.write('editor.sh', EDITOR);
    chmodSync(project.path('editor.sh'), 0o755);
    const terminal = await openSession(project, { env: { VISUAL: undefined, EDITOR: project.path('editor.sh') } });
    await shellOpens(terminal);
    await leaveTerminal(terminal);
    terminal.press('char:1', 'char:e');
    await terminal.waitFor(/EDITOR .*Dockerfile/);
    expect(terminal.modes().mouse).toBe(false);
    terminal.press('enter');
    await terminal.waitFor(/\[1\] Steps/);
    await terminal.settled(200);
    if (!/ BUILT |RUNNING|PLANNING/.test(terminal.screen())) terminal.press('char:r');
    await terminal.waitFor(/ BUILT /, { timeoutMs: 30_000 });
    expect((await quit(terminal)).code).toBe(0);
  });
});
