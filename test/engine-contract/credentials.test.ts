/** A base image in a registry that asks who comes: with the credentials of the docker configuration it is had, without them it is told why not. */
import { randomUUID } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { engineApi } from '../../src/engine/buildkit/transport/index.js';
import type { Engine } from '../../src/engine/engine.js';
import { createProject, removeProjects } from '../helpers/project.js';
import { findRegistry, REGISTRY_USER, type Registry, startRegistry } from '../helpers/registry.js';
import { testDirectory } from '../helpers/session-root.js';
import { build, connect, contractEndpoints, generationOf, logOf, type Observed } from './harness.js';

describe.each(contractEndpoints())('a private base image on $label', (endpoint) => {
  const found = findRegistry(endpoint.label);
  let engine: Engine;
  let registry: Registry;
  /** Of the test. The classic builder asks no registry for an image that it has. */
  let image: string;
  let motto: string;
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
    motto = randomUUID();
    await registry.push(`private/base:${count}`, { 'etc/motto': `${motto}\n` });
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

  /** A docker configuration, and what its `docker-credential-test` does; resolves with its path. */
  function configure(config: object, helper?: string): string {
    const dir = testDirectory();
    const path = join(dir, 'config.json');
    writeFileSync(path, JSON.stringify(config));
    if (helper !== undefined) {
      writeFileSync(join(dir, 'docker-credential-test'), `#!/bin/sh\n${helper}\n`);
      chmodSync(join(dir, 'docker-credential-test'), 0o755);
    }
    vi.stubEnv('DOCKER_CONFIG', dir);
    vi.stubEnv('PATH', `${dir}:${process.env.PATH}`);
    return path;
  }

  /** As docker-credential-helpers have it: the verb is an argument, the server comes on stdin. */
  const keeper = (): string => {
    const { username, password } = REGISTRY_USER;
    const credentials = JSON.stringify({ ServerURL: registry.host, Username: username, Secret: password });
    return `server=$(cat)
case "$1 $server" in
"get ${registry.host}") echo '${credentials}' ;;
list*) echo '${JSON.stringify({ [registry.host]: username, 'other.example': 'somebody' })}' ;;
*) echo credentials not found in native keychain; exit 1 ;;
esac`;
  };

  async function buildOnIt(from = `FROM ${image}`): Promise<Observed> {
    const observed = await build(engine, createProject(`${from}\nRUN cat /etc/motto\n`));
    await observed.run.dispose();
    return observed;
  }

  function expectBuilt(observed: Observed): void {
    expect(observed.last).toMatchObject({ type: 'build.succeeded' });
    expect(logOf(observed, 'cat /etc/motto')).toBe(`${motto}\n`);
  }

  it('is had with the credentials of auths', async () => {
    configure({ auths: { [`http://${registry.host}/v2/`]: { auth: encoded() } } });
    expectBuilt(await buildOnIt());
    const asked = registry.requests().filter((request) => request.includes(`/manifests/${count} `));
    expect(asked.at(-1)).toMatch(/^(?:HEAD|GET) .* 200$/);
  });

  it('is had with what a credential helper knows', async () => {
    configure({ credHelpers: { [registry.host]: 'test' } }, keeper());
    expectBuilt(await buildOnIt());
  });

  it('is had with what the credential store knows, also where an argument names the registry', async () => {
    configure({ credsStore: 'test' }, keeper());
    expectBuilt(await buildOnIt(`ARG REGISTRY=${registry.host}\nFROM $REGISTRY/private/base:${count}`));
  });

  it('is refused without credentials', async () => {
    const path = configure({ auths: { 'other.example': { auth: encoded() } } });
    const hint = `${registry.host} wants credentials, and ${path} has none for it. Run docker login ${registry.host}`;
    expect((await buildOnIt()).last).toMatchObject({
      type: 'build.failed',
      failure: { line: 1, hint: expect.stringContaining(hint) },
    });
  });

  it('is refused with wrong credentials', async () => {
    const path = configure({ auths: { [registry.host]: { auth: encoded('wrong') } } });
    const hint = `${registry.host} refuses the credentials of builder that ${path} has for it. Run docker login ${registry.host}`;
    expect((await buildOnIt()).last).toMatchObject({
      type: 'build.failed',
      failure: { line: 1, hint: expect.stringContaining(hint) },
    });
  });

  it('is refused, with its reason, where the credential helper fails', async () => {
    configure({ credHelpers: { [registry.host]: 'test' } }, 'echo the key-chain is locked; exit 7');
    const hint = `the credential helper docker-credential-test gave nothing for ${registry.host}: the key-chain is locked`;
    expect((await buildOnIt()).last).toMatchObject({
      type: 'build.failed',
      failure: { hint: expect.stringContaining(hint) },
    });
  });

  it('is had from auths where the credential helper fails, and that is told', async () => {
    configure({ auths: { [registry.host]: { auth: encoded() } }, credHelpers: { [registry.host]: 'missing' } });
    const observed = await buildOnIt();
    expectBuilt(observed);
    expect(generationOf(observed).warnings.map(({ message }) => message)).toContain(
      `the credential helper docker-credential-missing gave nothing for ${registry.host}: it is not installed; the registry is asked without it`,
    );
  });

  it('is looked for by its name where the credentials are right', async () => {
    configure({ auths: { [registry.host]: { auth: encoded() } } });
    const { last } = await buildOnIt(`FROM ${registry.host}/private/none:1`);
    expect(last).toMatchObject({ type: 'build.failed', failure: { line: 1, hint: expect.stringMatching(/^Check the name/) } });
  });
});
