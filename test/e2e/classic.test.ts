/** A build with DOCKER_BUILDKIT=0, or on Podman: its failed command, its steps, a reload, and nothing left on the engine. */
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApi } from '../../src/engine/shared/engine-api.js';
import { Sessions, untilFailed } from '../helpers/detached.js';
import { CLASSIC, engineEnv, isDocker, isPodman, testEngine } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { runBxtui, startBxtui } from '../helpers/run.js';
import { inShell, leaveTerminal, openSession, quit, rollbackTo, shellOpens } from '../helpers/session.js';
import { closeTerminals } from '../helpers/terminal.js';

const address = testEngine().replace(CLASSIC, '');
const api = createApi({ kind: 'docker', address, source: 'the test', tls: null });
const env = engineEnv(`${CLASSIC}${address}`);
/** Podman keeps nothing of a failed command: its shell is where it was to begin. */
const isKept = !isPodman(address);
const FAILING = `${BASE}RUN echo five > /five\nRUN echo partial > /six; exit 6\n`;

type Listed = readonly { readonly Id: string }[];

async function containers(): Promise<string[]> {
  return (await api.json<Listed>('GET', '/containers/json', { query: { all: '1' } })).map(({ Id }) => Id);
}

/** Those that a session has made of its own, such as what a failed command has left. */
async function ownImages(): Promise<string[]> {
  const filters = JSON.stringify({ label: ['bxtui'] });
  return (await api.json<Listed>('GET', '/images/json', { query: { all: '1', filters } })).map(({ Id }) => Id);
}

describe.skipIf(!isDocker(address))('the classic builder', () => {
  const sessions = new Sessions();
  let before: readonly string[] = [];
  const added = async (): Promise<string[]> => (await containers()).filter((id) => !before.includes(id));
  beforeEach(async () => {
    before = await containers();
  });
  afterEach(async () => {
    await closeTerminals();
    removeProjects();
  });
  afterAll(() => sessions.end());

  it('is debugged like any other, and left as it was', async () => {
    const project = createProject(FAILING);
    const terminal = await openSession(project, { env });
    await shellOpens(terminal);
    expect(await inShell(terminal, 'cat /five /six')).toMatch(isKept ? /five\s+partial/ : /five\s+cat: .*\/six/);
    await rollbackTo(terminal, 4);
    expect(await inShell(terminal, 'ls /five /six 2>&1 | grep -c No')).toBe('2');
    project.edit('exit 6', 'true');
    await leaveTerminal(terminal);
    terminal.press('char:r');
    await terminal.waitFor(/ BUILT /, { what: 'end of the second build' });
    expect((await quit(terminal)).code).toBe(0);
    // Podman takes its time for the removal that it was asked for.
    await expect.poll(added).toEqual([]);
    expect(await ownImages()).toEqual([]);
  });

  it.skipIf(isKept)('is chosen by itself where there is no other, and says whose it is', async () => {
    const built = await runBxtui(['build', '--progress=plain', createProject(`${BASE}RUN echo built`).dir], {
      env: engineEnv(address),
    });
    expect([built.status, built.output]).toEqual([0, expect.stringContaining('built')]);
    const terminal = await openSession(createProject(FAILING), { env: engineEnv(address) });
    await shellOpens(terminal);
    expect(await inShell(terminal, 'cat /five')).toBe('five');
    expect((await quit(terminal)).code).toBe(1);
    const listed = await runBxtui(['engines', '--json'], { env: engineEnv(address) });
    const [used] = (JSON.parse(listed.stdout) as { isChosen: boolean; name: string; kind: string }[]).filter(
      (row) => row.isChosen,
    );
    expect(used).toMatchObject({ name: expect.stringMatching(/^Podman \d/), kind: 'classic' });
    const refused = await runBxtui(['build', '--engine=buildkit', createProject(BASE).dir], { env: engineEnv(address) });
    expect(refused.output).toMatch(/has no BuildKit[\s\S]*--engine=classic/);
  });

  it('fails again where it has failed, though what the failure has left was looked into', async () => {
    const project = createProject(FAILING);
    for (let turn = 0; turn < 2; turn++) {
      const terminal = await openSession(project, { env });
      await shellOpens(terminal);
      expect(await inShell(terminal, 'cat /six')).toMatch(isKept ? /^partial$/ : /No such file/);
      expect((await quit(terminal)).code).toBe(1);
    }
  });

  it('gives a program all that is piped into it', async () => {
    const id = await sessions.detach(createProject(FAILING), '--engine=classic');
    await untilFailed(sessions.root, id);
    const input = 'x'.repeat(3_000_000);
    const counted = await runBxtui(['exec', '--root', sessions.root, id, 'wc', '-c'], { env, input });
    expect([counted.status, counted.stdout.trim()], counted.output).toEqual([0, '3000000']);
    await sessions.run('kill', '--all');
    await expect.poll(added).toEqual([]);
  });

  it.each([
    ['in a failed step', FAILING, /FAILED exit 6[\s\S]* TERMINAL /],
    ['while a command runs', `${BASE}RUN echo "$((6 * 7)) is out"; sleep 60\n`, /42 is out/],
  ])('is left as it was by the next session when one is killed %s', async (_, dockerfile, stands) => {
    const terminal = await openSession(createProject(dockerfile), { env, flags: ['--root', sessions.root] });
    await terminal.waitFor(stands);
    if (dockerfile === FAILING) await shellOpens(terminal);
    const session = (await sessions.list()).find(({ state }) => state !== 'crashed');
    process.kill(sessions.serverPid(session!.id), 'SIGKILL');
    await terminal.waitForExit();
    // Those of Podman's builds are known to it alone.
    if (isKept) expect((await added()).length).toBeGreaterThan(0);
    const next = await runBxtui(['build', '--root', sessions.root, createProject(`${BASE}RUN true`).dir], { env });
    expect(next.status, next.output).toBe(0);
    await expect.poll(added).toEqual([]);
    expect(await ownImages()).toEqual([]);
    await sessions.run('kill', '--all');
  });

  it.each([
    ['while a command runs', /^#\d+ [\d.]+ begins/m, [0, 150, 300]],
    ['when a command has failed', /exit code:? 6/, [0, 100, 250, 500]],
  ])('is left as it was when its process is killed at any moment %s', async (_, mark, delays) => {
    const dockerfile = `${BASE}RUN echo "$((6 * 7))" begins | cut -d ' ' -f 2; sleep 1\nRUN echo partial > /partial; exit 6\n`;
    for (const delayMs of delays) {
      const flags = ['--engine=classic', '--on=error', '--progress=plain'];
      const args = ['debug', '--detach=false', '--root', sessions.root, 'build', ...flags, createProject(dockerfile).dir];
      const run = startBxtui(args, { env, input: new Readable({ read: () => undefined }) });
      await expect.poll(run.output, { timeout: 10_000, interval: 5 }).toMatch(mark);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      run.process.kill('SIGKILL');
      await run.result;
      const start = async (): Promise<void> => {
        const { dir } = createProject('FROM scratch\nCOPY Dockerfile /\n');
        const next = await runBxtui(['build', '--root', sessions.root, dir], { env });
        expect(next.status, next.output).toBe(0);
      };
      await start();
      await expect.poll(added, { timeout: 5_000, message: `killed ${delayMs} ms later` }).toEqual([]);
      // What the engine was committing may become an image behind that; it is for the start after it.
      if ((await ownImages()).length > 0) await start();
      expect(await ownImages()).toEqual([]);
    }
  });
});
