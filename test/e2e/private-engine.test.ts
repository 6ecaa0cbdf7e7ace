/** A machine on which no engine runs: `bxtui engine` runs an installed one, builds find it, and nothing of it stays. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createEngineHome, type EngineHome, leftOf, removeEngineHomes, whyNoPrivateEngine } from '../helpers/private-engine.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { endRuns, runBxtui } from '../helpers/run.js';
import { closeTerminals, startTerminal } from '../helpers/terminal.js';

const why = whyNoPrivateEngine();

afterEach(async () => {
  endRuns();
  await closeTerminals();
  await removeEngineHomes();
  removeProjects();
});

const engine = (home: EngineHome, ...args: string[]) => runBxtui(['engine', ...args], { env: home.env, timeoutMs: 80_000 });
const statusOf = async (home: EngineHome) => JSON.parse((await engine(home, 'status', '--json')).stdout);

describe.skipIf(why !== null)(`a private dockerd${why === null ? '' : ` (${why})`}`, () => {
  it('is started, found by a build, looked at and ended, and leaves nothing', async () => {
    const home = createEngineHome();
    const before = await engine(home, 'status');
    expect(before.status).toBe(1);
    expect(before.stdout).toMatch(/No private engine runs/);

    const started = await engine(home, 'start', '--engine=dockerd');
    expect(started.output).toMatch(/dockerd \S+ runs at unix:\/\//);
    expect(started.status).toBe(0);
    const socket = join(home.dir, 's/bxtui/engine/docker.sock');
    expect(started.stdout).toContain(`export DOCKER_HOST=unix://${socket}`);

    const again = await engine(home, 'start');
    expect([again.status, again.stdout]).toEqual([0, expect.stringContaining('runs already')]);
    expect((await engine(home, 'start', '--engine=buildkitd')).stderr).toMatch(
      /runs already, as dockerd[\s\S]*bxtui engine stop/,
    );

    const project = createProject(`${BASE}RUN echo built-by-$(id -u)\n`);
    const terminal = startTerminal({ args: ['build', '-t', 'mine', project.dir], env: home.env });
    await terminal.waitFor('private engine');
    await terminal.waitFor(/✓ BUILT mine[\s\S]*built-by-0/);
    terminal.type('q');
    await terminal.waitForExit();

    const engines = JSON.parse((await runBxtui(['engines', '--json'], { env: home.env })).stdout);
    expect(engines.filter((row: { isChosen: boolean }) => row.isChosen)).toMatchObject([
      { source: 'private engine', address: `unix://${socket}`, isReachable: true },
    ]);

    const status = await statusOf(home);
    expect(status).toMatchObject({ state: 'running', isAnswering: true, engine: 'dockerd', failure: null });
    expect(status.dataBytes).toBeGreaterThan(1_000_000);
    expect(readFileSync(`/proc/${status.pid}/comm`, 'utf8').trim()).toBe('dockerd');
    expect(existsSync(status.log)).toBe(true);

    const stopped = await engine(home, 'stop');
    expect([stopped.status, stopped.stdout]).toEqual([0, expect.stringMatching(/dockerd \S+ has ended\./)]);
    expect(leftOf(home)).toEqual([]);
    expect(await statusOf(home)).toMatchObject({ state: 'stopped', pid: null, dataBytes: status.dataBytes });

    // What was built is there when it runs again.
    await engine(home, 'start');
    const cached = await runBxtui(['build', '--progress=plain', project.dir], { env: home.env });
    expect(cached.output).toMatch(/RUN echo built-by[\s\S]*?CACHED/);
    expect((await engine(home, 'stop', '--remove-data')).stdout).toMatch(/Its data is removed/);
    expect(leftOf(home)).toEqual([]);
    expect(await statusOf(home)).toMatchObject({ state: 'stopped', dataBytes: 0 });
    expect((await engine(home, 'stop')).stdout).toMatch(/No private engine runs/);
  });

  it('is one, however often it is started at once', async () => {
    const home = createEngineHome();
    const starts = await Promise.all([engine(home, 'start'), engine(home, 'start'), engine(home, 'start')]);
    expect(starts.map(({ status, output }) => [status, /runs (already )?at unix/.test(output)])).toEqual(
      Array(3).fill([0, true]),
    );
    expect(starts.filter(({ stdout }) => !stdout.includes('already'))).toHaveLength(1);
  });

  it('goes with its keeper when that is killed, and is started anew', async () => {
    const home = createEngineHome();
    await engine(home, 'start');
    const { keeperPid, pid } = await statusOf(home);
    process.kill(keeperPid, 'SIGKILL');
    await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 10_000 }).toBe(false);
    expect(await statusOf(home)).toMatchObject({ state: 'crashed', pid: null });
    const lost = await runBxtui(['engines'], { env: home.env });
    expect(lost.stdout).not.toContain('private engine');
    expect((await engine(home, 'start')).stdout).toMatch(/runs at unix/);
    const second = await statusOf(home);
    process.kill(second.keeperPid, 'SIGKILL');
    expect((await engine(home, 'stop')).status).toBe(0);
    expect(leftOf(home)).toEqual([]);
  });

  it('is said to have crashed when it ends unasked', async () => {
    const home = createEngineHome();
    await engine(home, 'start');
    const { pid } = await statusOf(home);
    process.kill(pid, 'SIGKILL');
    await expect.poll(async () => (await statusOf(home)).state, { timeout: 20_000 }).toBe('crashed');
    await expect.poll(() => leftOf(home), { timeout: 20_000 }).toEqual([]);
    const { stdout } = await engine(home, 'status');
    expect(stdout).toMatch(/State: +crashed[\s\S]*Reason: +it was killed \(SIGKILL\)[\s\S]*To do: +bxtui engine start/);
  });

  it('keeps its data where it is told to, and only what is its own', async () => {
    const home = createEngineHome();
    const other = createEngineHome().dir;
    const data = join(other, 'data');
    const started = await engine(home, 'start', '--data-dir', data, '--debug');
    expect(started.status, started.output).toBe(0);
    expect(existsSync(join(data, 'dockerd/containerd')), 'data is there').toBe(true);
    expect(readFileSync((await statusOf(home)).log, 'utf8')).toContain('level=debug');
    writeFileSync(join(data, 'theirs'), '');
    await engine(home, 'stop', '--remove-data');
    expect([existsSync(join(data, 'dockerd')), existsSync(join(data, 'theirs'))]).toEqual([false, true]);
  });
});

const whyNot = whyNoPrivateEngine('buildkitd');

describe.skipIf(whyNot !== null)(`a private buildkitd${whyNot === null ? '' : ` (${whyNot})`}`, () => {
  it('is started, found by a build and ended, and leaves nothing, also when it is killed', async () => {
    const home = createEngineHome();
    const socket = join(home.dir, 's/bxtui/engine/buildkitd.sock');
    const started = await engine(home, 'start', '--engine=buildkitd');
    expect([started.status, started.stdout]).toEqual([0, expect.stringContaining(`export BUILDKIT_HOST=unix://${socket}`)]);
    const project = createProject(`${BASE}RUN echo built-$((40 + 2))\n`);
    const built = await runBxtui(['build', '--progress=plain', project.dir], { env: home.env });
    expect(built.output).toContain('built-42');
    expect(built.output).toContain('private engine');
    const { keeperPid } = await statusOf(home);
    process.kill(keeperPid, 'SIGKILL');
    await expect.poll(async () => (await statusOf(home)).state).toBe('crashed');
    expect((await engine(home, 'start', '--engine=buildkitd')).status).toBe(0);
    const cached = await runBxtui(['build', '--progress=plain', project.dir], { env: home.env });
    expect(cached.output).toMatch(/RUN echo built-[\s\S]*?CACHED/);
    await engine(home, 'stop', '--remove-data');
    expect(leftOf(home)).toEqual([]);
  });
});

describe.skipIf(why !== null)('the offer of one', () => {
  const QUESTION = /No engine answers[\s\S]*dockerd is installed[\s\S]*\[y\/N\]/;
  const build = (home: EngineHome, ...more: string[]) => {
    const project = createProject(`${BASE}RUN echo built-$((40 + 2))\n`);
    return startTerminal({ args: ['build', ...more, project.dir], env: home.env });
  };

  it('is accepted, and the build goes on on the screen', async () => {
    const home = createEngineHome();
    const terminal = build(home);
    await terminal.waitFor(QUESTION);
    terminal.type('y\r');
    await terminal.waitFor('(private engine)', { timeoutMs: 60_000 });
    await terminal.waitFor(/✓ BUILT[\s\S]*built-42/);
    terminal.type('q');
    expect((await terminal.waitForExit()).code).toBe(0);
    expect(terminal.scrollback()).toMatch(/dockerd runs at unix:/);
    // The terminal is gone, the engine is not; and nobody is asked again.
    expect(await statusOf(home)).toMatchObject({ state: 'running', isAnswering: true });
    const second = build(home, '--progress=plain');
    await second.waitForExit({ timeoutMs: 60_000 });
    expect(second.scrollback()).not.toMatch(QUESTION);
    expect(second.scrollback()).toContain('built-42');
  });

  it.each([
    ['Enter', '\r'],
    ['another word', 'sure\r'],
    ['the end of the input', '\x04'],
  ])('is refused by %s, and the error says how to start one', async (_, keys) => {
    const home = createEngineHome();
    const terminal = build(home);
    await terminal.waitFor(QUESTION);
    terminal.type(keys);
    expect((await terminal.waitForExit()).code).toBe(1);
    expect(terminal.scrollback()).toMatch(/no engine is in reach[\s\S]*bxtui engine start/);
    expect(await statusOf(home)).toMatchObject({ state: 'stopped', address: null });
  });

  it('is left by Ctrl-C, with nothing built', async () => {
    const home = createEngineHome();
    const terminal = build(home, '--progress=plain');
    await terminal.waitFor(QUESTION);
    terminal.press('ctrl-c');
    expect((await terminal.waitForExit()).code).toBe(130);
    expect(terminal.scrollback()).not.toContain('no engine is in reach');
  });

  it('is not made without a terminal: the error names the command', async () => {
    const home = createEngineHome();
    const run = await runBxtui(['build', createProject(BASE).dir], { env: home.env });
    expect([run.status, run.output]).toEqual([1, expect.stringMatching(/no engine is in reach[\s\S]*bxtui engine start/)]);
    expect(run.output).not.toContain('[y/N]');
  });

  it('is not made where an engine was named', async () => {
    const home = createEngineHome({ DOCKER_HOST: 'unix:///nowhere.sock' });
    const terminal = build(home, '--progress=plain');
    expect((await terminal.waitForExit()).code).toBe(1);
    expect(terminal.scrollback()).not.toContain('[y/N]');
  });
});

describe('a program that does not start', () => {
  const withProgram = (script: string): EngineHome => {
    const home = createEngineHome();
    const program = join(home.dir, 'dockerd');
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
    return { ...home, env: { ...home.env, PATH: `${home.dir}:${process.env.PATH}` } };
  };

  it.skipIf(process.getuid?.() !== 0)('is told with the end of its log', async () => {
    const home = withProgram(
      'case $1 in --version) echo Docker version 99.1, build x; exit;; esac; echo first; echo "failed to start daemon: no space left on device" >&2; exit 1',
    );
    const run = await engine(home, 'start');
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/dockerd did not start: it ended: failed to start daemon: no space left/);
    expect(run.stderr).toMatch(/The end of its log:\n {2}first/);
    expect(run.stderr).toMatch(/--data-dir/);
    expect((await engine(home, 'status')).stdout).toMatch(/State: +failed[\s\S]*Reason: +it ended: failed to start daemon/);
    expect(leftOf(home)).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0)('is given up by Ctrl-C, with all that was begun', async () => {
    const home = withProgram(
      'case $1 in --version) echo Docker version 99.1, build x; exit;; esac; echo waiting; exec sleep 600',
    );
    const terminal = startTerminal({ args: ['engine', 'start'], env: home.env });
    await terminal.waitFor('Starting');
    await expect.poll(() => leftOf(home).join(), { timeout: 10_000 }).toContain('--data-root');
    terminal.press('ctrl-c');
    expect((await terminal.waitForExit()).code).toBe(130);
    await expect.poll(() => leftOf(home), { timeout: 20_000 }).toEqual([]);
    expect(await statusOf(home)).toMatchObject({ state: 'stopped', failure: null });
  });

  it('is refused before it is tried where its sockets would have too long paths', async () => {
    const home = createEngineHome();
    const run = await engine({ ...home, env: { ...home.env, XDG_STATE_HOME: join(home.dir, 'x'.repeat(70)) } }, 'start');
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/too long a path for the sockets[\s\S]*XDG_STATE_HOME/);
  });

  it.skipIf(process.getuid?.() !== 0)('is refused a directory with somebody else’s files, and one that cannot be', async () => {
    const home = createEngineHome();
    writeFileSync(join(home.dir, 'dockerd'), '');
    expect((await engine(home, 'start', '--data-dir', home.dir)).stderr).toMatch(/data directory \S+dockerd cannot be used/);
    expect((await engine(home, 'start', '--data-dir', '/proc/nothing')).stderr).toMatch(/cannot be used[\s\S]*--data-dir/);
  });
});

describe('the command line', () => {
  it.each([
    [['engine'], /needs a command[\s\S]*start, stop and status/],
    [['engine', 'strat'], /Did you mean start\?/],
    [['engine', 'start', '--engine=podman'], /dockerd or buildkitd/],
    [['engine', 'stop', 'now'], /takes no arguments/],
  ])('of %j is refused', async (args, said) => {
    const run = await runBxtui(args);
    expect([run.status, run.stderr]).toEqual([125, expect.stringMatching(said)]);
  });

  it('has help', async () => {
    expect((await runBxtui(['engine', '--help'])).stdout).toMatch(/start \| stop \| status[\s\S]*--data-dir[\s\S]*--remove-data/);
    expect((await runBxtui(['--help'])).stdout).toMatch(/engine +Start, stop/);
  });
});
