/** What processes that are gone have left on the engine, and its removal at the next start. It is no reason to fail. */
import type { EngineApi } from './api.js';
import { readJournals } from './journal.js';
import { isOrphan, LABEL, removeContainer, removeImage } from './owner.js';

interface Found {
  readonly Id: string;
  readonly ParentId?: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

/**
 * What stands in the way of a build, or is cheap to find. Images are looked for only where a process that is gone has noted something, or could not:
 * what an image is made of is noted before, and an engine reads each of its thousands of images to list a few. Resolves when what can go is gone;
 * never rejects.
 */
export async function removeOrphans(api: EngineApi): Promise<void> {
  const left = readJournals(api.endpoint.address);
  const noted = (left ?? []).flatMap(({ containers }) => containers);
  const removals = [...noted.map((id) => removeContainer(api, id)), removeLabelledContainers(api)];
  const containers = await Promise.allSettled(removals);
  const images = left?.length === 0 ? [] : await Promise.allSettled([removeImages(api)]);
  if ([...containers, ...images].every(({ status }) => status === 'fulfilled')) for (const { forget } of left ?? []) forget();
}

async function removeLabelledContainers(api: EngineApi): Promise<void> {
  const containers = await labelled(api, '/containers/json');
  await Promise.allSettled(containers.map(({ Id }) => removeContainer(api, Id)));
}

/** Those that are known by their label alone, whoever has noted what. */
export async function removeImages(api: EngineApi): Promise<void> {
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

async function labelled(api: EngineApi, path: string): Promise<Found[]> {
  const found = await list(api, path, { filters: JSON.stringify({ label: [LABEL] }) });
  return found.filter(({ Labels }) => isOrphan(Labels?.[LABEL] ?? ''));
}

async function list(api: EngineApi, path: string, query: Record<string, string>): Promise<readonly Found[]> {
  return (await api.json<readonly Found[] | null>('GET', path, { query: { all: '1', ...query } })) ?? [];
}

/** Children first. */
function withDescendants(image: Found, all: readonly Found[]): Found[] {
  return [...all.filter(({ ParentId }) => ParentId === image.Id).flatMap((child) => withDescendants(child, all)), image];
}
