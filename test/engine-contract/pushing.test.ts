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
  beforeAll(async () => {
    engine = await connect(endpoint);
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
});
