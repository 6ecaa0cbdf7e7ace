/** A builder of buildx in a cluster: the first build makes its deployment, as buildx would, waits for its pods, and tells so. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canMakeBuilder } from '../helpers/builder-container.js';
import { buildctl } from '../helpers/builder-image.js';
import { type Cluster, findKubectl, type PodState, startCluster } from '../helpers/cluster.js';
import { isDocker, isPodman, testEngine } from '../helpers/engines.js';
import { createProject, removeProjects } from '../helpers/project.js';
import { endRuns, type RunOptions, runBxtui, startBxtui } from '../helpers/run.js';
import { quit } from '../helpers/session.js';
import { testDirectory } from '../helpers/session-root.js';
import { closeTerminals, startTerminal } from '../helpers/terminal.js';
import { type Buildx, findBuildx } from '../parity/buildx.js';

const found = findKubectl();
const isEngine = isDocker() && !isPodman() && canMakeBuilder;
const whyNot = 'lacks' in found ? found.lacks : isEngine ? null : 'the engine is no Docker Engine';
const tellsWhy = whyNot === null ? '' : ` (skipped: ${whyNot})`;
const ONE_COMMAND = 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "echo", "@RUN_ID@"]\n';
const DEPLOYMENT = '/apis/apps/v1/namespaces/work/deployments/k0';

describe.skipIf(whyNot !== null)(`a builder in a cluster${tellsWhy}`, () => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await startCluster();
  });
  afterEach(async () => {
    endRuns();
    await closeTerminals();
    removeProjects();
    cluster.close();
  });

  /** kubectl, whose `exec` leads to the engine: nothing runs in the cluster's pods. */
  function kubectlDirectory(): string {
    const dir = testDirectory();
    writeFileSync(join(dir, 'buildctl'), buildctl(testEngine().replace(/^unix:\/\//, '')));
    const program = 'program' in found ? found.program : '';
    writeFileSync(
      join(dir, 'kubectl'),
      `#!/bin/sh\necho "$*" >> "$HOME/calls"\ncase "$*" in *" exec "*) exec perl ${dir}/buildctl dial-stdio ;; esac\nexec ${program} "$@"\n`,
    );
    chmodSync(join(dir, 'kubectl'), 0o755);
    return dir;
  }

  /** As `docker buildx create --driver=kubernetes --name=k` writes it down. */
  function createBuilder(options: Readonly<Record<string, string>> = {}, more: object = {}): RunOptions {
    const dir = testDirectory();
    mkdirSync(join(dir, 'instances'));
    const Endpoint = `kubernetes:///k?deployment=&kubeconfig=${encodeURIComponent(cluster.kubeconfig)}`;
    const node = { Name: 'k0', Endpoint, Platforms: null, DriverOpts: options, Flags: null, Files: null, ...more };
    writeFileSync(join(dir, 'instances/k'), JSON.stringify({ Name: 'k', Driver: 'kubernetes', Nodes: [node], Dynamic: false }));
    const PATH = `${kubectlDirectory()}:${process.env.PATH}`;
    return { env: { BUILDX_CONFIG: dir, BUILDX_BUILDER: 'k', HOME: dir, PATH } };
  }

  const build = (options: RunOptions) =>
    runBxtui(['build', '--progress=plain', '--network=none', createProject(ONE_COMMAND).dir], options);

  it('is made by the first build, which tells it as its first step, and not by the next', async () => {
    const builder = createBuilder({ replicas: '2', timeout: '90s' });
    const first = await build(builder);
    expect(first.status, first.output).toBe(0);
    expect(first.stderr).toMatch(
      /^#1 \[internal\] booting buildkit\n(?:#1 waiting.*\n)?#1 waiting for 2 pods to be ready, timeout: About a minute \d+\.\ds done\n#1 DONE \d/m,
    );
    expect([...cluster.objects.keys()]).toEqual([DEPLOYMENT]);
    const next = await build(builder);
    expect(next.status, next.output).toBe(0);
    expect(next.stderr).not.toContain('booting');
    expect(cluster.written).toHaveLength(1);
  });

  it('is waited for while its pods start', async () => {
    cluster.podState = { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } } }] };
    const building = build(createBuilder());
    await expect.poll(() => cluster.objects.has(DEPLOYMENT)).toBe(true);
    cluster.podState = null;
    const { status, output, stderr } = await building;
    expect(status, output).toBe(0);
    expect(stderr).not.toContain('ContainerCreating');
  });

  it('gets its configuration anew where some is left of one of its name', async () => {
    const Files = { 'buildkitd.toml': Buffer.from('debug = true\n').toString('base64') };
    const builder = createBuilder({}, { Files });
    const path = '/api/v1/namespaces/work/configmaps/k0-config';
    cluster.refuse = (call) => (call.startsWith('POST') && call.endsWith('/deployments') ? QUOTA : null);
    const refused = await build(builder);
    expect(refused.stderr).toMatch(/ERROR: cannot start .*"k".*: its deployment k0 cannot be made: .*exceeded quota/);
    expect(cluster.objects.has(path)).toBe(true);
    cluster.refuse = () => null;
    const { status, output } = await build(builder);
    expect(status, output).toBe(0);
    expect(cluster.written.map(({ call }) => call)).toContain(`PUT ${path}`);
  });
  const QUOTA = { code: 403, reason: 'Forbidden', message: 'deployments.apps "k0" is forbidden: exceeded quota: small' };

  it('is made once by several builds that come at the same time', async () => {
    const builder = createBuilder();
    const runs = await Promise.all([build(builder), build(builder), build(builder)]);
    for (const { status, output } of runs) expect(status, output).toBe(0);
  });

  it('is no matter when somebody else makes it first', async () => {
    const object = { kind: 'Deployment', metadata: { name: 'k0', labels: { app: 'k0' } }, spec: { replicas: 1 } };
    let asked = 0;
    // Whoever asks before it is there makes it, too.
    cluster.refuse = (call) => {
      if (call === `GET ${DEPLOYMENT}` && asked++ === 0) {
        cluster.objects.set(DEPLOYMENT, object);
        return { code: 404, reason: 'NotFound', message: 'deployments.apps "k0" not found' };
      }
      return null;
    };
    const { status, output, stderr } = await build(createBuilder());
    expect(status, output).toBe(0);
    expect(stderr).toContain('booting buildkit');
    expect(cluster.written.map(({ call }) => call)).toEqual(['POST /apis/apps/v1/namespaces/work/deployments']);
  });

  const waits = (reason: string, message: string): PodState => ({
    ...{ phase: 'Pending', containerStatuses: [{ name: 'buildkitd', state: { waiting: { reason, message } } }] },
  });
  const unschedulable = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes are available' };
  it.each<readonly [string, PodState, RegExp]>([
    ['cannot be pulled', waits('ImagePullBackOff', 'Back-off pulling image "x"'), /waits: ImagePullBackOff: Back-off pulling/],
    ['has no place', { phase: 'Pending', conditions: [unschedulable] }, /waits: Unschedulable: 0\/3 nodes are available/],
  ])('says in time which of its pods %s', async (_what, podState, reason) => {
    cluster.podState = podState;
    const { status, stderr } = await build(createBuilder({ timeout: '1s' }));
    expect(status).toBe(1);
    const line = stderr.split('\n').find((text) => text.startsWith('ERROR'));
    expect(line).toMatch(/cannot start .*"k".*: 0 of 1 pods of its deployment k0 are ready: the pod k0-7c9-0 waits/);
    expect(line).toMatch(reason);
    expect(stderr).toContain(`Try: kubectl --kubeconfig=${cluster.kubeconfig} describe pod k0-7c9-0`);
    expect(stderr.split('\n').filter((text) => /^#1 \d+\.\d+ the pod k0-7c9-0 waits/.test(text))).toHaveLength(1);
  });

  it('says at once what no waiting helps against', async () => {
    const begun = Date.now();
    cluster.podState = waits('InvalidImageName', 'couldn’t parse image "X"');
    const { stderr } = await build(createBuilder({ image: 'X' }));
    expect(stderr).toMatch(/waits: InvalidImageName/);
    expect(Date.now() - begun).toBeLessThan(15_000);
  });

  it('says the last words of a buildkitd that ends again and again', async () => {
    const state = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting' } };
    cluster.podState = { phase: 'Running', containerStatuses: [{ name: 'buildkitd', restartCount: 3, state }] };
    cluster.log = 'starting\nbuildkitd: unknown flag: broken\n';
    const { status, stderr } = await build(createBuilder());
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /ERROR: cannot start .*: the buildkitd in its pod k0-7c9-0 ends by itself: buildkitd: unknown flag: broken\n/,
    );
    expect(stderr).toMatch(/^#1 \d+\.\d+ starting\n/m);
    expect(stderr).toMatch(/Try: kubectl --kubeconfig=\S+ logs k0-7c9-0 --previous/);
  });

  it('says why the cluster makes no pods of it', async () => {
    const message = 'pods "k0-7c9-" is forbidden: violates PodSecurity "restricted:latest": privileged';
    cluster.conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }];
    cluster.podState = { phase: 'Pending' };
    const { stderr } = await build(createBuilder({ timeout: '1s' }));
    expect(stderr).toMatch(/ERROR: cannot start .*: 0 of 1 pods .* are ready: pods "k0-7c9-" is forbidden: violates PodSecurity/);
  });

  it('says that it has been scaled down', async () => {
    const object = { kind: 'Deployment', metadata: { name: 'k0', labels: { app: 'k0' } }, spec: { replicas: 0 } };
    cluster.objects.set(DEPLOYMENT, object);
    const { stderr } = await build(createBuilder({ timeout: '1s' }));
    expect(stderr).toMatch(/ERROR: cannot start .*: 0 of 1 pods .* are ready: it is scaled to 0\n/);
    expect(stderr).toMatch(/Try: kubectl --kubeconfig=\S+ scale deployment k0 --replicas=1/);
  });

  it('is no longer waited for after Ctrl-C', async () => {
    cluster.podState = waits('ContainerCreating', '');
    const project = createProject(ONE_COMMAND);
    const { process: child, result } = startBxtui(['build', '--progress=plain', project.dir], createBuilder());
    await expect.poll(() => cluster.objects.has(DEPLOYMENT)).toBe(true);
    const begun = Date.now();
    child.kill('SIGINT');
    const { status, stderr } = await result;
    expect(Date.now() - begun).toBeLessThan(3_000);
    expect(status, stderr).toBe(130);
    expect(stderr).toContain('ERROR: the build was cancelled');
  });

  it('is listed, and not made for that', async () => {
    const builder = createBuilder();
    const { stdout } = await runBxtui(['engines'], builder);
    expect(stdout).toMatch(/no pod of k0 runs/);
    expect(stdout).toContain('A build starts it');
    expect(cluster.objects.size).toBe(0);
  });

  it.each<readonly [string, ReturnType<Cluster['refuse']>, RegExp, RegExp]>([
    [
      'is not allowed',
      {
        code: 403,
        reason: 'Forbidden',
        message: 'deployments.apps is forbidden: User "me" cannot create resource "deployments"',
      },
      /cannot be made: .*User "me" cannot create/,
      /Ask whoever runs the cluster for the right to make deployments/,
    ],
    [
      'has no namespace to be in',
      { code: 404, reason: 'NotFound', message: 'namespaces "ci" not found' },
      /cannot be made: there is no namespace ci/,
      /Make it: kubectl --kubeconfig=\S+ create namespace ci/,
    ],
  ])('says that it %s', async (_what, refusal, reason, hint) => {
    cluster.refuse = (call) => (call.startsWith('POST') ? refusal : null);
    const { status, stderr } = await build(createBuilder({ namespace: 'ci' }));
    expect(status).toBe(1);
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(hint);
  });

  it('is no longer waited for when the build is stopped, and is built in when it is begun again', async () => {
    cluster.podState = waits('ContainerCreating', '');
    const terminal = startTerminal({
      ...createBuilder(),
      ...{ cols: 110, rows: 30, args: ['build', '--network=none', createProject(ONE_COMMAND).dir] },
    });
    await terminal.waitFor(/booting buildkit/);
    await expect.poll(() => cluster.objects.has(DEPLOYMENT)).toBe(true);
    terminal.type('x');
    await terminal.waitFor('Cancel the build?');
    terminal.type('y');
    await terminal.waitFor(/CANCELLED/i);
    cluster.podState = null;
    terminal.type('r');
    await terminal.waitFor(/BUILT/, { timeoutMs: 15_000 });
    await quit(terminal);
  });

  const buildx = findBuildx();
  it.skipIf(typeof buildx === 'string')('is built in by the same of its pods as docker buildx takes', async () => {
    const object = { kind: 'Deployment', metadata: { name: 'k0', labels: { app: 'k0' } }, spec: { replicas: 5 } };
    cluster.objects.set(DEPLOYMENT, object);
    const builder = createBuilder();
    const { dir } = createProject(ONE_COMMAND);
    const { docker } = buildx as Buildx;
    // It tries for long, since nothing runs there; which pod it has asked is known before.
    const asking = docker(['buildx', 'dial-stdio', '--builder=k'], { ...builder, cwd: dir, timeoutMs: 8_000 }).catch(
      () => undefined,
    );
    const asked = () => cluster.calls.flatMap((call) => /pods\/([^/]+)\/exec/.exec(call)?.[1] ?? [])[0];
    await expect.poll(asked).toBeDefined();
    const { status, output } = await runBxtui(['build', '--progress=plain', '--network=none', '.'], { ...builder, cwd: dir });
    expect(status, output).toBe(0);
    const calls = readFileSync(join(builder.env!.HOME!, 'calls'), 'utf8').trimEnd().split('\n');
    expect(calls.at(-1)).toContain(` exec -i ${asked()} -- buildctl`);
    await asking;
  });

  describe.skipIf(typeof buildx === 'string')('has the objects that docker buildx makes', () => {
    it.each<readonly [string, readonly string[]]>([
      ['no options', []],
      [
        'an image and its environment',
        ['image=img', 'env.HTTP_PROXY=http://p', 'replicas=3', 'namespace=ci', 'loadbalance=random'],
      ],
      [
        'resources',
        ['requests.cpu=500m', 'requests.memory=1Gi', 'limits.cpu=2', 'limits.memory=1536Mi', 'limits.ephemeral-storage=4G'],
      ],
      [
        'no root',
        ['rootless=true', 'requests.ephemeral-storage=2G', 'buildkit-root-volume-memory=2Gi', '"annotations=x/y=z,a=b"'],
      ],
      ['root, said explicitly', ['rootless=false', 'buildkit-root-volume-memory=2Gi', 'qemu.install=true']],
      [
        'a place',
        [
          ...[
            'schedulername=s',
            'serviceaccount=a',
            '"nodeselector=a=b,c=d"',
            '"labels=l=m,n=o"',
            'qemu.install=true',
            'qemu.image=q',
          ],
          '"tolerations=key=k,operator=Equal,value=v,effect=NoSchedule,tolerationSeconds=60;operator=Exists"',
        ],
      ],
    ])('with %s', async (_what, options) => {
      const dir = testDirectory();
      writeFileSync(join(dir, 'ca.pem'), 'CA\n');
      writeFileSync(join(dir, 'b.toml'), `debug = true\n[registry."r.test"]\nca = ["${dir}/ca.pem"]\n`);
      const env = { BUILDX_CONFIG: dir, KUBECONFIG: cluster.kubeconfig, HOME: dir };
      const given = [`--buildkitd-config=${dir}/b.toml`, '--buildkitd-flags=--debug', '--platform=linux/amd64,linux/arm64/v8'];
      const how = [...(options.length > 0 ? given : []), ...options.map((option) => `--driver-opt=${option}`)];
      const { docker } = buildx as Buildx;
      const made = await docker(['buildx', 'create', '--driver=kubernetes', '--name=k', '--driver-opt=timeout=1s', ...how], {
        env,
      });
      expect(made.status, made.output).toBe(0);
      // It would go on and ask the pods, in which nothing is.
      cluster.podState = waits('ContainerCreating', '');
      await docker(['buildx', 'inspect', '--bootstrap', 'k'], { env });
      cluster.podState = null;
      const theirs = normal(cluster);
      expect(theirs.length).toBe(options.length > 0 ? 3 : 1);
      cluster.objects.clear();
      const ours = await build({ env: { ...env, BUILDX_BUILDER: 'k', PATH: `${kubectlDirectory()}:${process.env.PATH}` } });
      expect(ours.status, ours.output).toBe(0);
      expect(normal(cluster)).toEqual(theirs);
    });
  });
});

/** What was asked for, without what is only how it was sent: buildx puts its files into no order. */
function normal({ objects }: Cluster): unknown[] {
  const inOrder = (key: string, value: unknown): unknown =>
    key === 'volumes' || key === 'volumeMounts'
      ? (value as { name: string }[]).toSorted((a, b) => a.name.localeCompare(b.name))
      : value;
  return [...objects.entries()].sort().map(([path, asked]) => {
    const object: typeof asked = JSON.parse(JSON.stringify(asked, inOrder));
    const {
      namespace: _namespace,
      uid: _uid,
      resourceVersion: _version,
      ...metadata
    } = object.metadata as Record<string, unknown>;
    return { path, ...object, metadata };
  });
}
