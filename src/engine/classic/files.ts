/**
 * The files of a container that never runs, by its archive: of one that is made from a step's image for this, or of the one that a failed
 * command has left. The engine tells a directory only with all that is below it.
 */
import type { FileChange, FileEntry } from '../../core/model/index.js';
import { BxError } from '../../platform/errors.js';
import type { FileRange, StepFiles } from '../engine.js';
import { ApiError, type EngineApi } from '../shared/engine-api.js';
import { sortChanges } from '../shared/files/compare-trees.js';
import { isSameEntry } from '../shared/files/same-entry.js';
import { below, nameOf, noDirectory, noFile, noSuchPath, parentOf, stepPath } from '../shared/files/step-path.js';
import { type ArchiveEntry, readArchive } from './archive.js';
import { compareArchives, isEnginesOwn } from './compare-archives.js';
import { withoutHostPaths } from './failure.js';
import { ownLabel, removeContainer } from './owner.js';

/** Bit of Go's FileMode (io/fs) in what the engine says of a path. */
const MODE_SYMLINK = 1 << 27;
/** Calls that are on their way at once. */
const AT_ONCE = 8;

/** A container to look into. */
export interface Shelf {
  readonly container: string;
  remove(): Promise<void>;
}

/** Made, and never started. */
export async function makeShelf(api: EngineApi, image: string, signal: AbortSignal): Promise<Shelf> {
  const { Id: container } = await api.json<{ readonly Id: string }>('POST', '/containers/create', {
    // An image need not have a command, but a container has to.
    body: {
      Image: image,
      Entrypoint: ['/bxtui-never-starts-it'],
      Cmd: [],
      Labels: ownLabel(),
      HostConfig: { NetworkMode: 'none' },
    },
    signal,
  });
  return { container, remove: () => removeContainer(api, container) };
}

export type ContainerFiles = Pick<StepFiles, 'stat' | 'list' | 'read'>;

/** `where`: for messages. */
export function filesOf(api: EngineApi, container: string, where: string): ContainerFiles {
  const failureOf = (error: unknown, path: string, signal: AbortSignal): BxError => {
    if (signal.aborted) return new BxError('cancelled', `reading ${JSON.stringify(path)} was cancelled`, { cause: error });
    if (!(error instanceof ApiError)) return error instanceof BxError ? error : api.broken(error, signal);
    if (error.status === 404 || /not a directory|no such file/i.test(error.message)) return noSuchPath(path, where, error);
    const why = withoutHostPaths(error.message);
    return new BxError('engine', `${JSON.stringify(path)} in ${where} cannot be read: ${why}`, { cause: error });
  };
  const entriesOf = async function* (path: string, told: string, signal: AbortSignal): AsyncGenerator<ArchiveEntry, void> {
    try {
      yield* readArchive(api, container, path, signal);
    } catch (error) {
      throw failureOf(error, told, signal);
    }
  };
  const statusOf = async (path: string, signal: AbortSignal): Promise<PathStatus | null> => {
    const { status, headers } = await api.head(`/containers/${container}/archive`, { query: { path }, signal }).catch((error) => {
      throw failureOf(error, path, signal);
    });
    const told = headers['x-docker-container-path-stat'];
    return status !== 200 || typeof told !== 'string' ? null : JSON.parse(Buffer.from(told, 'base64').toString('utf8'));
  };
  /** Where a path leads to. What is not there is told by whoever asks for it then. */
  const follow = async (path: string, signal: AbortSignal): Promise<string> => {
    const status = await statusOf(path, signal);
    return status !== null && status.mode & MODE_SYMLINK && status.linkTarget ? stepPath(status.linkTarget) : path;
  };
  const list = async (given: string, signal: AbortSignal): Promise<FileEntry[]> => {
    const path = stepPath(given);
    const resolved = await follow(path, signal);
    const found: FileEntry[] = [];
    const linked: FileEntry[] = [];
    let root: string | null = null;
    for await (const { path: inner, entry, isHardLink } of entriesOf(resolved, path, signal)) {
      if (root === null) {
        if (entry.kind !== 'dir') throw noDirectory(path, where);
        root = inner === '/' ? '' : inner;
        continue;
      }
      const name = inner.slice(root.length + 1);
      if (name.includes('/') || isEnginesOwn(below(resolved, name), entry)) continue;
      (isHardLink ? linked : found).push(entry);
    }
    await eachOf(linked, async (entry) => {
      const status = await statusOf(below(resolved, entry.name), signal);
      found.push({ ...entry, sizeBytes: status?.size ?? 0 });
    });
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  };
  return {
    async stat(given, signal) {
      const path = stepPath(given);
      try {
        for await (const { entry } of entriesOf(path, path, signal)) return { ...entry, name: nameOf(path) };
      } catch (error) {
        if (!isLoop(error)) throw error;
        // Then the engine cannot tell of it but as of what is in its directory.
        const found = (await list(parentOf(path), signal)).find(({ name }) => name === nameOf(path));
        if (found !== undefined) return found;
        throw error;
      }
      throw noSuchPath(path, where);
    },
    list,
    async *read(given, { offset, length }, signal) {
      const path = stepPath(given);
      for await (const { entry, body } of entriesOf(await follow(path, signal), path, signal)) {
        if (entry.kind !== 'file') throw noFile(path, where, entry.kind === 'dir');
        try {
          yield* part(body, { offset, length });
        } catch (error) {
          throw failureOf(error, path, signal);
        }
        return;
      }
    },
  };
}

