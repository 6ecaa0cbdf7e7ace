/** The line-mode monitor: from a pipe, as a script has it, and on a terminal with plain progress. */
import { afterEach, describe, expect, it } from 'vitest';
import { engineEnv, expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { endRuns, runBxtui } from '../helpers/run.js';
import { closeTerminals, RESTORED_MODES, startTerminal } from '../helpers/terminal.js';

afterEach(async () => {
  endRuns();
  await closeTerminals();
  removeProjects();
});

const FAILING = `${BASE}WORKDIR /app
RUN echo one > one
RUN echo partial > partial; echo "the reason"; exit 3
`;

const script = (...lines: string[]) => `${lines.join('\n')}\n`;

describe('a script', () => {
  it('opens shells in the failing step and in earlier ones', async () => {
    const project = createProject(FAILING);
    const run = await runBxtui(['build', '--progress=plain', '--on=error', project.dir], {
      input: script(
        "rollback 7 sh -c 'echo failing: $(pwd) $(cat one)'",
        "rollback 5 sh -c 'echo earlier: $(ls | wc -l)'",
        'ps',
        'exit',
      ),
    });
    expect(run.output).toContain('failing: /app one');
    expect(run.output).toMatch(/earlier: 0/);
    expect(run.output).toMatch(/exit 0/);
    expect(run.status).toBe(1);
    await expectNoContainers();
  });

  it('reloads after a fix, and the last build decides the status', async () => {
    const project = createProject(FAILING);
    const first = runBxtui(['build', '--progress=plain', '--on=error', project.dir], {
      input: script("exec sh -c 'exit 9'", 'ps', 'reload', 'exit'),
    });
    expect((await first).status).toBe(1);
    expect((await first).output).toMatch(/exit 9/);
    const repaired = createProject(`${BASE}COPY state /state\nRUN test "$(cat /state)" = good\n`, { state: 'bad\n' });
    const run = await runBxtui(['build', '--progress=plain', '--on=error', repaired.dir], { input: script('reload', 'exit') });
    expect(run.status).toBe(1);
  });

  it('answers unknown commands and steps with what there is, and goes on', async () => {
    const project = createProject(FAILING);
    const run = await runBxtui(['build', '--progress=plain', '--on=error', project.dir], {
      input: script('no-such-command', 'rollback 99', 'help', "exec sh -c 'echo still $((40+2))'"),
    });
    expect(run.output).toMatch(/no-such-command/);
    expect(run.output).toMatch(/99/);
    expect(run.output).toMatch(/rollback/);
    expect(run.output).toContain('still 42');
    expect(run.status).toBe(1);
    await expectNoContainers();
  });

  it('opens on success with --invoke, with its form honoured', async () => {
    const project = createProject(`${BASE}ENV FOO=image\nUSER 1000:1000\nWORKDIR /home\n`);
    const invoke = 'entrypoint=["sh"],"args=[""-c"", ""echo got $FOO $BAR $(id -u) $(pwd)""]","env=[""BAR=bbb""]"';
    const run = await runBxtui(['build', '--progress=plain', '--invoke', invoke, project.dir], { input: script('exit') });
    expect(run.output).toContain('got image bbb 1000 /home');
    expect(run.status, run.output).toBe(0);
  });

  it('opens nothing when the build succeeds under --on=error', async () => {
    const project = createProject(BASE);
    const run = await runBxtui(['build', '--progress=plain', '--on=error', project.dir], {
      input: script("exec sh -c 'echo opened'"),
    });
    expect(run.status, run.output).toBe(0);
    expect(run.output).not.toContain('opened');
  });
});

describe('on a terminal', () => {
  it('gives a prompt, a shell, and the way back', async () => {
    const project = createProject(FAILING);
    const terminal = startTerminal({
      args: ['build', '--progress=plain', '--on=error', project.dir],
      env: engineEnv(),
      cols: 120,
      rows: 40,
    });
    await terminal.waitFor(/\/app #/);
    terminal.type('cat one; tty');
    terminal.press('enter');
    await terminal.waitFor(/^one$/m);
    terminal.press('ctrl-]');
    await terminal.waitFor(/\(bxtui\) *$/m);
    terminal.type('ps');
    terminal.press('enter');
    await terminal.waitFor(/^p1 .*running/m);
    terminal.type('attach p1');
    terminal.press('enter');
    await terminal.waitFor(/attach p1[\s\S]*\/app # *$/m);
    terminal.type('exit 5');
    terminal.press('enter');
    await terminal.waitFor(/exit 5[\s\S]*\(bxtui\) *$/m);
    terminal.type('exit');
    terminal.press('enter');
    expect((await terminal.waitForExit()).code).toBe(1);
    expect(terminal.modes()).toEqual(RESTORED_MODES);
    await expectNoContainers();
  });
});
