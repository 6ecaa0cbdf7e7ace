/**
 * The parity suite of caches in directories, registries, images and what GitHub keeps for its jobs. They need an engine that writes them, which a Docker Engine does with containerd's
 * store, and an empty cache between two builds: a private engine of its own, of the newest in Debian.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GithubCache, startGithubCache } from '../helpers/github-cache.js';
import { findRegistry, type Registry, startRegistry } from '../helpers/registry.js';
import { endRuns } from '../helpers/run.js';
import { type Buildx, findBuildx } from '../parity/buildx.js';
import { CacheRuns } from '../parity/caches.js';
import { githubCaches, keptCaches } from '../parity/cases/kept-caches.js';
import { unpackDebianPackages } from '../setup/debian-package.mjs';
import { type EngineHandle, startPrivateEngine } from '../setup/engine.mjs';

const buildx = findBuildx();
const lacks = typeof buildx === 'string' ? buildx : process.getuid?.() === 0 ? null : 'a private engine needs root';
const tellsWhy = lacks === null ? '' : ` (skipped: ${lacks})`;

describe.skipIf(lacks !== null).concurrent(`parity with docker buildx${tellsWhy}`, () => {
  let engine: EngineHandle | null = null;
  let registry: Registry | null = null;
  let github: GithubCache | null = null;
  let runs: CacheRuns;

  beforeAll(async () => {
    const dockerd = process.env.BXTUI_DOCKERD ?? join(unpackDebianPackages(['docker.io'], 'forky'), 'usr/sbin/dockerd');
    engine = await startPrivateEngine({ dockerd, features: ['containerd-snapshotter'] });
    const found = findRegistry(engine.address);
    const other = findBuildx(engine.address);
    if ('lacks' in found || typeof other === 'string') throw new Error('lacks' in found ? found.lacks : String(other));
    registry = await startRegistry(found.program, { engine: engine.address });
    github = await startGithubCache(engine.address);
    runs = new CacheRuns({ engine: engine.address, buildx: other, registry, github });
    await Promise.all([...keptCaches, ...githubCaches].map((one) => runs.write(one)));
    await emptyCache(other);
  });
  afterAll(async () => {
    endRuns();
    await Promise.all([registry?.stop(), github?.stop()]);
    const leftovers = await engine?.stop();
    expect(leftovers ?? null).toBe(null);
  });

  it.for(keptCaches)('caches that are kept: $name', async (one) => {
    const { bxtui, buildx: other } = await runs.read(one);
    expect(bxtui).toEqual(other);
    if (!one.isLost) expect(other).toMatchObject({ status: 0, isSame: true, ranAgain: false });
  });

  it.for(githubCaches)('caches of GitHub Actions: $name', async (one) => {
    const { bxtui, buildx: other } = await runs.read(one);
    expect(bxtui).toEqual(other);
    if (!one.isLost) expect(other).toMatchObject({ status: 0, isSame: true, ranAgain: false });
  });
});

/** All of it: what the second builds have is what was kept elsewhere. */
async function emptyCache({ docker }: Buildx): Promise<void> {
  for (const args of [
    ['image', 'prune', '-af'],
    ['builder', 'prune', '-af'],
  ]) {
    const { status, output } = await docker(args);
    if (status !== 0) throw new Error(`docker ${args.join(' ')}: ${output}`);
  }
}