function isLoop(error: unknown): boolean {
  return error instanceof BxError && /too many (?:links|levels)/.test(error.message);
}

interface PathStatus {
  readonly size: number;
  readonly mode: number;
  readonly linkTarget?: string;
}

async function* part(body: AsyncIterable<unknown>, { offset, length }: FileRange): AsyncGenerator<Uint8Array, void> {
  let skip = offset;
  let left = length ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return;
  for await (const chunk of body) {
    const bytes = (chunk as Buffer).subarray(skip);
    skip = Math.max(0, skip - (chunk as Buffer).length);
    if (bytes.length === 0) continue;
    yield bytes.subarray(0, left);
    left -= bytes.length;
    if (left <= 0) return;
  }
}

interface ImageFacts {
  readonly Created?: string;
  readonly RootFS?: { readonly Layers?: readonly string[] | null };
}

/** What lies between two images. `before`: null for the empty one. */
export async function changesBetween(
  api: EngineApi,
  before: string | null,
  after: string,
  signal: AbortSignal,
): Promise<FileChange[]> {
  if (before === after) return [];
  const facts = (image: string): Promise<ImageFacts> => api.json('GET', `/images/${image}/json`, { signal });
  const [old, now] = await Promise.all([before === null ? null : facts(before), facts(after)]);
  const layers = (image: ImageFacts | null): string => (image?.RootFS?.Layers ?? []).join(' ');
  // It only says more of the image.
  if (layers(old) === layers(now)) return [];
  const made = await Promise.allSettled(
    [before, after].map(async (image) => (image === null ? null : makeShelf(api, image, signal))),
  );
  const shelves = made.map((one) => (one.status === 'fulfilled' ? one.value : null));
  // An image says when it was made to a second, and clocks are set.
  const sinceMs = Date.parse(old?.Created ?? '') - 2_000 || 0;
  const read = (shelf: Shelf | null) => (shelf === null ? null : readArchive(api, shelf.container, '/', signal));
  try {
    const failed = made.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return await compareArchives(read(shelves[0] ?? null), read(shelves[1] ?? null)!, sinceMs);
  } catch (error) {
    if (signal.aborted) throw new BxError('cancelled', 'comparing the step with the one before was cancelled', { cause: error });
    throw error;
  } finally {
    await Promise.allSettled(shelves.map((shelf) => shelf?.remove()));
  }
}

/** `Kind` of the Engine API's changes. */
const CHANGE_KINDS = ['changed', 'added', 'deleted'] as const;

/** What a container has changed of its image. */
export async function changesIn(api: EngineApi, container: string, image: string, signal: AbortSignal): Promise<FileChange[]> {
  type Told = readonly { readonly Path: string; readonly Kind: number }[] | null;
  const told = (await api.json<Told>('GET', `/containers/${container}/changes`, { signal })) ?? [];
  const changes = told.map(({ Path, Kind }): FileChange => ({ path: Path, kind: CHANGE_KINDS[Kind] ?? 'changed' }));
  const changed = changes.filter(({ kind }) => kind === 'changed');
  if (changed.length === 0) return sortChanges(changes);
  // A directory is told as well for what has changed in it.
  const same = new Set<string>();
  const base = await makeShelf(api, image, signal);
  try {
    const [before, after] = [filesOf(api, base.container, 'the image'), filesOf(api, container, 'the step')];
    await eachOf(changed, async ({ path }) => {
      const now = await after.stat(path, signal);
      if (now.kind === 'dir' && isSameEntry(await before.stat(path, signal), now)) same.add(path);
    });
  } finally {
    await base.remove().catch(() => {});
  }
  return sortChanges(changes.filter(({ path }) => !same.has(path)));
}

async function eachOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  const worker = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, all.length) }, worker));
}
