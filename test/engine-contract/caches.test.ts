/** Caches and images in directories of this machine and in registries: written by one engine's build, used by the next. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BuildRequest, Engine } from '../../src/engine/engine.js';
import { BASE, createProject, type Project, removeProjects } from '../helpers/project.js';
import { findRegistry, type Registry, startRegistry } from '../helpers/registry.js';
import { build, connect, contractEndpoints, generationOf, logOf, type Observed, skipClassic } from './harness.js';

const DOCKERFILE = `${BASE}RUN cat /proc/sys/kernel/random/uuid > /id; cat /id
FROM scratch
COPY --from=base /id /id
`;
const NO_EXPORT = [{ kind: 'cacheonly' }] as const;

describe.each(contractEndpoints())('a cache of $label', (endpoint) => {
  skipClassic(endpoint);
  const found = findRegistry(endpoint.label);
  let engine: Engine;
  let registry: Registry | null = null;
  let canExport = true;
  beforeAll(async () => {
    engine = await connect(endpoint);
    if ('program' in found) registry = await startRegistry(found.program, { engine: endpoint.label });
    const project = createProject(BASE);
    const probe = build(engine, project, {
      cacheTo: [{ type: 'local', attrs: { dest: project.path('cache') } }],
      outputs: NO_EXPORT,
    });
    canExport = await probe.then(
      ({ run }) => run.dispose().then(() => true),
      (error: Error) => !error.message.includes('--cache-to type=local'),
    );
  });
  afterAll(async () => {
    await engine.dispose();
    await registry?.stop();
  });
  afterEach(removeProjects);

  async function run(project: Project, overrides: Partial<BuildRequest>): Promise<Observed> {
    const observed = await build(engine, project, { outputs: NO_EXPORT, ...overrides });
    await observed.run.dispose();
    expect(observed.last).toMatchObject({ type: 'build.succeeded' });
    return observed;
  }

  /** Whether the step came from a cache; the engine's own one has it under another id. */
  const isImported = (observed: Observed): boolean =>
    observed.events.some(
      (event) => event.type === 'vertex.updated' && /^importing cache manifest/.test(event.name) && event.error === '',
    );

  it.each([false, true])('in a directory has the steps, and their files again: unattended %s', async (isUnattended) => {
    if (!canExport) return;
    const project = createProject(DOCKERFILE);
    const dest = project.path('the cache ü');
    const first = await run(project, { isUnattended, cacheTo: [{ type: 'local', attrs: { dest, mode: 'max' } }] });
    expect(existsSync(join(dest, 'oci-layout'))).toBe(true);
    const id = logOf(first, 'uuid');
    const other = createProject('', {}, 'x');
    other.write('Dockerfile', project.read('Dockerfile'));
    const again = await run(other, {
      ...{ isUnattended, cacheFrom: [{ type: 'local', attrs: { src: dest } }] },
      outputs: [{ kind: 'local', dest: other.path('out') }],
    });
    expect(isImported(again)).toBe(true);
    expect(readFileSync(other.path('out/id'), 'utf8')).toBe(id);
  });

  it('that is not there is told of, and the build goes on', async () => {
    const project = createProject(BASE);
    const observed = await run(project, { cacheFrom: [{ type: 'local', attrs: { src: project.path('none') } }] });
    const messages = generationOf(observed).warnings.map(({ message }) => message);
    expect(messages).toContain(`the cache at ${project.path('none')} is not used: there is none`);
  });

  it('in a registry has the steps', async ({ skip }) => {
    skip(registry === null, 'no registry');
    if (!canExport || registry === null) return;
    const ref = `${registry.host}/cache/app:c`;
    const project = createProject(DOCKERFILE);
    await run(project, { cacheTo: [{ type: 'registry', attrs: { ref, mode: 'max' } }] });
    expect(await registry.manifest('cache/app:c')).not.toBe(null);
    expect(isImported(await run(project, { cacheFrom: [{ type: 'registry', attrs: { ref } }] }))).toBe(true);
  });

  it('stands beside an image in a directory, which an index names', async () => {
    const project = createProject(DOCKERFILE);
    const outputs = [
      { kind: 'oci', dest: project.path('layout'), isDirectory: true },
      { kind: 'tar', dest: project.path('out.tar') },
    ] as const;
    if (!canExport) {
      await expect(build(engine, project, { outputs })).rejects.toThrow('--output type=oci');
      return;
    }
    for (const isUnattended of [true, false]) {
      const observed = await run(project, { isUnattended, tags: ['layout/app:1'], outputs });
      expect(observed.last).toMatchObject({
        result: { outputs: [`oci ${project.path('layout')}`, `tar ${project.path('out.tar')}`] },
      });
      const index = JSON.parse(project.read('layout/index.json'));
      expect(index.manifests).toHaveLength(1);
      const [{ digest, annotations }] = index.manifests;
      expect(annotations['org.opencontainers.image.ref.name']).toBe('1');
      expect(existsSync(project.path(`layout/blobs/sha256/${digest.slice(7)}`))).toBe(true);
    }
  });
});
