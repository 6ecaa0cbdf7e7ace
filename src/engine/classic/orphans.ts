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

/** Resolves when what can go is gone; never rejects. */
export async function removeOrphans(api: EngineApi): Promise<void> {
  await Promise.allSettled([removeNoted(api), removeLabelled(api)]);
}

async function removeNoted(api: EngineApi): Promise<void> {
  for (const { containers, forget } of readJournals(api.endpoint.address)) {
    const removed = await Promise.allSettled(containers.map((id) => removeContainer(api, id)));
    if (removed.every(({ status }) => status === 'fulfilled')) forget();
  }
}

async function removeLabelled(api: EngineApi): Promise<void> {
  const filters = JSON.stringify({ label: [LABEL] });
  const left = (found: readonly Found[] | null): Found[] => (found ?? []).filter(({ Labels }) => isOrphan(Labels?.[LABEL] ?? ''));
  const list = (path: string, query: Record<string, string>): Promise<readonly Found[] | null> =>
    api.json('GET', path, { query: { all: '1', ...query } });
  const containers = left(await list('/containers/json', { filters }));
  await Promise.allSettled(containers.map(({ Id }) => removeContainer(api, Id)));
  const images = left(await list('/images/json', { filters }));
  if (images.length === 0) return;
  const refused: Found[] = [];
  await Promise.all(images.map((image) => removeImage(api, image.Id).catch(() => void refused.push(image))));
  if (refused.length === 0) return;
  // An old engine has taken it for the cache of the command that had failed, and has built on it.
  const all = (await list('/images/json', {})) ?? [];
  for (const image of refused) {
    const built = withDescendants(image, all);
    if (built.slice(0, -1).some(({ RepoTags }) => RepoTags?.some((tag) => tag !== '<none>:<none>'))) continue;
    for (const { Id } of built) await removeImage(api, Id).catch(() => {});
  }
}

/** Children first. */
function withDescendants(image: Found, all: readonly Found[]): Found[] {
  return [...all.filter(({ ParentId }) => ParentId === image.Id).flatMap((child) => withDescendants(child, all)), image];
}
