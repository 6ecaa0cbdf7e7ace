/** A builder of buildx that was made and never started: the first build makes its container, as buildx would, and tells so. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createApi } from '../../src/engine/shared/engine-api.js';
import { makeBuilderImage, whyNoBuilderImage, whyNotPrivileged } from '../helpers/builder-image.js';
import { isDocker, isPodman, testEngine } from '../helpers/engines.js';
import { createProject, removeProjects } from '../helpers/project.js';
import { findRegistry, REGISTRY_USER, startRegistry } from '../helpers/registry.js';
import { endRuns, type RunOptions, runBxtui } from '../helpers/run.js';
import { quit } from '../helpers/session.js';
import { testDirectory } from '../helpers/session-root.js';
import { closeTerminals, startTerminal } from '../helpers/terminal.js';
import { findBuildx } from '../parity/buildx.js';

const engine = testEngine();
const IMAGE = 'bxtui-test-buildkitd';
const api = createApi({ kind: 'docker', address: engine, source: 'the test', tls: null });
const whyNot = !isDocker() || isPodman() ? 'it is no Docker Engine' : (whyNoBuilderImage() ?? (await whyNotPrivileged(api)));
const ONE_COMMAND = 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "echo", "@RUN_ID@"]\n';

const stores = new Map<string, string>();
const closing: (() => unknown)[] = [];

interface StoredNode {
  readonly image?: string;
  readonly flags?: readonly string[];
  readonly options?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

/** As `docker buildx create` writes it down. */
function createBuilder(name: string, { image = IMAGE, flags = [], options = {}, files = {} }: StoredNode = {}): RunOptions {
  const dir = stores.get('dir') ?? testDirectory();
  stores.set('dir', dir);
  mkdirSync(join(dir, 'instances'), { recursive: true });
  const Files = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, Buffer.from(text).toString('base64')]));
  const node = { Name: `${name}0`, Endpoint: engine, Platforms: null, DriverOpts: { image, ...options }, Flags: flags, Files };
  writeFileSync(
    join(dir, 'instances', name),
    JSON.stringify({ Name: name, Driver: 'docker-container', Nodes: [node], Dynamic: false }),
  );
  closing.push(() => removeContainer(name));
  return { env: { BUILDX_CONFIG: dir, BUILDX_BUILDER: name } };
}

const containerOf = (name: string): string => `buildx_buildkit_${name}0`;

async function removeContainer(name: string): Promise<void> {
  await api.ask('DELETE', `/containers/${containerOf(name)}`, { query: { force: '1', v: '1' } });
  await api.ask('DELETE', `/volumes/${containerOf(name)}_state`);
}

/** What was asked for in a container and its volume, without what is of one container only. */
async function inspect(name: string): Promise<unknown> {
  interface Inspected {
    readonly HostConfig: object;
    readonly Config: object;
    readonly Mounts: readonly object[];
  }
  const { HostConfig, Config, Mounts } = await api.json<Inspected>('GET', `/containers/${containerOf(name)}/json`);
  const { Driver, Labels, Options } = await api.json<Record<string, unknown>>('GET', `/volumes/${containerOf(name)}_state`);
  const all = JSON.stringify({ HostConfig, Config: { ...Config, Hostname: '' }, Mounts, volume: { Driver, Labels, Options } });
  return JSON.parse(all.replaceAll(name, 'NAME'));
}

/** `path mode text` of what was copied. */
async function configFiles(name: string): Promise<string[]> {
  const answer = await api.stream('GET', `/containers/${containerOf(name)}/archive`, { query: { path: '/etc/buildkit' } });
  const entries: string[] = [];
  const reader = extract().on('entry', async ({ name: path, mode, uid, gid }, content, next) => {
    entries.push(`${path} ${mode?.toString(8)} ${uid}:${gid} ${await text(content)}`);
    next();
  });
  await pipeline(answer, reader);
  return entries;
}

const build = (options: RunOptions) =>
  runBxtui(['build', '--progress=plain', '--network=none', createProject(ONE_COMMAND).dir], options);

afterEach(async () => {
  endRuns();
  await closeTerminals();
  removeProjects();
  for (const close of closing.splice(0).reverse()) await close();
});

