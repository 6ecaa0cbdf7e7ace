/** A builder of buildx in a cluster: the first build makes its deployment, as buildx would, waits for its pods, and tells so. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, endedPod, type PodState, startCluster, waits } from '../helpers/cluster.js';
import { build, kubectlDirectory, ONE_COMMAND, tellsWhy, whyNoCluster, writeBuilder } from '../helpers/cluster-builder.js';
import { createProject, removeProjects } from '../helpers/project.js';
import { endRuns, type RunOptions, runBxtui, startBxtui } from '../helpers/run.js';
import { quit } from '../helpers/session.js';
import { closeTerminals, startTerminal } from '../helpers/terminal.js';

const DEPLOYMENT = '/apis/apps/v1/namespaces/work/deployments/k0';

describe.skipIf(whyNoCluster !== null)(`a builder in a cluster${tellsWhy}`, () => {
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

  const createBuilder = (options: Readonly<Record<string, string>> = {}, more: object = {}): RunOptions =>
    writeBuilder(cluster, options, more);

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

  it('says why an image cannot be pulled, also while that is only tried again', async () => {
    cluster.podState = waits('ErrImagePull', 'rpc error: dial tcp: lookup r.test: no such host');
    const building = build(createBuilder({ image: 'r.test/x:1', timeout: '4s' }));
    await expect.poll(() => cluster.calls.filter((call) => call.endsWith('/pods')).length).toBeGreaterThan(2);
    cluster.podState = waits('ImagePullBackOff', 'Back-off pulling image "r.test/x:1"');
    const { stderr } = await building;
    expect(stderr).toMatch(/^ERROR: .* waits: ErrImagePull: rpc error: dial tcp: lookup r.test: no such host$/m);
    expect(stderr.split('\n').filter((text) => /^#1 \d+\.\d+ the pod/.test(text))).toHaveLength(1);
  });

  it('says what the cluster warns of where a pod only seems to start', async () => {
    cluster.podState = waits('ContainerCreating', '');
    cluster.warnings = [
      { reason: 'FailedMount', message: 'MountVolume.SetUp failed for volume "config" : configmap "k0-config" not found' },
      { reason: 'MissingClusterDNS', message: 'kubelet does not have ClusterDNS IP configured' },
    ];
    const { stderr } = await build(createBuilder({ timeout: '5s' }));
    const why =
      'the pod k0-7c9-0 waits: FailedMount: MountVolume.SetUp failed for volume "config" : configmap "k0-config" not found';
    expect(stderr).toMatch(new RegExp(`^#1 [34]\\.\\d+ ${why}$`, 'm'));
    expect(stderr).toMatch(new RegExp(`^ERROR: cannot start .*: ${why}$`, 'm'));
  });

  it.each([
    ['buildkitd', ''],
    ['qemu', ' --container=qemu'],
  ])('says at its first end the last words of a %s that ends again and again', async (container, flag) => {
    cluster.podState = endedPod(1, container);
    cluster.log = 'Incorrect usage\nbuildkitd: unknown flag: broken\n  --version  print the version\n';
    const building = build(createBuilder({ 'qemu.install': 'true' }));
    await expect.poll(() => cluster.calls.filter((call) => call.endsWith('/log')).length).toBeGreaterThan(0);
    // Docker, and what it has no more.
    cluster.log = 'unable to retrieve container logs for docker://2aee990e';
    cluster.podState = endedPod(3, container);
    const { status, stderr } = await building;
    expect(status).toBe(1);
    const why = `the ${container} in its pod k0-7c9-0 ends by itself: buildkitd: unknown flag: broken`;
    expect(stderr).toMatch(new RegExp(`^ERROR: cannot start .*: ${why}$`, 'm'));
    expect(
      stderr.split('\n').filter((text) => text.startsWith('#1') && text.endsWith(why) && !text.includes('ERROR')),
    ).toHaveLength(1);
    expect(stderr).toMatch(/^#1 \d+\.\d+ Incorrect usage$/m);
    expect(stderr).toMatch(new RegExp(`Try: kubectl --kubeconfig=\\S+ logs k0-7c9-0${flag} --previous`));
  });

  it('says why the cluster makes no pods of it', async () => {
    const message = 'pods "k0-7c9-" is forbidden: violates PodSecurity "restricted:latest": privileged';
    cluster.conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }];
    cluster.podState = { phase: 'Pending' };
    const { stderr } = await build(createBuilder({ timeout: '1s' }));
    expect(stderr).toMatch(/ERROR: cannot start .*: 0 of 1 pods .* are ready: pods "k0-7c9-" is forbidden: violates PodSecurity/);
  });

  const scaledTo = (replicas: number): void => {
    cluster.objects.set(DEPLOYMENT, { kind: 'Deployment', metadata: { name: 'k0', labels: { app: 'k0' } }, spec: { replicas } });
  };

  it('says at once that it has been scaled to nothing', async () => {
    scaledTo(0);
    const { stderr } = await build(createBuilder());
    expect(stderr).toMatch(/ERROR: cannot start .*: 0 of 1 pods .* are ready: it is scaled to 0\n/);
    expect(stderr).toMatch(/Try: kubectl --kubeconfig=\S+ scale deployment k0 --replicas=1/);
  });

  it('is built in with the pods that it has been scaled down to', async () => {
    scaledTo(1);
    cluster.podState = waits('ContainerCreating', '');
    const building = build(createBuilder({ replicas: '3' }));
    await expect.poll(() => cluster.calls.filter((call) => call.endsWith('/pods')).length).toBeGreaterThan(2);
    cluster.podState = null;
    const { status, output } = await building;
    expect(status, output).toBe(0);
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
      'is more than it may have',
      { code: 403, reason: 'Forbidden', message: 'deployments.apps "k0" is forbidden: exceeded quota: q, requested: pods=1' },
      /cannot be made: deployments.apps "k0" is forbidden: exceeded quota: q, requested: pods=1\n/,
      /Free some of it, .*: kubectl --kubeconfig=\S+ --namespace=ci describe quota/,
    ],
    [
      'is not what the cluster takes',
      {
        code: 422,
        reason: 'Invalid',
        message: 'Deployment.apps "k0" is invalid: spec.replicas: Invalid value: -1: must be positive',
        details: {
          ...{ name: 'k0', group: 'apps', kind: 'Deployment' },
          causes: [{ reason: 'FieldValueInvalid', message: 'Invalid value: -1: must be positive', field: 'spec.replicas' }],
        },
      },
      /cannot be made: .*"k0" is invalid: spec.replicas: Invalid value: -1/,
      /Make the builder again with other options: docker buildx rm k, then docker buildx create/,
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

  it('shows on the screen what holds up its pods, and the build when it begins', async () => {
    cluster.podState = waits('ErrImagePull', 'no such host');
    const terminal = startTerminal({
      ...createBuilder(),
      ...{ cols: 110, rows: 30, args: ['build', '--network=none', createProject(ONE_COMMAND).dir] },
    });
    await terminal.waitFor(/the pod k0-7c9-0 waits: ErrImagePull: no such host/);
    cluster.podState = null;
    await terminal.waitFor(/BUILT/, { timeoutMs: 15_000 });
    await terminal.waitFor(/Logs.*RUN/);
    await quit(terminal);
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

  it.each<readonly [string, PodState, RegExp, RegExp]>([
    [
      'has no place',
      { phase: 'Pending', conditions: [unschedulable] },
      /waits: Unschedulable: 0\/3 nodes/,
      /describe pod k0-7c9-0$/m,
    ],
    ['has ended', { phase: 'Succeeded' }, /the pod k0-7c9-0 has ended \(Succeeded\)/, /describe pod k0-7c9-0$/m],
    ['ends by itself', endedPod(2), /k0-7c9-0 is not ready/, /logs k0-7c9-0 --container=buildkitd --previous$/m],
    ['cannot begin', waits('ContainerCreating', ''), /waits: FailedMount: no such configmap/, /describe pod k0-7c9-0$/m],
  ])('has a pod whose name leads nowhere when it %s', async (_what, podState, reason, hint) => {
    scaledTo(1);
    cluster.podState = podState;
    cluster.warnings = [{ reason: 'FailedMount', message: 'no such configmap' }];
    const dir = kubectlDirectory('error: unable to upgrade connection: container not found ("buildkitd")');
    const env = {
      BUILDKIT_HOST: 'kube-pod://k0-7c9-0',
      KUBECONFIG: cluster.kubeconfig,
      HOME: dir,
      PATH: `${dir}:${process.env.PATH}`,
    };
    const { status, stderr } = await build({ env });
    expect(status).toBe(1);
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(hint);
  });
});
