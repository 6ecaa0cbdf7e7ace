/** What processes that are gone have left on the engine, and its removal at the next start. It is no reason to fail. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineApi } from '../shared/engine-api.js';
import { readClock } from './facts.js';
import { type LeftBehind, readJournals } from './journal.js';
import { isOrphan, LABEL, removeContainer, removeImage } from './owner.js';

interface Found {
  readonly Id: string;
  /** Seconds. */
  readonly Created?: number;
  readonly ParentId?: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

/** A container that was being made when its client went comes up within so long, and one that a builder still works on is not so old, by far. */
const SETTLING_S = 3;

export interface Sweep {
  /** What an old engine would take for the cache of a command is gone. Never rejects. */
  readonly clean: Promise<void>;
  /** So is all that can go now. Never rejects. */
  readonly done: Promise<void>;
}

/**
 * What processes that are gone have noted. Where none has, the engine is not even asked: what it has is noted before it is made, and a build that ends
 * with the cache takes little longer than the question. `signal`: nothing more is waited for.
 */
export function sweepOrphans(api: SweepApi, signal: AbortSignal): Sweep {
  const left = readJournals(api.endpoint.address);
  const clean = removeKnown(api, left).catch(() => false);
  const untold = removeUntold(api, left ?? [], signal).catch(() => false);
  const done = Promise.all([clean, untold]).then(async ([isClean, isAll]) => {
    if (!isClean || !isAll || !left?.length) return;
    // What was being committed when its process went has become an image only now.
    await removeImages(api);
    for (const { forget } of left) forget();
  });
  return { clean: clean.then(() => {}), done: done.catch(() => {}) };
}

type SweepApi = Pick<EngineApi, 'endpoint' | 'json' | 'head'>;

/** Whether all of it is gone. Null: nothing can be noted here. */
async function removeKnown(api: SweepApi, left: readonly LeftBehind[] | null): Promise<boolean> {
  if (left?.length === 0) return true;
  const noted = (left ?? []).flatMap(({ containers }) => containers);
  const containers = await Promise.allSettled([...noted.map((id) => removeContainer(api, id)), removeContainers(api)]);
  const images = await Promise.allSettled([removeImages(api)]);
  return [...containers, ...images].every(({ status }) => status === 'fulfilled');
}

interface Inspected {
  readonly Id: string;
  readonly Created: string;
  readonly State: { readonly Status: string; readonly StartedAt: string };
  readonly HostConfig: { readonly Isolation?: string; readonly LogConfig?: { readonly Type?: string } | null };
}

/**
 * Containers that an engine has made for a build that was killed before it told their ids. They have the mark of that build, like all containers of
 * builds no log, and never ran; they were made while that process lived or just after. Whether all of them are gone, which takes until none can come.
 */
async function removeUntold(api: SweepApi, left: readonly LeftBehind[], signal: AbortSignal): Promise<boolean> {
  const marked = left.flatMap(({ build, seenS, see }) => (build === null ? [] : [{ ...build, seenS, see }]));
  if (marked.length === 0) return true;
  const began = await readClock(api, signal);
  if (began === null) return true;
  for (const { seenS, see } of marked) if (seenS === null) see(began);
  const builds = marked.map(({ mark, sinceS, seenS }) => ({ mark, sinceS, untilS: (seenS ?? began) + SETTLING_S }));
  for (;;) {
    const nowS = (await readClock(api, signal)) ?? began;
    const found = await unstarted(api, Math.min(...builds.map(({ sinceS }) => sinceS)));
    const isOurs = ({ Created, HostConfig, State }: Inspected): boolean => {
      const createdS = Math.floor(Date.parse(Created) / 1000);
      return (
        builds.some(({ mark, sinceS, untilS }) => HostConfig.Isolation === mark && createdS >= sinceS && createdS <= untilS) &&
        HostConfig.LogConfig?.Type === 'none' &&
        State.Status === 'created' &&
        State.StartedAt.startsWith('0001-') &&
        createdS <= nowS - SETTLING_S
      );
    };
    // Without force: what has been started meanwhile stays.
    const removals = found.filter(isOurs).map(({ Id }) => api.json('DELETE', `/containers/${Id}`, { query: { v: '1' } }));
    const isRemoved = (await Promise.allSettled(removals)).every(({ status }) => status === 'fulfilled');
    if (builds.every(({ untilS }) => nowS > untilS + SETTLING_S)) return isRemoved;
    await sleep(500, undefined, { signal, ref: false });
  }
}

/** Containers that were never started, of those made since then. */
async function unstarted(api: SweepApi, sinceS: number): Promise<Inspected[]> {
  const found = await list(api, '/containers/json', { filters: JSON.stringify({ status: ['created'] }) });
  const young = found.filter(({ Created = 0, Labels }) => Created >= sinceS && Labels?.[LABEL] === undefined);
  const told = await Promise.allSettled(young.map(({ Id }) => api.json<Inspected>('GET', `/containers/${Id}/json`)));
  return told.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

/** What is known by its label alone, whoever has noted what: to list a few images, an engine reads each of its thousands. */
export async function removeLabelled(api: Pick<EngineApi, 'json'>): Promise<void> {
  await removeContainers(api);
  await removeImages(api);
}

async function removeContainers(api: Pick<EngineApi, 'json'>): Promise<void> {
  const containers = await labelled(api, '/containers/json');
  await Promise.allSettled(containers.map(({ Id }) => removeContainer(api, Id)));
}

async function removeImages(api: Pick<EngineApi, 'json'>): Promise<void> {
  const images = await labelled(api, '/images/json');
  const refused: Found[] = [];
  await Promise.all(images.map((image) => removeImage(api, image.Id).catch(() => void refused.push(image))));
  if (refused.length === 0) return;
  // An old engine has taken it for the cache of the command that had failed, and has built on it.
  const all = await list(api, '/images/json', {});
  for (const image of refused) {
    const built = withDescendants(image, all);
    if (built.slice(0, -1).some(({ RepoTags }) => RepoTags?.some((tag) => tag !== '<none>:<none>'))) continue;
    for (const { Id } of built) await removeImage(api, Id).catch(() => {});
  }
}

async function labelled(api: Pick<EngineApi, 'json'>, path: string): Promise<Found[]> {
  const found = await list(api, path, { filters: JSON.stringify({ label: [LABEL] }) });
  return found.filter(({ Labels }) => isOrphan(Labels?.[LABEL] ?? ''));
}

async function list(api: Pick<EngineApi, 'json'>, path: string, query: Record<string, string>): Promise<readonly Found[]> {
  return (await api.json<readonly Found[] | null>('GET', path, { query: { all: '1', ...query } })) ?? [];
}

/** Children first. */
function withDescendants(image: Found, all: readonly Found[]): Found[] {
  return [...all.filter(({ ParentId }) => ParentId === image.Id).flatMap((child) => withDescendants(child, all)), image];
}