describe.skipIf(whyNot !== null)(`a builder that was never started${whyNot === null ? '' : ` (skipped: ${whyNot})`}`, () => {
  beforeAll(() => makeBuilderImage(IMAGE), 160_000);
  afterAll(async () => {
    await api.ask('DELETE', `/images/${IMAGE}`, { query: { force: '1' } });
  });

  it('is started by the first build, which tells it as its first step, and not by the next', async () => {
    const builder = createBuilder('bootfirst', { flags: ['--debug'], files: { 'buildkitd.toml': 'debug = true\n' } });
    const first = await build(builder);
    expect(first.status, first.output).toBe(0);
    expect(first.stderr).toMatch(
      /^#1 \[internal\] booting buildkit\n(?:#1 pulling image \S+\n)?#1 pulling image (\S+) .*done\n#1 pulling failed, using local image \1 done\n(?:#1 creating container buildx_buildkit_bootfirst0\n)?#1 creating container buildx_buildkit_bootfirst0 \d+\.\ds done\n#1 DONE \d/m,
    );
    expect(first.stderr.indexOf('booting')).toBeLessThan(first.stderr.indexOf('building on'));
    const logs = await api.ask('GET', `/containers/${containerOf('bootfirst')}/logs`, { query: { stderr: '1' } });
    expect(logs.message).toContain('buildkitd --config /etc/buildkit/buildkitd.toml --debug');
    const copied = await api.head(`/containers/${containerOf('bootfirst')}/archive?path=/etc/buildkit/buildkitd.toml`);
    expect(copied.status).toBe(200);
    const next = await build(builder);
    expect(next.status, next.output).toBe(0);
    expect(next.stderr).not.toContain('booting');

    await api.ask('POST', `/containers/${containerOf('bootfirst')}/stop`, { query: { t: '0' } });
    const stopped = await build(builder);
    expect(stopped.status, stopped.output).toBe(0);
    expect(stopped.stderr).toMatch(
      /^#1 \[internal\] booting buildkit\n#1 starting container buildx_buildkit_bootfirst0\n(?:.*\n)?#1 starting container \S+ .*done/m,
    );
  });

  it('is told word by word as buildx tells it', async () => {
    const { status, stderr } = await runBxtui(
      ['build', '--progress=rawjson', '--network=none', createProject(ONE_COMMAND).dir],
      createBuilder('bootraw'),
    );
    expect(status, stderr).toBe(0);
    interface Told {
      readonly vertexes?: readonly { readonly name: string; readonly completed?: string }[];
      readonly statuses?: readonly { readonly id: string; readonly completed?: string }[];
    }
    const lines = stderr
      .trimEnd()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    const messages = lines.map((line) => JSON.parse(line) as Told);
    const end = messages.findIndex(({ vertexes }) => vertexes?.[0]?.completed !== undefined);
    const words = messages.slice(0, end + 1).map(({ vertexes, statuses }) => {
      const { name, id, completed } = { ...vertexes?.[0], ...statuses?.[0] } as Record<string, string>;
      return `${name ?? id}${completed === undefined ? '' : ' done'}`;
    });
    expect([...new Set(words)]).toEqual([
      '[internal] booting buildkit',
      `pulling image ${IMAGE}`,
      `pulling image ${IMAGE} done`,
      `pulling failed, using local image ${IMAGE}`,
      `pulling failed, using local image ${IMAGE} done`,
      'creating container buildx_buildkit_bootraw0',
      'creating container buildx_buildkit_bootraw0 done',
      '[internal] booting buildkit done',
    ]);
  });

  it('is not begun beside itself from the screen: the build is stopped first, and then begun again', async () => {
    const terminal = startTerminal({
      ...createBuilder('bootagain', { flags: ['--late'] }),
      ...{ cols: 110, rows: 30, args: ['build', '--network=none', createProject(ONE_COMMAND).dir] },
    });
    await terminal.waitFor(/booting buildkit/);
    terminal.type('r');
    await terminal.waitFor(/: a build is/);
    terminal.type('x');
    await terminal.waitFor('Cancel the build?');
    terminal.type('y');
    await terminal.waitFor(/CANCELLED/i);
    terminal.type('r');
    await terminal.waitFor(/BUILT/, { timeoutMs: 15_000 });
    await quit(terminal);
  });

  it('is made once by several builds that come at the same time', async () => {
    const builder = createBuilder('bootrace');
    const runs = await Promise.all([build(builder), build(builder), build(builder)]);
    for (const { status, output } of runs) expect(status, output).toBe(0);
    const { Id, RestartCount } = await api.json<{ Id: string; RestartCount: number }>(
      'GET',
      `/containers/${containerOf('bootrace')}/json`,
    );
    expect([typeof Id, RestartCount]).toEqual(['string', 0]);
  });

  it('is told of in time when its buildkitd does not live', async () => {
    const begun = Date.now();
    const { status, stderr } = await build(createBuilder('bootbroken', { flags: ['--broken'] }));
    expect(Date.now() - begun, stderr).toBeLessThan(6_000);
    expect(status).toBe(1);
    expect(stderr).toMatch(/ERROR: cannot start .*builder "bootbroken".* ends by itself: buildkitd: unknown flag: broken/);
    expect(stderr).toContain('Try: docker logs buildx_buildkit_bootbroken0');
  });

  const buildx = findBuildx();
  it.skipIf(typeof buildx === 'string')('has the container that docker buildx makes', async () => {
    if (typeof buildx === 'string') return;
    const options = ['memory=512m', 'memory-swap=1g', 'cpu-shares=512', 'cpuset-cpus=0', 'restart-policy=on-failure:3'];
    const flags = ['--debug', '--allow-insecure-entitlement=network.host'];
    const toml = join(testDirectory(), 'buildkitd.toml');
    writeFileSync(toml, 'debug = true\n');
    const dir = testDirectory();
    const env = { BUILDX_CONFIG: dir };
    for (const name of ['bootours', 'boottheirs']) {
      closing.push(() => removeContainer(name));
      const all = [`image=${IMAGE}`, 'env.HTTP_PROXY=http://proxy', 'network=none', ...options];
      const given = all.flatMap((option) => ['--driver-opt', option]);
      const how = ['--driver=docker-container', `--config=${toml}`, `--buildkitd-flags=${flags.join(' ')}`];
      const made = await buildx.docker(['buildx', 'create', `--name=${name}`, ...how, ...given, engine], { env });
      expect(made.status, made.output).toBe(0);
    }
    const theirs = await buildx.docker(['buildx', 'inspect', '--bootstrap', 'boottheirs'], { env });
    expect(theirs.status, theirs.output).toBe(0);
    const ours = await build({ env: { ...env, BUILDX_BUILDER: 'bootours' } });
    expect(ours.status, ours.output).toBe(0);
    expect(await inspect('bootours')).toEqual(await inspect('boottheirs'));
    const copied = await Promise.all(['bootours', 'boottheirs'].map((name) => configFiles(name)));
    expect(copied[0]).toEqual(copied[1]);
  });
});

