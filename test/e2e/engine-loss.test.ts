/** An engine that dies in mid-build and comes back. Needs a dockerd of its own, because it is killed. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startEngineProxy } from '../helpers/engine-proxy.js';
import { engineEnv, expectNoContainers } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { runBxtui, startBxtui } from '../helpers/run.js';
import { leaveTerminal, openSession, quit, shellOpens } from '../helpers/session.js';
import { closeTerminals, RESTORED_MODES } from '../helpers/terminal.js';
import { type EngineHandle, startPrivateEngine } from '../setup/engine.mjs';

const canStartPrivate = process.platform === 'linux' && process.getuid?.() === 0;

describe.skipIf(!canStartPrivate)('an engine that dies', () => {
  let engine: EngineHandle;

  beforeAll(async () => {
    engine = await startPrivateEngine();
  });

  afterEach(async () => {
    await closeTerminals();
    removeProjects();
    await engine.start();
  });

  afterAll(async () => {
    expect(await engine.stop()).toBeNull();
  });

  it('in mid-build: the session says so, stays, and builds again once it is back', async () => {
    const project = createProject(`${BASE}RUN echo begun; sleep 300\n`);
    const terminal = await openSession(project, { env: engineEnv(engine.address) });
    await terminal.waitFor(/RUNNING 5/);
    await terminal.waitFor(/│ *begun/);
    await engine.kill();
    await terminal.waitFor(/ENGINE LOST/);
    expect(terminal.hasExited).toBe(false);
    terminal.press('char:r');
    await terminal.settled(500);
    expect(terminal.hasExited).toBe(false);
    await engine.start();
    project.edit('sleep 300', 'echo finished');
    terminal.press('char:r');
    await terminal.waitFor(/ BUILT /, { timeoutMs: 30_000 });
    expect((await quit(terminal)).code).toBe(0);
    expect(terminal.modes()).toEqual(RESTORED_MODES);
  });

  it('behind a line that garbles what it says: the build has failed, and that is told', async () => {
    const proxy = await startEngineProxy(engine.address);
    try {
      const { dir } = createProject(`${BASE}RUN echo begun; sleep 3; exit 3\n`);
      const env = { ...engineEnv(), DOCKER_HOST: `tcp://127.0.0.1:${proxy.port}` };
      const { output, result } = startBxtui(['build', '--progress=plain', dir], { env });
      await expect.poll(output).toMatch(/^#\d+ [\d.]+ begun$/m);
      // The header of a frame that is longer than any may be.
      proxy.garble(Uint8Array.of(0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1));
      const { status, stderr } = await result;
      expect([status, stderr]).toEqual([1, expect.stringContaining('proxy or a tunnel')]);
    } finally {
      await proxy.close();
    }
  });

  it('and comes back: the session is on it again by itself, and builds', async () => {
    const project = createProject(`${BASE}RUN exit 3\n`);
    const terminal = await openSession(project, { env: engineEnv(engine.address) });
    await shellOpens(terminal);
    await leaveTerminal(terminal);
    await engine.kill();
    await terminal.waitFor(/ENGINE LOST/);
    await engine.start();
    await terminal.waitFor(/is back/, { timeoutMs: 40_000 });
    await terminal.waitFor((screen) => !/ENGINE LOST/.test(screen), { what: 'an engine in the header' });
    project.edit('exit 3', 'exit 0');
    terminal.press('char:r');
    await terminal.waitFor(/ BUILT /, { timeoutMs: 30_000 });
    expect((await quit(terminal)).code).toBe(0);
  });

  it.each([
    ['idle', 'echo typed'],
    ['busy', 'echo typed; sleep 1000'],
  ])('under an open shell that is %s: the tab says so, the way out is clean, nothing runs on', async (_, line) => {
    const project = createProject(`${BASE}RUN exit 3\n`);
    const terminal = await openSession(project, { env: engineEnv(engine.address) });
    await shellOpens(terminal);
    terminal.type(`${line}\r`);
    await terminal.waitFor(/│typed/);
    // The container's second process comes a moment after the first.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await engine.kill();
    await terminal.waitFor(/ENGINE LOST/);
    await expectNoContainers(engine.cgroup ?? '');
    await leaveTerminal(terminal);
    expect((await quit(terminal)).code).toBe(1);
    expect(terminal.modes()).toEqual(RESTORED_MODES);
  });

  it('without a terminal: an error with what to do, exit status 1', async () => {
    const project = createProject(`${BASE}RUN echo begun; sleep 300\n`);
    const { output, result } = startBxtui(['build', '--progress=plain', project.dir], { env: engineEnv(engine.address) });
    for (let tries = 0; !/\d begun/.test(output()) && tries < 300; tries++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    await engine.kill();
    const run = await result;
    expect(run.status, run.output).toBe(1);
    expect(run.stderr).toMatch(/engine/i);
    expect(run.stderr).not.toMatch(/at .*\.js:\d+/);
  });

  it('before anything began: refused with its address', async () => {
    await engine.kill();
    const project = createProject(BASE);
    const run = await runBxtui(['build', project.dir], { env: engineEnv(engine.address) });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain(engine.address);
  });
});
