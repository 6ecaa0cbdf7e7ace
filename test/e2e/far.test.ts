/** An engine behind a long line that loses packets, breaks, and falls silent. The line is real: packets between two network namespaces. */
import { afterEach, describe, expect, it } from 'vitest';
import { engineEnv, isDocker, testEngine } from '../helpers/engines.js';
import { BASE, createProject, type Project, removeProjects } from '../helpers/project.js';
import { inShell, leaveTerminal, quit, rollbackTo, shellOpens } from '../helpers/session.js';
import { closeTerminals, startTerminal, type TestTerminal } from '../helpers/terminal.js';
import { type FarLink, startFarLink, whyNoFarLink } from '../setup/far-link.mjs';
import { projectRoot } from '../setup/toolchain.mjs';

const why = isDocker() ? whyNoFarLink() : 'the engine is no Docker Engine';
if (why !== null) process.stderr.write(`a far engine is not tested: ${why}\n`);

describe.skipIf(why !== null)('an engine that is far away', () => {
  let link: FarLink;
  afterEach(async () => {
    await closeTerminals();
    await link.stop();
    removeProjects();
  });

  const far = async (lossPercent = 0): Promise<void> => {
    link = await startFarLink({ engine: testEngine(), roundTripMs: 200, lossPercent });
  };

  async function open(project: Project): Promise<TestTerminal> {
    const { file: program, args } = link.near({ file: `${projectRoot}/bin/bxtui`, args: ['build', project.dir] });
    const env = { ...engineEnv(), DOCKER_HOST: link.address };
    const terminal = startTerminal({ program, args, env, cols: 140, rows: 40 });
    await terminal.waitFor(/\[1\] Steps/, { what: 'the first frame' });
    return terminal;
  }

  it('is debugged like one that is near, and says how far it is', async () => {
    await far(1);
    const project = createProject(`${BASE}RUN echo four > /four\nRUN echo partial > /five; exit 3\n`);
    const terminal = await open(project);
    await shellOpens(terminal);
    expect(await inShell(terminal, 'cat /four')).toBe('four');
    await terminal.waitFor(/ rtt \d{3}ms /);
    await rollbackTo(terminal, 4, 'before');
    expect(await inShell(terminal, 'ls /four 2>&1 | grep -c No')).toBe('1');
    project.edit('exit 3', 'true');
    await leaveTerminal(terminal);
    terminal.press('char:r');
    await terminal.waitFor(/ BUILT /, { what: 'end of the second build' });
    expect((await quit(terminal)).code).toBe(0);
  });

  it('is built on again by itself when the line breaks, from where it was', async () => {
    await far();
    const terminal = await open(createProject(`${BASE}RUN echo four\nRUN echo begun; sleep 8; echo "$((40 + 2)) done"\n`));
    await terminal.waitFor(/│ *begun/);
    await link.drop();
    await terminal.waitFor(/ENGINE LOST/);
    await terminal.waitFor(/ BUILT /, { timeoutMs: 40_000 });
    expect(terminal.screen()).toMatch(/4 cached|5 cached/);
    expect((await quit(terminal)).code).toBe(0);
  });

  it('is told to be silent, and is there again when the line is mended in time', async () => {
    await far();
    const terminal = await open(createProject(`${BASE}RUN exit 3\n`));
    await shellOpens(terminal);
    link.cut();
    await terminal.waitFor(/ no answer /, { timeoutMs: 15_000 });
    link.mend();
    await terminal.waitFor(/ rtt \d+ms /, { timeoutMs: 20_000 });
    expect(await inShell(terminal, 'echo $((40 + 2))')).toBe('42');
    await leaveTerminal(terminal);
    expect((await quit(terminal)).code).toBe(1);
  });

  it('is given up when the line stays cut, which leaves the screen as it is and a way out', async () => {
    await far();
    const terminal = await open(createProject(`${BASE}RUN exit 3\n`));
    await shellOpens(terminal);
    link.cut();
    await terminal.waitFor(/ENGINE LOST/, { timeoutMs: 45_000 });
    await leaveTerminal(terminal);
    link.mend();
    await terminal.waitFor(/is back/, { timeoutMs: 40_000 });
    expect((await quit(terminal)).code).toBe(1);
  });
});
