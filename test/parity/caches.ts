/**
 * Runs the cases of caches: all that write, by both programs, then the engine's own cache is emptied, then all that read. What is compared is what was
 * written, which steps the second build had from it, and whether its result is that of the first.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineEnv } from '../helpers/engines.js';
import type { GithubCache } from '../helpers/github-cache.js';
import type { Registry } from '../helpers/registry.js';
import { type RunResult, runBxtui } from '../helpers/run.js';
import { testDirectory } from '../helpers/session-root.js';
import type { Buildx } from './buildx.js';
import type { CacheCase } from './cases/kept-caches.js';
import { writeContext } from './context.js';

const PROGRAMS = ['bxtui', 'buildx'] as const;
type Program = (typeof PROGRAMS)[number];

export interface CachePlace {
  readonly engine: string;
  readonly buildx: Buildx;
  readonly registry: Registry;
  readonly github: GithubCache;
}

interface Written {
  readonly dir: string;
  readonly runId: string;
  readonly status: number | null;
  readonly id: string | null;
  readonly form: unknown;
}

export class CacheRuns {
  readonly #written = new Map<string, Written>();

  constructor(private readonly place: CachePlace) {}

  /** To be called for every case before the engine's cache is emptied. */
  async write(one: CacheCase): Promise<void> {
    await Promise.all(
      PROGRAMS.map(async (program) => this.#written.set(`${one.name} ${program}`, await this.#writeBy(one, program))),
    );
  }

  /** What the second builds say, each by itself. */
  async read(one: CacheCase): Promise<Readonly<Record<Program, unknown>>> {
    const [bxtui, buildx] = await Promise.all(PROGRAMS.map((program) => this.#readBy(one, program)));
    return { bxtui, buildx };
  }

  async #writeBy(one: CacheCase, program: Program): Promise<Written> {
    const dir = mkdtempSync(join(testDirectory(), 'cache-'));
    const runId = randomUUID();
    await writeContext(join(dir, 'context'), one);
    // An image that is pushed is its own output.
    const args = [...one.to, ...(one.to.includes('--push') ? [] : ['-o', 'type=cacheonly'])];
    const { status, output } = await this.#build(program, { dir, runId, args, env: one.env, cacheOf: { dir, runId } });
    const form = status === 0 ? await this.#formOf(one, { dir, runId }) : failureOf(output);
    return { dir, runId, status, id: madeUpIn(output), form };
  }

  async #readBy(one: CacheCase, program: Program): Promise<unknown> {
    const own = this.#of(one, program);
    if (own.status !== 0) return { status: own.status, form: own.form };
    // The same build as the one that has filled the cache.
    const filled = one.isOfOther ? this.#of(one, program === 'bxtui' ? 'buildx' : 'bxtui') : own;
    const args = [...one.from, '-o', 'type=local,dest=out'];
    const { status, output } = await this.#build(program, {
      ...{ dir: own.dir, runId: filled.runId, args, env: one.env, cacheOf: filled },
    });
    const isSame = filled.id !== null && resultIn(join(own.dir, 'out')) === filled.id;
    return {
      status,
      form: own.form,
      ranAgain: madeUpIn(output) !== null,
      cached: cachedIn(output),
      isSame,
      said: status === 0 ? null : failureOf(output),
    };
  }

  #of(one: CacheCase, program: Program): Written {
    const written = this.#written.get(`${one.name} ${program}`);
    if (written === undefined) throw new Error(`nothing was written for ${one.name}`);
    return written;
  }

  #build(
    program: Program,
    run: {
      readonly dir: string;
      readonly runId: string;
      readonly args: readonly string[];
      readonly env: CacheCase['env'];
      readonly cacheOf: Pick<Written, 'dir' | 'runId'>;
    },
  ): Promise<RunResult> {
    const { buildx, engine } = this.place;
    const ref = `${this.place.registry.host}/${repositoryOf(run.cacheOf.runId)}`;
    const filled = (text: string): string =>
      text
        .replaceAll('@CACHE@', join(run.cacheOf.dir, 'cache'))
        .replaceAll('@REF@', ref)
        .replaceAll('@NAME@', run.cacheOf.runId)
        .replaceAll('@GITHUB@', this.place.github.url);
    const given = run.args.map(filled);
    const own = Object.entries(run.env ?? {}).map(([name, value]) => [name, filled(value)]);
    // What a job that runs these tests has is not meant.
    const more = { ACTIONS_RUNTIME_TOKEN: undefined, ...Object.fromEntries(own) };
    const args = ['build', '--progress=plain', '--build-arg', `RUN_ID=${run.runId}`, ...given, join(run.dir, 'context')];
    const options = { cwd: run.dir, env: { ...engineEnv(engine), ...more }, timeoutMs: 80_000 };
    return program === 'bxtui' ? runBxtui(args, options) : buildx.docker(['buildx', ...args], { ...options, env: more });
  }

  /** What stands in the directory or in the registry, without digests, sizes and times. */
  async #formOf({ form }: CacheCase, { dir, runId }: Pick<Written, 'dir' | 'runId'>): Promise<unknown> {
    if (form === 'none') return null;
    if (form === 'directory') {
      const blob: ReadBlob = async (digest) =>
        readFileSync(join(dir, 'cache/blobs/sha256', digest.replace('sha256:', '')), 'utf8');
      const index = JSON.parse(readFileSync(join(dir, 'cache/index.json'), 'utf8'));
      const tags = index.manifests.map(({ annotations = {} }: Descriptor) => annotations['org.opencontainers.image.ref.name']);
      return { tags, ...(await shapeOf(JSON.parse(await blob(index.manifests[0].digest)), blob)) };
    }
    const { registry } = this.place;
    const repository = repositoryOf(runId);
    const manifest = await registry.manifest(`${repository}:latest`);
    if (manifest === null) return 'nothing is there';
    return shapeOf(manifest as unknown as Manifest, async (digest) => {
      const below = await registry.manifest(`${repository}@${digest}`);
      return below === null ? String(await registry.blob(repository, digest)) : JSON.stringify(below);
    });
  }
}

