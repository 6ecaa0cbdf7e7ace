/** What is set for all RUN steps and for the image gets to the engine, and to the shells in those steps as far as it can. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { engineApi } from '../../src/engine/buildkit/transport/index.js';
import type { BuildSettings, Engine } from '../../src/engine/engine.js';
import { writeImageLayout } from '../helpers/image-layout.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { build, connect, contractEndpoints, logOf, openAt, shell, stepWith } from './harness.js';

describe.each(contractEndpoints())('a build with settings on $label', (endpoint) => {
  const isClassic = endpoint.builder === 'classic';
  let engine: Engine;
  /** The BuildKit of Docker Engine 20.10 leaves out what it does not know: limits, the size of /dev/shm, hosts of containers. */
  let isOld = false;
  beforeAll(async () => {
    engine = await connect(endpoint);
    isOld = / 20\.10/.test(engine.summary.name) && !isClassic;
  });
  afterAll(() => engine.dispose());
  afterEach(removeProjects);

  /** What the command prints in the step, and in a shell that is opened after it. */
  async function both(command: string, settings: BuildSettings): Promise<{ step: string; shell: string }> {
    const observed = await build(engine, createProject(`${BASE}RUN ${command}`), settings);
    expect(observed.last.type).toBe('build.succeeded');
    const container = await openAt(observed, `RUN ${command}`);
    const { output } = await shell(container, command);
    await container.release();
    await observed.run.dispose();
    return { step: logOf(observed, `RUN ${command}`).trim(), shell: output.trim() };
  }

  it('labels the image', async () => {
    if (!engine.summary.capabilities.imageStore.isAvailable) return;
    const tags = ['bxtui-contract/labels:one'];
    const labels = [
      ['a', 'x=y "z"'],
      ['empty', ''],
    ] as const;
    const observed = await build(engine, createProject(`${BASE}LABEL a=old own=1`), { tags, labels });
    expect(observed.last.type).toBe('build.succeeded');
    const docker = await engineApi(endpoint);
    const image = await docker.getImage(tags[0]!).inspect();
    expect(image.Config.Labels).toEqual(expect.objectContaining({ a: 'x=y "z"', empty: '', own: '1' }));
    expect(observed.last).toMatchObject({ result: { imageId: image.Id } });
    await docker.getImage(tags[0]!).remove();
    await observed.run.dispose();
  });

  it('has the hosts in its steps, and in their shells where the engine can', async () => {
    const extraHosts = [
      { host: 'one.example', ip: '10.9.8.7' },
      { host: 'six.example', ip: 'fd00::7' },
    ];
    const said = await both('grep example /etc/hosts', { extraHosts });
    expect(said.step).toMatch(/10\.9\.8\.7\s+one\.example/);
    expect(said.step).toMatch(/fd00::7\s+six\.example/);
    if (!isOld) expect(said.shell.split('\n').sort()).toEqual(said.step.split('\n').sort());
  });

  it('without a network has only the loopback device, in shells as well', async () => {
    const said = await both('tail -n +3 /proc/net/dev | cut -d: -f1', { network: 'none' });
    expect(said.step.split(/\s+/)).not.toContain('eth0');
    // A step of Podman is in the network of its service where the configuration says so, whatever the build says.
    expect(said.shell).toBe(endpoint.isPodman ? 'lo' : said.step);
  });

  it('with the host’s network has the one of the engine', async () => {
    // Podman has another network; a buildkitd allows it only when it was started so.
    if (endpoint.isPodman || endpoint.kind !== 'docker') return;
    const said = await both('cat /sys/class/net/lo/ifindex; hostname; ls /sys/class/net', { network: 'host' });
    expect(said.step).toContain('docker0');
  });

  it('has both in the shell of a step that runs nothing', async () => {
    const extraHosts = [{ host: 'one.example', ip: '10.9.8.7' }];
    const observed = await build(engine, createProject(`${BASE}ENV A=1`), { extraHosts, network: 'none' });
    const container = await openAt(observed, 'ENV A=1');
    const { output } = await shell(container, 'ls /sys/class/net; cat /etc/hosts');
    expect(output).not.toMatch(/^eth0|\seth0/);
    if (!isOld) expect(output).toMatch(/10\.9\.8\.7\s+one\.example/);
    await container.release();
    await observed.run.dispose();
  });

  it('has the size of /dev/shm', async () => {
    if (isOld) return;
    const said = await both("df -k /dev/shm | tail -n1 | tr -s ' ' | cut -d' ' -f2", { shmBytes: 3 * 1024 ** 2 });
    expect(said.step).toBe('3072');
  });

  it('has the limits in its steps', async () => {
    if (isOld) return;
    const said = await both('ulimit -n; ulimit -Hn', { ulimits: [{ name: 'nofile', soft: 1123, hard: 2456 }] });
    expect(said.step.split('\n')).toEqual(['1123', '2456']);
    if (isClassic && !endpoint.isPodman) expect(said.shell).toBe(said.step);
  });

  it('says in a shell which limits of its step it lacks', async () => {
    if (isClassic || isOld) return;
    const command = 'true # limits';
    const observed = await build(engine, createProject(`${BASE}RUN ${command}`), {
      ulimits: [{ name: 'nofile', soft: 1123, hard: 2456 }],
    });
    const container = await openAt(observed, command);
    expect(container.note).toContain('--ulimit nofile=1123:2456');
    await container.release();
    await observed.run.dispose();
  });

  it('has the limits of the classic builder in its steps and their shells', async () => {
    if (!isClassic || endpoint.isPodman) return;
    // Of either hierarchy of control groups.
    const memory = 'cat $(ls /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null)';
    const cpu = 'cat $(ls /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null)';
    const classic = {
      memoryBytes: 64 * 1024 ** 2,
      memorySwapBytes: -1,
      cpuPeriodUs: 20_000,
      cpuQuotaUs: 15_000,
      cpusetCpus: '0',
    };
    const said = await both(`${memory}; ${cpu}; grep Cpus_allowed_list /proc/self/status`, { classic });
    expect(said.step).toMatch(/^67108864\n15000\b.*\nCpus_allowed_list:\s+0$/);
    expect(said.shell).toBe(said.step);
  });

  it('sends the context compressed', async () => {
    if (!isClassic) return;
    const observed = await build(engine, createProject(`${BASE}COPY text /t\nRUN cat /t`, { text: 'as it was\n' }), {
      classic: { isCompressed: true },
    });
    expect(logOf(observed, 'cat /t')).toContain('as it was\n');
    await observed.run.dispose();
  });

  it('says what the engine refuses of the classic builder’s settings', async () => {
    if (!isClassic || endpoint.isPodman) return;
    const failure = async (classic: NonNullable<BuildSettings['classic']>): Promise<string> => {
      const observed = await build(engine, createProject(`${BASE}RUN true`), { classic, noCache: true });
      await observed.run.dispose();
      return observed.last.type === 'build.failed' ? observed.last.failure.message : observed.last.type;
    };
    expect(await failure({ isolation: 'hyperv' })).toMatch(/isolation.*hyperv/i);
    expect(await failure({ securityOptions: ['seccomp=unconfined'] })).toMatch(/security options/i);
    expect(await failure({ memoryBytes: 1000 })).toMatch(/minimum memory limit/i);
    expect(await failure({ isSquashed: true })).toMatch(/squash.*experimental/i);
    expect(await failure({ isolation: 'Default' })).toBe('build.succeeded');
  });

  it('says which of the classic builder’s settings BuildKit passes over', async () => {
    if (isClassic) return;
    const warnings = async (classic: NonNullable<BuildSettings['classic']>): Promise<string> => {
      const observed = await build(engine, createProject(`${BASE}RUN true`), { classic });
      await observed.run.dispose();
      expect(observed.last.type).toBe('build.succeeded');
      return observed.events.flatMap((event) => (event.type === 'warning.reported' ? [event.message] : [])).join('\n');
    };
    expect(await warnings({ memoryBytes: 1, cpuShares: 3, isCompressed: true, unreadable: { message: '', hint: null } })).toBe(
      '',
    );
    const said = await warnings({ isolation: '', securityOptions: ['a'], isSquashed: true });
    for (const flag of ['--isolation', '--security-opt', '--squash']) expect(said).toContain(`${flag} is passed over`);
  });

  it('carries the stages named out again, and no others', async () => {
    if (isClassic) return;
    const project = createProject(`${BASE}RUN echo kept
FROM base AS again
RUN cat /proc/sys/kernel/random/uuid > /id; cat /id`);
    const first = await build(engine, project);
    await first.run.dispose();
    const second = await build(engine, project, { noCacheStages: ['again'] });
    await second.run.dispose();
    expect(logOf(second, 'uuid')).toMatch(/^[0-9a-f-]{36}\n$/);
    expect(logOf(second, 'uuid')).not.toBe(logOf(first, 'uuid'));
    expect(stepWith(second, 'uuid').state).toBe('done');
    expect(stepWith(second, 'echo kept').state).toBe('cached');
  });

  it('reaches the proxies that are configured for the engine, unless an argument names another', async () => {
    const proxies = {
      default: [['HTTP_PROXY', 'http://wrong:1']],
      [endpoint.address]: [
        ['HTTP_PROXY', 'http://proxy:1'],
        ['NO_PROXY', 'localhost'],
      ],
    } as const;
    const project = createProject(`${BASE}RUN echo "$HTTP_PROXY $http_proxy $NO_PROXY"`);
    const configured = await build(engine, project, { proxies });
    expect(logOf(configured, 'echo "$HTTP')).toBe('http://proxy:1 http://proxy:1 localhost\n');
    await configured.run.dispose();
    const given = await build(engine, project, { proxies, buildArgs: [['http_proxy', 'http://mine:2']], noCache: true });
    expect(logOf(given, 'echo "$HTTP')).toContain('http://mine:2');
    expect(logOf(given, 'echo "$HTTP')).not.toContain('http://proxy:1');
    await given.run.dispose();
  });

  it('copies from named contexts, each with its own files, also in a second build of changed ones', async () => {
    if (isClassic) return;
    const project = createProject(
      `${BASE}COPY --from=more text /one
COPY --from=context text /two
RUN cat /one /two`,
      { text: 'of the context\n' },
    );
    const more = createProject('', { text: 'of more\n' });
    const own = createProject('', { text: 'of another named context\n' });
    const contexts = [
      { name: 'more', from: { kind: 'dir', dir: more.dir } },
      { name: 'context', from: { kind: 'dir', dir: own.dir } },
    ] as const;
    if (isOld) return expect(build(engine, project, { contexts })).rejects.toThrow('--build-context');
    const first = await build(engine, project, { contexts });
    expect(first.last).toMatchObject({ type: 'build.succeeded' });
    expect(logOf(first, 'cat /one')).toBe('of more\nof another named context\n');
    const container = await openAt(first, 'COPY --from=more');
    expect((await shell(container, 'cat /one')).output).toBe('of more\n');
    await container.release();
    await first.run.dispose();
    more.write('text', 'of more, changed\n');
    const second = await build(engine, project, { contexts });
    expect(logOf(second, 'cat /one')).toBe('of more, changed\nof another named context\n');
    await second.run.dispose();
  });

  it('has an image in a directory for a named context, by its tag or its digest, with a shell on it, or says why it cannot', async () => {
    if (isClassic) return;
    const layout = createProject('', {});
    const busybox = readFileSync(layout.path('busybox'));
    const digest = await writeImageLayout(
      layout.dir,
      { 'bin/busybox': busybox, 'bin/sh': busybox, note: 'of the layout' },
      'one',
      ['two'],
    );
    const project = createProject('FROM base\nRUN busybox cat /note; echo " @RUN_ID@ $COLOUR"\n');
    const at = (image: { tag: string } | { digest: string }) => [
      { name: 'base', from: { kind: 'layout' as const, dir: layout.dir, ...image } },
    ];
    if (isOld) return expect(build(engine, project, { contexts: at({ digest }) })).rejects.toThrow('--build-context');
    for (const image of [{ tag: 'two' }, { digest }]) {
      const observed = await build(engine, project, {
        noCache: true,
        contexts: at(image),
        outputs: [{ kind: 'local', dest: project.path('out') }],
      });
      if (observed.last.type === 'build.failed') {
        expect(observed.last.failure).toMatchObject({ hint: expect.stringContaining('containerd-snapshotter') });
      } else {
        expect(observed.last).toMatchObject({ type: 'build.succeeded' });
        expect(logOf(observed, 'cat /note')).toMatch(/^of the layout .* blue$/m);
        const container = await openAt(observed, 'cat /note');
        expect((await shell(container, 'busybox cat /note')).output).toBe('of the layout');
        await container.release();
        expect(project.read('out/note')).toBe('of the layout');
      }
      await observed.run.dispose();
    }
    const request = (image: { tag: string } | { digest: string }) => build(engine, project, { contexts: at(image) });
    await expect(request({ tag: 'three' })).rejects.toThrow('it has nothing under the tag three');
    await expect(request({ digest: digest.replace(/.{8}$/, '00000000') })).rejects.toThrow(/it has no sha256:.*00000000/);
    layout.write('index.json', '{');
    await expect(request({ tag: 'two' })).rejects.toThrow('its index.json cannot be read');
  });

  it('puts its cache into the image, also where somebody may look into the build', async () => {
    if (isClassic || !engine.summary.capabilities.imageStore.isAvailable) return;
    const docker = await engineApi(endpoint);
    const tag = 'bxtui-contract/cache:one';
    const project = createProject(`${BASE}RUN echo cached > /file`);
    const request = { tags: [tag], cacheTo: [{ type: 'inline', attrs: {} }] };
    const plain = await build(engine, project, { tags: [tag] });
    const { result } = plain.last as Extract<typeof plain.last, { type: 'build.succeeded' }>;
    for (const isUnattended of [false, true]) {
      const observed = await build(engine, project, { ...request, isUnattended });
      expect(observed.last).toMatchObject({ type: 'build.succeeded', result: { imageId: expect.stringMatching(/^sha256:/) } });
      // The cache is a part of the image's configuration.
      expect(observed.last).not.toMatchObject({ result: { imageId: result.imageId } });
      await observed.run.dispose();
    }
    await plain.run.dispose();
    await docker.getImage(tag).remove();
  });

  it('refuses what the classic builder does not know, by name', () => {
    if (!isClassic) return;
    const request = (settings: BuildSettings) => () => build(engine, createProject(BASE), settings);
    return Promise.all([
      expect(request({ noCacheStages: ['a'] })()).rejects.toThrow('--no-cache-filter'),
      expect(request({ contexts: [{ name: 'a', from: { kind: 'dir', dir: '/' } }] })()).rejects.toThrow('--build-context'),
      expect(request({ cacheTo: [{ type: 'inline', attrs: {} }] })()).rejects.toThrow('--cache-to'),
      expect(request({ allow: ['network.host'] })()).rejects.toThrow('--allow'),
    ]);
  });
});
