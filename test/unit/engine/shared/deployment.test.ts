import { describe, expect, it } from 'vitest';
import type { BuilderNode } from '../../../../src/builders/endpoint.js';
import { deploymentPlan } from '../../../../src/engine/shared/channel/deployment-config.js';
import { podTrouble, readPods, readWarning, stickyPod, withPullCauses } from '../../../../src/engine/shared/channel/pods.js';

const node: BuilderNode = { builder: 'k', name: 'k_0', platforms: [], flags: [], driverOpts: {}, files: {}, mayStart: true };

interface Told {
  readonly metadata: object;
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Readonly<Record<string, unknown>>[] } } };
}
const made = (more: Partial<BuilderNode>) => {
  const plan = deploymentPlan({ ...node, ...more }, 'k-0');
  const { metadata, spec } = plan.deployment as unknown as Told;
  return { plan, metadata, pod: spec.template.spec as Record<string, unknown>, container: spec.template.spec.containers[0]! };
};

describe('the deployment of a builder', () => {
  it('is one privileged pod that is ready when its buildkitd answers', () => {
    const { plan, metadata, container } = made({ flags: ['--debug'] });
    expect(plan).toMatchObject({ replicas: 1, timeoutMs: 120_000, configMaps: [] });
    expect(metadata).toEqual({ name: 'k-0', labels: { app: 'k-0' } });
    expect(container).toEqual({
      ...{ name: 'buildkitd', image: 'moby/buildkit:buildx-stable-1', args: ['--debug'] },
      securityContext: { privileged: true },
      readinessProbe: { exec: { command: ['buildctl', 'debug', 'workers'] } },
    });
  });

  it('mounts each directory of its configuration from a config map', () => {
    const files = { 'certs/r/ca.pem': 'Q0E=', 'buildkitd.toml': 'eA==', 'certs/r/key.pem': 'S0VZ', 'certs/s/ca.pem': 'Uw==' };
    const { plan, container } = made({ files, platforms: ['linux/arm64'] });
    expect(plan.configMaps.map(({ metadata, data }) => [metadata.name, data])).toEqual([
      ['k-0-config', { 'buildkitd.toml': 'x' }],
      ['k-0-config-1', { 'ca.pem': 'CA', 'key.pem': 'KEY' }],
      ['k-0-config-2', { 'ca.pem': 'S' }],
    ]);
    expect(plan.configMaps[1]!.metadata).toMatchObject({ annotations: { 'buildx.docker.com/platform': 'linux/arm64' } });
    expect(container.volumeMounts).toEqual([
      { name: 'config', mountPath: '/etc/buildkit' },
      { name: 'config-1', mountPath: '/etc/buildkit/certs/r' },
      { name: 'config-2', mountPath: '/etc/buildkit/certs/s' },
    ]);
  });

  it.each<readonly [string, string | undefined, string]>([
    ['true', undefined, 'moby/buildkit:buildx-stable-1-rootless'],
    ['false', undefined, 'moby/buildkit:buildx-stable-1-rootless'],
    ['true', 'mine', 'mine'],
    ['true', '', 'moby/buildkit:buildx-stable-1'],
  ])('with rootless=%s and image=%s has the image %s', (rootless, image, expected) => {
    expect(made({ driverOpts: { rootless, ...(image !== undefined && { image }) } }).container.image).toBe(expected);
  });

  it.each([
    ['0', 0],
    ['90s', 90_000],
    ['1m30.5s', 90_500],
    ['1h', 3_600_000],
    ['-5ms', -5],
  ])('is waited for with timeout=%s', (timeout, timeoutMs) => {
    expect(made({ driverOpts: { timeout } }).plan.timeoutMs).toBe(timeoutMs);
  });

  it('takes the tolerations that have a value', () => {
    const driverOpts = { tolerations: 'key=k,operator=Exists,effect;operator=Equal,tolerationSeconds=0' };
    expect(made({ driverOpts }).pod.tolerations).toEqual([
      { key: 'k', operator: 'Exists' },
      { operator: 'Equal', tolerationSeconds: 0 },
    ]);
  });

  it.each([
    [{ replicas: 'two' }, /has replicas=two, which is no value/],
    [{ 'limits.memory': '1 GB' }, /has limits.memory=1 GB, which is no value/],
    [{ timeout: '90' }, /timeout=90, which has to be like 90s/],
    [{ labels: 'a=b,c' }, /labels=a=b,c, which has to be KEY=VALUE/],
    [{ labels: 'app=mine' }, /labels=app=mine, where app is of buildx itself/],
    [{ annotations: 'buildx.docker.com/platform=x' }, /is of buildx itself/],
    [{ tolerations: 'taste=sweet' }, /tolerations=taste=sweet, which is no value/],
    [{ loadbalance: 'fair' }, /loadbalance=fair, which has to be sticky or random/],
    [{ rootless: 'yes' }, /rootless=yes, which is no value/],
    [{ sidecar: 'x' }, /has the option sidecar, with which bxtui starts none/],
  ])('is not made of %j', (driverOpts, message) => {
    expect(() => made({ driverOpts: driverOpts as unknown as Record<string, string> })).toThrow(message);
  });
});

