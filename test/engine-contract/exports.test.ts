/** Where the result goes: the engine's store, a directory, archives. Nothing runs again for it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, statSync, symlinkSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { engineApi } from '../../src/engine/buildkit/transport/index.js';
import type { Engine } from '../../src/engine/engine.js';
import { BASE, createProject, removeProjects } from '../helpers/project.js';
import { build, connect, contractEndpoints, dockerEndpoints, logOf, openAt, shell } from './harness.js';

const DOCKERFILE = `${BASE}RUN cat /proc/sys/kernel/random/uuid > /id; cat /id
ENV COLOUR=blue
WORKDIR /work
CMD ["cat", "/id"]`;

function tarList(file: string): string[] {
  return execFileSync('tar', ['tf', file], { encoding: 'utf8' }).trim().split('\n');
}

describe.each(contractEndpoints())('the result on $label', (endpoint) => {
  const isClassic = endpoint.builder === 'classic';
  let engine: Engine;
  beforeAll(async () => {
    engine = await connect(endpoint);
  });
  afterAll(() => engine.dispose());
  afterEach(removeProjects);

  it('is an image in the store of an engine that has one, with its configuration and tags, else in the cache', async () => {
    const tags = ['bxtui-contract/app:one', 'bxtui-contract/app:two'];
    const observed = await build(engine, createProject(DOCKERFILE), { tags });
    if (!engine.summary.capabilities.imageStore.isAvailable) {
      expect(observed.last).toMatchObject({ type: 'build.succeeded', result: { imageId: null, tags: [], outputs: [] } });
      return observed.run.dispose();
    }
    const docker = await engineApi(endpoint);
    try {
      expect(observed.last).toMatchObject({ type: 'build.succeeded', result: { tags } });
      const image = await docker.getImage(tags[1] ?? '').inspect();
      expect(observed.last).toMatchObject({ result: { imageId: image.Id } });
      // Podman has the registry in the name.
      const stored = endpoint.isPodman ? tags.map((tag) => `docker.io/${tag}`) : tags;
      expect(image.RepoTags).toEqual(expect.arrayContaining(stored));
      expect(image.Config).toMatchObject({ Cmd: ['cat', '/id'], WorkingDir: '/work' });
      expect(image.Config.Env).toContain('COLOUR=blue');
      if (isClassic) return;
      const exporting = observed.events.filter((event) => event.type === 'vertex.updated' && /^exporting/.test(event.name));
      expect(exporting.length).toBeGreaterThan(0);
    } finally {
      for (const tag of tags) await docker.getImage(tag).remove();
      await observed.run.dispose();
    }
  });

  it('is loaded into a Docker Engine by an engine without a store, or fails with what to do where there is none', async () => {
    if (engine.summary.capabilities.imageStore.isAvailable) return;
    const tags = ['bxtui-contract/loaded:one', 'bxtui-contract/loaded:two'];
    const observed = await build(engine, createProject(DOCKERFILE), { tags, outputs: [{ kind: 'store' }] });
    const [beside] = dockerEndpoints();
    if (!beside) {
      const message = expect.stringContaining('no Docker Engine');
      expect(observed.last).toMatchObject({
        type: 'build.failed',
        failure: { message, hint: expect.stringContaining('DOCKER_HOST') },
      });
      return observed.run.dispose();
    }
    const docker = await engineApi(beside);
    const image = await docker.getImage(tags[1] ?? '').inspect();
    expect(observed.last).toMatchObject({ type: 'build.succeeded', result: { imageId: image.Id, tags } });
    expect(image.RepoTags).toEqual(expect.arrayContaining(tags));
    for (const tag of tags) await docker.getImage(tag).remove();
    await observed.run.dispose();
  });

  it.skipIf(isClassic)('is files in a directory, in a tar, and an image in an archive, all of the same single run', async () => {
    const project = createProject(DOCKERFILE);
    const outputs = [
      { kind: 'local', dest: project.path('out/tree') },
      { kind: 'tar', dest: project.path('out.tar') },
      { kind: 'docker', dest: project.path('image.tar') },
    ] as const;
    const observed = await build(engine, project, { outputs, noCache: true });
    expect(observed.last.type).toBe('build.succeeded');
    const id = logOf(observed, 'uuid');
    expect(id).toMatch(/^[0-9a-f-]{36}\n$/);
    expect(readFileSync(project.path('out/tree/id'), 'utf8')).toBe(id);
    expect(statSync(project.path('out/tree/bin/busybox')).mode & 0o777).toBe(0o755);
    expect(execFileSync('tar', ['xOf', project.path('out.tar'), 'id'], { encoding: 'utf8' })).toBe(id);
    expect(tarList(project.path('image.tar'))).toContain('manifest.json');
    expect(observed.last).toMatchObject({
      result: { outputs: outputs.map((output) => `${output.kind} ${output.dest}`) },
    });
    await observed.run.dispose();
  });

  it.skipIf(isClassic)('is written where symbolic links lead to, and devices stay what they are', async () => {
    const project = createProject(DOCKERFILE);
    symlinkSync('real.tar', project.path('link.tar'));
    symlinkSync('/dev/null', project.path('nothing.tar'));
    const outputs = [
      { kind: 'docker', dest: project.path('link.tar') },
      { kind: 'docker', dest: project.path('nothing.tar') },
    ] as const;
    for (const output of outputs) {
      const observed = await build(engine, project, { outputs: [output] });
      expect(observed.last.type).toBe('build.succeeded');
      await observed.run.dispose();
    }
    expect(tarList(project.path('real.tar'))).toContain('manifest.json');
    expect(readlinkSync(project.path('link.tar'))).toBe('real.tar');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it.skipIf(isClassic)('that cannot be written fails the build with the reason, and leaves nothing half done', async () => {
    const project = createProject(DOCKERFILE, { 'a-file': 'x' });
    const observed = await build(engine, project, { outputs: [{ kind: 'tar', dest: project.path('a-file/out.tar') }] });
    expect(observed.last).toMatchObject({
      type: 'build.failed',
      failure: { line: null, message: expect.stringContaining('a-file/out.tar') },
    });
    expect(existsSync(project.path('out.tar'))).toBe(false);
    await observed.run.dispose();
  });

  it.skipIf(isClassic).each([false, true])(
    'tells why it cannot be written in words of its own: unattended %s',
    async (isUnattended) => {
      const outputs = [{ kind: 'docker', dest: '/dev/full' }] as const;
      const observed = await build(engine, createProject(DOCKERFILE), { outputs, isUnattended });
      const message = 'cannot write /dev/full: no space left on the device';
      expect(observed.last).toMatchObject({ type: 'build.failed', failure: { message } });
      await observed.run.dispose();
    },
  );

  it('with a name that is none fails the build with the engine’s words', async () => {
    const outputs = isClassic ? [] : [{ kind: 'docker', dest: createProject('').path('image.tar') } as const];
    const observed = await build(engine, createProject(DOCKERFILE), { tags: ['lower/UPPER'], outputs });
    expect(observed.last).toMatchObject({
      type: 'build.failed',
      failure: { message: expect.stringMatching(/UPPER|reference|lowercase/) },
    });
    await observed.run.dispose();
  });

  it.skipIf(isClassic)('is the same from a build that nobody will look into', async () => {
    const project = createProject(DOCKERFILE);
    const tree = project.path('unattended');
    const tar = project.path('unattended.tar');
    // Of two builds it is attested that they are two.
    const attestations = [{ type: 'provenance', spec: null }] as const;
    const attended = await build(engine, project, { attestations });
    const runs = [
      await build(engine, project, { attestations, isUnattended: true }),
      await build(engine, project, { isUnattended: true, outputs: [{ kind: 'local', dest: tree }] }),
      await build(engine, project, { isUnattended: true, outputs: [{ kind: 'tar', dest: tar }] }),
    ];
    expect(runs[0]?.last).toEqual(attended.last);
    expect(runs[1]?.last).toMatchObject({ type: 'build.succeeded', result: { imageId: null, outputs: [`local ${tree}`] } });
    expect(existsSync(`${tree}/id`)).toBe(true);
    expect(tarList(tar)).toContain('id');
    for (const { run } of [attended, ...runs]) await run.dispose();
  });

  it.skipIf(isClassic)('is made once, whatever is told of it and whoever looks into it', async () => {
    const project = createProject(DOCKERFILE);
    const outputs = [{ kind: 'local', dest: project.path('tree') }, { kind: 'store' }] as const;
    const wanted = endpoint.kind === 'docker' ? outputs : outputs.slice(0, 1);
    const observed = await build(engine, project, { outputs: wanted, noCache: true, buildRecord: 'min' });
    expect(observed.last.type).toBe('build.succeeded');
    const container = await openAt(observed, 'uuid');
    const { output } = await shell(container, 'cat /id');
    await observed.run.dispose();
    expect(readFileSync(project.path('tree/id'), 'utf8')).toBe(output);
    expect(logOf(observed, 'uuid')).toBe(output);
  });

  it.skipIf(isClassic).each([false, true])(
    'comes with the engine’s record of the build, where it keeps one: unattended %s',
    async (isUnattended) => {
      const buildArgs = [['FLAVOUR', 'sweet']] as const;
      for (const outputs of [[], [{ kind: 'cacheonly' }]] as const) {
        const observed = await build(engine, createProject(DOCKERFILE), { isUnattended, buildArgs, outputs, buildRecord: 'min' });
        await observed.run.dispose();
        const { metadata = {} } = (observed.last as { result: { metadata?: Record<string, string> } }).result;
        if (endpoint.kind === 'docker') expect(metadata['buildx.build.ref']).toMatch(/^default\/default\/[0-9a-f]+$/);
        const encoded = metadata['buildx.build.provenance'];
        if (encoded === undefined) continue;
        const provenance = JSON.parse(Buffer.from(encoded, 'base64').toString());
        expect(provenance.invocation.parameters).toMatchObject({
          frontend: 'dockerfile.v0',
          args: { 'build-arg:FLAVOUR': 'sweet' },
        });
        expect(Object.keys(provenance).sort()).toEqual(['buildType', 'builder', 'invocation']);
      }
    },
  );
});
