/** A builder of buildx in a cluster is there what docker buildx makes of it: the same objects, and the same of its pods for the same build. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, startCluster, waits } from '../helpers/cluster.js';
import { build, kubectlDirectory, ONE_COMMAND, tellsWhy, whyNoCluster, writeBuilder } from '../helpers/cluster-builder.js';
import { createProject, removeProjects } from '../helpers/project.js';
import { endRuns, runBxtui } from '../helpers/run.js';
import { testDirectory } from '../helpers/session-root.js';
import { type Buildx, findBuildx } from '../parity/buildx.js';

const DEPLOYMENT = '/apis/apps/v1/namespaces/work/deployments/k0';

describe.skipIf(whyNoCluster !== null)(`a builder in a cluster, as docker buildx has it${tellsWhy}`, () => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await startCluster();
  });
  afterEach(() => {
    endRuns();
    removeProjects();
    cluster.close();
  });

  const buildx = findBuildx();
  it.skipIf(typeof buildx === 'string')('is built in by the same of its pods as docker buildx takes', async () => {
    const object = { kind: 'Deployment', metadata: { name: 'k0', labels: { app: 'k0' } }, spec: { replicas: 5 } };
    cluster.objects.set(DEPLOYMENT, object);
    const builder = writeBuilder(cluster);
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
