/** A base image in a registry that asks who comes: with the credentials of the docker configuration it is had, without them it is told why not. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { engineApi } from '../../src/engine/buildkit/transport/index.js';
import type { Engine } from '../../src/engine/engine.js';
import { createProject, removeProjects } from '../helpers/project.js';
import { findRegistry, REGISTRY_USER, type Registry, startRegistry } from '../helpers/registry.js';
import { testDirectory } from '../helpers/session-root.js';
import { build, connect, contractEndpoints, logOf, type Observed } from './harness.js';

describe.each(contractEndpoints())('a private base image on $label', (endpoint) => {
  const found = findRegistry(endpoint.label);
  let engine: Engine;
  let registry: Registry;
  /** Of the test. The classic builder asks no registry for an image that it has. */
  let image: string;
  let count = 0;
  beforeAll(async () => {
    engine = await connect(endpoint);
    if ('program' in found) registry = await startRegistry(found.program, { engine: endpoint.label, isPrivate: true });
  });
  afterAll(async () => {
    engine.dispose();
    await registry?.stop();
  });
  beforeEach(async ({ skip }) => {
    skip('lacks' in found, `no registry: ${'lacks' in found && found.lacks}`);
    count++;
    image = `${registry.host}/private/base:${count}`;
    await registry.push(`private/base:${count}`, { 'etc/motto': `number ${count}\n` });
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    removeProjects();
    if (endpoint.kind !== 'docker' || 'lacks' in found) return;
    const docker = await engineApi(endpoint);
    await docker
      .getImage(image)
      .remove({ force: true })
      .catch(() => undefined);
  });

  const encoded = (password: string = REGISTRY_USER.password): string =>
    Buffer.from(`${REGISTRY_USER.username}:${password}`).toString('base64');

  /** A docker configuration; `helper`: what `docker-credential-test` does. */
  function configure(config: object, helper?: string): void {
    const dir = testDirectory();
    writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
    if (helper !== undefined) {
      writeFileSync(join(dir, 'docker-credential-test'), `#!/bin/sh\n${helper}\n`);
      chmodSync(join(dir, 'docker-credential-test'), 0o755);
    }
    vi.stubEnv('DOCKER_CONFIG', dir);
    vi.stubEnv('PATH', `${dir}:${process.env.PATH}`);
  }

  async function buildOnIt(dockerfile = 'RUN cat /etc/motto'): Promise<Observed> {
    const observed = await build(engine, createProject(`FROM ${image}\n${dockerfile}\n`));
    await observed.run.dispose();
    return observed;
  }

  it('is had with the credentials of auths', async () => {
    configure({ auths: { [registry.host]: { auth: encoded() } } });
    const observed = await buildOnIt();
    expect(observed.last).toMatchObject({ type: 'build.succeeded' });
    expect(logOf(observed, 'cat /etc/motto')).toBe(`number ${count}\n`);
    expect(registry.requests().some((request) => request.endsWith(`/manifests/${count} 200`))).toBe(true);
  });

  it('is refused without credentials', async () => {
    configure({});
    const observed = await buildOnIt();
    expect(observed.last).toMatchObject({ type: 'build.failed', failure: { line: 1 } });
  });
});