describe.skipIf(whyNot !== null)('the image of a builder', () => {
  const found = findRegistry();
  it.skipIf('lacks' in found)(
    'is pulled with the credentials that docker has, which are missed where there are none',
    async () => {
      if ('lacks' in found) return;
      const registry = await startRegistry(found.program, { isPrivate: true });
      closing.push(() => registry.stop());
      const image = `${registry.host}/private/buildkit:1`;
      await registry.push('private/buildkit:1', { buildctl: '#!/bin/sh\n[ "$1" = debug ]\n' });
      closing.push(() => api.ask('DELETE', `/images/${image}`, { query: { force: '1' } }));
      const flags = ['sh', '-c', 'cp /buildctl /bin/buildctl; chmod +x /bin/buildctl; exec sleep 1000'];
      const builder = createBuilder('bootpull', { image, flags });
      const refused = await build(builder);
      expect(refused.stderr).toMatch(/ERROR: cannot start .*its image \S+ cannot be pulled, and is not on/);
      expect(refused.stderr).toContain(`Run docker login ${registry.host}`);

      const config = testDirectory();
      const auth = Buffer.from(`${REGISTRY_USER.username}:${REGISTRY_USER.password}`).toString('base64');
      writeFileSync(join(config, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
      const { stderr } = await build({ env: { ...builder.env, DOCKER_CONFIG: config } });
      expect(stderr).toMatch(
        /^#1 pulling image \S+ .*done\n(?:#1 creating container \S+\n)?#1 creating container .*done\n#1 DONE/m,
      );
      expect(registry.requests().join('\n')).toMatch(/\/v2\/private\/buildkit\/manifests\/\S+ 200$/m);
      // This one answers, and is no buildkitd.
      expect(stderr).toMatch(/ERROR: cannot connect to .*builder "bootpull"/);
    },
  );
});
