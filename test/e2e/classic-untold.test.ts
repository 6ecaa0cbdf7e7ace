/**
 * A process that is killed after the engine has made a container for its build and before it was told: nobody knows the id. The next start finds the
 * container, and takes nobody else's: not that of a client whose build was killed as well, nor of one that builds at that moment.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { tarOfFiles } from '../../src/engine/shared/channel/tar-of-files.js';
import { createApi } from '../../src/engine/shared/engine-api.js';
import { type EngineProxy, startEngineProxy } from '../helpers/engine-proxy.js';
import { CLASSIC, engineEnv, isDocker, isPodman, testEngine } from '../helpers/engines.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { endRuns, runBxtui, startBxtui } from '../helpers/run.js';

const address = testEngine().replace(CLASSIC, '');
const api = createApi({ kind: 'docker', address, source: 'the test', tls: null });
/** Such an engine (28.5) leaves the container of an instruction without a command when its client goes; 20.10 ends the instruction before it looks. */
const GIVES_UP_API = 51;

interface Inspected {
  readonly Id: string;
  readonly Image: string;
  readonly Config: { readonly Image: string; readonly Cmd: readonly string[] };
  readonly State: { readonly Status: string };
  readonly HostConfig: { readonly Isolation: string };
}

async function containers(): Promise<string[]> {
  const found = api.json<readonly { readonly Id: string }[]>('GET', '/containers/json', { query: { all: '1' } });
  return (await found).map(({ Id }) => Id);
}

describe.skipIf(!isDocker(address) || isPodman(address))('a container that nobody was told of', () => {
  let proxy: EngineProxy;
  const env = (): ReturnType<typeof engineEnv> => ({
    ...engineEnv(`${CLASSIC}${address}`),
    DOCKER_HOST: `tcp://127.0.0.1:${proxy.port}`,
  });
  /** Of processes on this engine: those of earlier ones stay until nothing more can come of their builds. */
  const journals = (): string[] => {
    const directory = join(env().XDG_STATE_HOME!, 'bxtui/classic');
    const texts = existsSync(directory) ? readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8')) : [];
    return texts.filter((text) => text.includes(`\n${env().DOCKER_HOST}\n`));
  };
  const ownerOf = (journal: string): string => journal.split('\n', 1)[0]!;
  /** Ids of what the engine has made and not told; the mark on it. `delayMs`: since it began with that step. */
  const killUntold = async (before: readonly string[], delayMs: number): Promise<{ left: readonly string[]; mark: string }> => {
    const project = createProject(`${BASE}${Array.from({ length: 20 }, (_, index) => `ENV V${index}=@RUN_ID@`).join('\n')}\n`);
    const flags = ['--engine=classic', '--on=error', '--progress=plain'];
    const args = ['debug', '--detach=false', 'build', ...flags, project.dir];
    const earlier = journals().map(ownerOf);
    const withheld = proxy.withholdAfter('Step 7/');
    const run = startBxtui(args, { env: env(), input: new Readable({ read: () => undefined }) });
    await withheld;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    run.process.kill('SIGKILL');
    proxy.dropAll();
    await run.result;
    // What the engine still works on is gone when it has given up the build.
    for (let seen = '', now = 'none yet'; seen !== now; await new Promise((resolve) => setTimeout(resolve, 300))) {
      [seen, now] = [now, (await containers()).join()];
    }
    const journal = journals().find((text) => !earlier.includes(ownerOf(text))) ?? '';
    const mark = /^build (\w+) \d+$/m.exec(journal)?.[1] ?? '';
    return { left: (await containers()).filter((id) => !before.includes(id)), mark };
  };
  afterEach(async () => {
    endRuns();
    removeProjects();
    await proxy?.close();
  });

  it('is taken away by the next start, and nobody else’s with it', async () => {
    proxy = await startEngineProxy(address);
    const before = await containers();
    let { left, mark } = await killUntold(before, 2);
    const { ApiVersion } = await api.json<{ readonly ApiVersion: string }>('GET', '/version');
    const isGivenUp = Number(ApiVersion.split('.')[1]) >= GIVES_UP_API;
    for (let turn = 0; isGivenUp && left.length === 0 && turn < 16; turn++) {
      await runBxtui(['build', createProject('FROM scratch\nCOPY Dockerfile /\n').dir], { env: env() });
      ({ left, mark } = await killUntold(before, turn));
    }
    expect(mark).toMatch(/^default$/i);
    const inspect = (id: string): Promise<Inspected> => api.json('GET', `/containers/${id}/json`);
    const ours = await Promise.all(left.map(inspect));
    if (isGivenUp) expect(ours).toMatchObject([{ State: { Status: 'created' }, HostConfig: { Isolation: mark } }]);

    const base = await api.json<{ readonly Id: string }[]>('GET', '/images/json', {});
    const like = ours[0]?.Config ?? { Image: base[0]!.Id, Cmd: ['/bin/sh', '-c', '#(nop) ', 'ENV V=1'] };
    const make = async (isolation: string, log: string): Promise<string> => {
      const HostConfig = { Isolation: isolation, LogConfig: { Type: log } };
      const body = { Image: like.Image, Cmd: like.Cmd, HostConfig };
      return (await api.json<{ readonly Id: string }>('POST', '/containers/create', { body })).Id;
    };
    const another = mark.replace(/./g, (letter) => (letter < 'a' ? letter.toLowerCase() : letter.toUpperCase()));
    // What the engine leaves of docker's own build, of that of another bxtui, and what somebody has made by hand.
    const theirs = [await make('', 'none'), await make(another, 'none'), await make(mark, 'json-file')];
    if (!isGivenUp) left = [await make(mark, 'none')];
    try {
      const lines = Array.from({ length: 80 }, (_, index) => `ENV V${index}=${Date.now()}`);
      const context = await tarOfFiles([['Dockerfile', Buffer.from(`FROM ${like.Image}\n${lines.join('\n')}\n`)]]);
      const query = { version: '1', rm: '1', forcerm: '0' };
      const headers = { 'Content-Type': 'application/x-tar' };
      const another = await api.stream('POST', '/build', { query, headers, body: context });
      const built = another.setEncoding('utf8').reduce((text: string, chunk: string) => text + chunk, '');
      const next = createProject('FROM scratch\nCOPY Dockerfile /\n').dir;
      await expect
        .poll(
          async () => {
            const { status, output } = await runBxtui(['build', next], { env: env() });
            expect(status, output).toBe(0);
            return (await containers()).filter((id) => left.includes(id));
          },
          { timeout: 30_000, interval: 500 },
        )
        .toEqual([]);
      expect(await built).toContain('Successfully built');
      expect((await containers()).filter((id) => theirs.includes(id)).sort()).toEqual([...theirs].sort());
      await expect
        .poll(
          async () => {
            await runBxtui(['build', next], { env: env() });
            return journals();
          },
          { timeout: 30_000, interval: 500 },
        )
        .toEqual([]);
    } finally {
      await Promise.allSettled(theirs.map((id) => api.json('DELETE', `/containers/${id}`)));
    }
  });
});
