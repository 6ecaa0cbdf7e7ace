/** Images that go to a registry, read back from there: what of them, under which names, with whose credentials. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { engineApi } from '../../src/engine/buildkit/transport/index.js';
import type { BuildRequest, Engine } from '../../src/engine/engine.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { findRegistry, REGISTRY_USER, type Registry, startRegistry } from '../helpers/registry.js';
import { testDirectory } from '../helpers/session-root.js';
import { build, connect, contractEndpoints, logOf, type Observed } from './harness.js';

const DOCKERFILE = `${BASE}RUN cat /proc/sys/kernel/random/uuid > /id; cat /id
ENV COLOUR=blue
`;
const PUSH = { kind: 'image', attrs: { push: 'true' } } as const;

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: ReadonlyArray<{ readonly mediaType: string }>;
}

describe.each(contractEndpoints())('an image pushed from $label', (endpoint) => {
  const isClassic = endpoint.builder === 'classic';
  const found = findRegistry(endpoint.label);
  let engine: Engine;
  let registry: Registry;
  let image: string;
  let count = 0;
  let hasContainerdStore = false;
  beforeAll(async () => {
    engine = await connect(endpoint);
    if (endpoint.kind === 'docker') {
      const { DriverStatus = [] } = await (await engineApi(endpoint)).info();
      hasContainerdStore = JSON.stringify(DriverStatus).includes('io.containerd.snapshotter');
    }
    if ('program' in found) registry = await startRegistry(found.program, { engine: endpoint.label, isPrivate: true });
  });
  afterAll(async () => {
    await engine.dispose();
    await registry?.stop();
  });
  beforeEach(({ skip }) => {
    skip('lacks' in found, `no registry: ${'lacks' in found && found.lacks}`);
    image = `pushed/app:${++count}`;
    logIn(REGISTRY_USER.password);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    removeProjects();
    if (endpoint.kind !== 'docker' || 'lacks' in found) return;
    const docker = await engineApi(endpoint);
    for (const name of [image, `${image}-too`]) {
      await docker
        .getImage(`${registry.host}/${name}`)
        .remove({ force: true })
        .catch(() => undefined);
    }
  });

  function logIn(password: string): void {
    const dir = testDirectory();
    const auth = Buffer.from(`${REGISTRY_USER.username}:${password}`).toString('base64');
    writeFileSync(join(dir, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
    vi.stubEnv('DOCKER_CONFIG', dir);
  }

  async function push(overrides: Partial<BuildRequest>): Promise<Observed> {
    const tags = [`${registry.host}/${image}`, `${registry.host}/${image}-too`];
    const observed = await build(engine, createProject(DOCKERFILE), { tags, outputs: [PUSH], ...overrides });
    await observed.run.dispose();
    return observed;
  }

  const manifestOf = async (name = image): Promise<Manifest> => {
    const manifest = (await registry.manifest(name)) as unknown as Manifest & { manifests?: ReadonlyArray<{ digest: string }> };
    const [first] = manifest?.manifests ?? [];
    return first ? ((await registry.manifest(`${name.replace(/:.*/, '')}@${first.digest}`)) as unknown as Manifest) : manifest;
  };

  it.skipIf(isClassic).each([{ isUnattended: false }, { isUnattended: true }])(
    'is there under all its names: %j',
    async (how) => {
      const observed = await push(how);
      const tags = [`${registry.host}/${image}`, `${registry.host}/${image}-too`];
      expect(observed.last).toMatchObject({ type: 'build.succeeded', result: { pushed: tags } });
      const manifest = await manifestOf();
      expect(await manifestOf(`${image}-too`)).toEqual(manifest);
      const config = JSON.parse((await registry.blob('pushed/app', manifest.config.digest)).toString());
      expect(config.config.Env).toContain('COLOUR=blue');
      // What the scripts of a pipeline go on with.
      const { result } = observed.last as { result: { metadata: Record<string, string> } };
      const digest = result.metadata['containerimage.digest'];
      expect(await registry.manifest(`pushed/app@${digest}`)).toEqual(await registry.manifest(image));
      // It is told as a part of the export.
      const names = observed.events.flatMap((event) => (event.type === 'vertex.updated' ? [event.name] : []));
      expect(names.some((name) => /^(?:exporting|pushing)/.test(name))).toBe(true);
    },
  );

  it.skipIf(isClassic)('that the registry refuses fails the build, with whom to ask', async () => {
    logIn('wrong');
    const observed = await push({});
    expect(observed.last).toMatchObject({
      type: 'build.failed',
      failure: { line: null, message: expect.stringMatching(/unauthorized|authorization|no basic auth|denied|401/i) },
    });
    expect(await registry.manifest(image)).toBe(null);
  });

  it.skipIf(isClassic)('goes together with other outputs, all of one run', async () => {
    const project = createProject(DOCKERFILE);
    const outputs = [
      PUSH,
      { kind: 'local', dest: project.path('tree') },
      { kind: 'tar', dest: project.path('out.tar') },
    ] as const;
    const tags = [`${registry.host}/${image}`];
    for (const isUnattended of [true, false]) {
      const observed = await build(engine, project, { tags, outputs, noCache: true, isUnattended });
      await observed.run.dispose();
      expect(observed.last).toMatchObject({ type: 'build.succeeded', result: { pushed: tags } });
      const id = logOf(observed, 'uuid');
      expect(project.read('tree/id')).toBe(id);
      expect((await manifestOf()).layers).toHaveLength(3);
    }
  });

  interface Described {
    readonly digest: string;
    readonly annotations?: Readonly<Record<string, string>>;
  }
  const hasIndex = (): boolean => endpoint.kind !== 'docker' || hasContainerdStore;

  it.skipIf(isClassic)('has its annotations, on what they are for', async ({ skip }) => {
    skip(!hasIndex(), 'this engine keeps its images in a form without annotations');
    const annotations = {
      'annotation.title': 'of it',
      'annotation-index.title': 'of all',
      'annotation-manifest-descriptor.title': 'at it',
    };
    const observed = await push({ annotations });
    expect(observed.last.type).toBe('build.succeeded');
    const index = (await registry.manifest(image)) as unknown as Described & { manifests: Described[] };
    expect(index.annotations).toEqual({ title: 'of all' });
    expect(index.manifests[0]?.annotations).toMatchObject({ title: 'at it' });
    expect(await manifestOf()).toMatchObject({ annotations: { title: 'of it' } });
  });

  /** What is attested, by its kind. */
  async function attested(): Promise<Record<string, { readonly predicate: Record<string, unknown> }>> {
    const index = (await registry.manifest(image)) as unknown as { manifests?: Described[] };
    const found = index.manifests?.find(
      ({ annotations }) => annotations?.['vnd.docker.reference.type'] === 'attestation-manifest',
    );
    if (!found) return {};
    const manifest = (await registry.manifest(`pushed/app@${found.digest}`)) as unknown as { layers: Described[] };
    const statements = manifest.layers.map(async ({ digest, annotations }) => [
      annotations?.['in-toto.io/predicate-type'] ?? '',
      JSON.parse((await registry.blob('pushed/app', digest)).toString()),
    ]);
    return Object.fromEntries(await Promise.all(statements));
  }

  it.skipIf(isClassic).each([{ isUnattended: false }, { isUnattended: true }])('says how it was made: %j', async (how) => {
    const spec = 'type=provenance,mode=max,version=v0.2';
    const overrides = { ...how, noCache: true, buildArgs: [['FLAVOUR', 'sweet'] as const] };
    if (!hasIndex()) {
      await expect(push({ ...overrides, attestations: [{ type: 'provenance', spec }] })).rejects.toThrow(
        '--attest type=provenance',
      );
      return;
    }
    expect((await push(overrides)).last.type).toBe('build.succeeded');
    expect(Object.keys(await attested())).toEqual([expect.stringContaining('slsa.dev/provenance')]);
    const observed = await push({ ...overrides, attestations: [{ type: 'provenance', spec }] });
    expect(observed.last.type).toBe('build.succeeded');
    const { predicate } = (await attested())['https://slsa.dev/provenance/v0.2']!;
    expect(predicate).toMatchObject({
      invocation: { parameters: { frontend: 'dockerfile.v0', args: { 'build-arg:FLAVOUR': 'sweet' } } },
    });
    expect((await push({ ...overrides, attestations: [{ type: 'provenance', spec: null }] })).last.type).toBe('build.succeeded');
    expect(await attested()).toEqual({});
  });

  it.skipIf(isClassic)('says what is in it, by the generator that was named', async ({ skip }) => {
    skip(!hasIndex(), 'this engine keeps its images in a form without attestations');
    const statement = JSON.stringify({
      ...{ _type: 'https://in-toto.io/Statement/v0.1', predicateType: 'https://spdx.dev/Document' },
      predicate: { spdxVersion: 'SPDX-2.3', name: 'by the test' },
    });
    const generator = `${registry.host}/scanner:${count}`;
    const scan = `#!/bin/sh\ncp /statement $BUILDKIT_SCAN_DESTINATION/all.spdx.json\n`;
    const scanner = createProject(`${BASE}COPY --chmod=755 scan /scan\nCOPY statement /statement\nENTRYPOINT ["/scan"]\n`, {
      scan,
      statement,
    });
    const made = await build(engine, scanner, { tags: [generator], outputs: [PUSH] });
    await made.run.dispose();
    expect(made.last.type).toBe('build.succeeded');
    for (const isUnattended of [false, true]) {
      const observed = await push({ isUnattended, attestations: [{ type: 'sbom', spec: `type=sbom,generator=${generator}` }] });
      expect(observed.last).toMatchObject({ type: 'build.succeeded' });
      expect((await attested())['https://spdx.dev/Document']?.predicate).toMatchObject({ name: 'by the test' });
    }
  });
});