describe('the pods of a deployment', () => {
  const listed = (...items: readonly object[]) => readPods(JSON.stringify({ items }));
  const pod = (name: string, status: object, metadata: object = {}) => ({ metadata: { name, ...metadata }, status });
  const isReady = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  const waits = (reason: string, message?: string) => ({
    phase: 'Pending',
    containerStatuses: [{ state: { waiting: { reason, message } } }],
  });

  it('are those that are not going, by their names', () => {
    const pods = listed(pod('c', isReady), pod('b', isReady, { deletionTimestamp: 'now' }), pod('a', { phase: 'Running' }));
    expect(pods.map(({ name, isReady: ready }) => [name, ready])).toEqual([
      ['a', false],
      ['c', true],
    ]);
    expect(podTrouble([pods[1]!])).toBeNull();
  });

  it.each([
    ['nothing said', { phase: 'Running' }, 'usual', 'the pod a is not ready'],
    ['a start', waits('ContainerCreating'), 'usual', 'the pod a waits: ContainerCreating'],
    ['a pull', waits('ErrImagePull', 'no such host'), 'unusual', 'the pod a waits: ErrImagePull: no such host'],
    ['a name', waits('InvalidImageName', 'cannot parse'), 'hopeless', 'the pod a waits: InvalidImageName: cannot parse'],
    [
      'an end',
      { phase: 'Failed', reason: 'Evicted', message: 'low on disk' },
      'unusual',
      'the pod a waits: Evicted: low on disk',
    ],
    [
      'the first container',
      { ...waits('PodInitializing'), initContainerStatuses: [{ state: { waiting: { reason: 'ErrImagePull', message: 'x' } } }] },
      ...(['unusual', 'the pod a waits: ErrImagePull: x'] as const),
    ],
  ])('tell why none is ready: %s', (_what, status, hold, sentence) => {
    expect(podTrouble(listed(pod('a', status)))).toMatchObject({ pod: { hold }, sentence });
  });

  it('tell that the node of one does nothing', () => {
    const scheduled = { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'True' }] };
    const found = podTrouble(listed({ ...pod('a', scheduled), spec: { nodeName: 'node1' } }));
    expect(found).toMatchObject({ pod: { hold: 'usual' }, sentence: 'the pod a waits: its node node1 has not begun it' });
  });

  it('tell the worst', () => {
    const pods = listed(
      pod('a', waits('ContainerCreating')),
      pod('b', waits('ErrImagePull')),
      pod('c', waits('InvalidImageName')),
    );
    expect(podTrouble(pods)?.pod.name).toBe('c');
    expect(podTrouble(pods.slice(0, 2))?.pod.name).toBe('b');
  });

  it.each<readonly [string, object, object | null]>([
    ['never', { initContainerStatuses: [{ name: 'qemu', state: { terminated: { exitCode: 0, reason: 'Completed' } } }] }, null],
    [
      'once, and it is not begun again yet',
      { containerStatuses: [{ name: 'buildkitd', restartCount: 0, state: { terminated: { exitCode: 1, reason: 'Error' } } }] },
      { container: 'buildkitd', times: 1, reason: null },
    ],
    [
      'twice, of which the last time is told',
      {
        containerStatuses: [
          { name: 'side', restartCount: 0, state: { running: {} } },
          {
            ...{ name: 'buildkitd', restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } } },
            lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
          },
        ],
      },
      { container: 'buildkitd', times: 2, reason: 'OOMKilled' },
    ],
    [
      'before the buildkitd begins',
      { initContainerStatuses: [{ name: 'qemu', restartCount: 1, state: { terminated: { exitCode: 2, reason: 'Error' } } }] },
      { container: 'qemu', times: 2, reason: null },
    ],
  ])('tell how often a program in them has ended: %s', (_what, status, ended) => {
    expect(listed(pod('a', status))[0]!.ended).toEqual(ended);
  });

  it('tell the cause also while a pull is only waited for', () => {
    const causes = new Map<string, string>();
    const at = (...status: [string, string]) => withPullCauses(listed(pod('a', waits(...status))), causes)[0]!.trouble;
    expect(at('ImagePullBackOff', 'Back-off pulling image "x"')).toBe('ImagePullBackOff: Back-off pulling image "x"');
    expect(at('ErrImagePull', 'no such host')).toBe('ErrImagePull: no such host');
    expect(at('ImagePullBackOff', 'Back-off pulling image "x"')).toBe('ErrImagePull: no such host');
  });

  it('are warned of by the cluster, the last time of what may hold them up', () => {
    const warnings = [
      { reason: 'FailedMount', message: 'MountVolume.SetUp failed\nfor volume "v"', lastTimestamp: '2026-11-27T15:22:40Z' },
      { reason: 'FailedScheduling', message: '0/1 nodes', lastTimestamp: null, eventTime: '2026-11-27T15:22:24Z' },
      { reason: 'MissingClusterDNS', message: 'no ClusterDNS', lastTimestamp: '2026-11-27T15:22:55Z' },
    ];
    expect(readWarning(JSON.stringify({ items: warnings }))).toBe('FailedMount: MountVolume.SetUp failed for volume "v"');
    expect(readWarning('{"items":[]}')).toBeNull();
  });
});

describe('the pod of a build', () => {
  const names = ['k0-7c9-0', 'k0-7c9-1', 'k0-7c9-2'];
  it('is the same each time, and also when another pod is gone', () => {
    const keys = Array.from({ length: 60 }, (_, index) => `/work/${index}`);
    const before = keys.map((key) => stickyPod(names, key));
    expect(new Set(before)).toEqual(new Set(names));
    const [, ...left] = names;
    for (const [index, key] of keys.entries()) {
      if (before[index] !== names[0]) expect(stickyPod([...left].reverse(), key)).toBe(before[index]);
    }
    expect(stickyPod([], 'a')).toBeUndefined();
  });

  it.each([
    ['/tmp/context-0', 'k0-7c9-2'],
    ['/tmp/context-1', 'k0-7c9-4'],
    ['/tmp/context-2', 'k0-7c9-0'],
  ])('is for %s that of buildx, of five', (key, name) => {
    expect(stickyPod([...names, 'k0-7c9-3', 'k0-7c9-4'], key)).toBe(name);
  });
});