type ReadBlob = (digest: string) => Promise<string>;

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly os: string };
}

/** A manifest or an index, of an image or of a cache (moby/buildkit, cache/remotecache/export.go). */
interface Manifest {
  readonly mediaType?: string;
  readonly manifests?: readonly Descriptor[];
  readonly layers?: readonly Descriptor[];
  readonly config?: Descriptor;
}

const CACHE_CONFIG = 'application/vnd.buildkit.cacheconfig.v0';

async function shapeOf(manifest: Manifest, blob: ReadBlob): Promise<Readonly<Record<string, unknown>>> {
  const { mediaType, manifests = [], layers = [], config } = manifest;
  // The image among what tells of it.
  const image = manifests.find(({ platform }) => platform !== undefined && platform.os !== 'unknown');
  if (image !== undefined) return { index: mediaType, ...(await shapeOf(JSON.parse(await blob(image.digest)), blob)) };
  const of = config ?? manifests.find((one) => one.mediaType === CACHE_CONFIG);
  const told = of === undefined ? {} : JSON.parse(await blob(of.digest));
  // In an image, the cache is a part of its configuration.
  const cache = told['moby.buildkit.cache.v0'];
  const records = cache === undefined ? told.records : (JSON.parse(Buffer.from(cache, 'base64').toString()).records ?? []);
  return {
    ...{ mediaType, config: of?.mediaType },
    // How many there are depends on what the engine has packed already, for another build.
    blobs: [...new Set([...manifests, ...layers].map((one) => one.mediaType))].sort(),
    records: records?.length ?? 'no cache',
  };
}

function repositoryOf(runId: string): string {
  return `parity/${runId}`;
}

function resultIn(out: string): string | null {
  const file = join(out, 'id');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}

/** What the command has printed when it ran. */
function madeUpIn(output: string): string | null {
  return /^#\d+ [\d.]+ ([\da-f]{8}-[\da-f-]+)$/m.exec(output)?.[1] ?? null;
}

/**
 * The steps of the case itself (those of the base are had from whichever build comes first) that came from a cache: an engine calls one whose layers
 * it has to fetch now CACHED and now DONE.
 */
function cachedIn(output: string): string[] {
  const names = new Map([...output.matchAll(/^#(\d+) \[\S* *\d+\/\d+\] (.*)$/gm)].map(([, number, name]) => [number, name!]));
  const cached = [...output.matchAll(/^#(\d+) (?:CACHED|extracting sha256:.*)$/gm)].map(([, number]) => names.get(number) ?? '');
  return [...new Set(cached)].filter((name) => /uuid|\/id/.test(name)).sort();
}

function failureOf(output: string): string {
  const told = /^ERROR: (?:failed to build: )?(?:failed to solve: )?(.*)$/m.exec(output)?.[1] ?? output;
  return told.replace(/sha256:\w+/g, 'DIGEST');
}
