/** Whose a container or image on the engine is: a label that tells whether the process that made it is still there. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { EngineApi } from './api.js';

const LABEL = 'bxtui';

/** `HOST/PID/START`: a process number is given again, but not with the same start. */
export function ownLabel(): Readonly<Record<string, string>> {
  return { [LABEL]: `${hostname()}/${process.pid}/${startOf(process.pid) ?? ''}` };
}

/** False for what another machine has made: who is alive there is not known here. */
export function isOrphan(owner: string, host = hostname(), start: (pid: number) => string | null = startOf): boolean {
  const [madeOn, pid, began] = owner.split('/');
  if (madeOn !== host || !/^\d+$/.test(pid ?? '')) return false;
  return start(Number(pid)) !== began;
}

/** Removes what processes that are gone have left behind. It is no reason to fail. */
export async function removeOrphans(api: EngineApi): Promise<void> {
  const filters = JSON.stringify({ label: [LABEL] });
  type Found = readonly { readonly Id: string; readonly Labels?: Readonly<Record<string, string>> | null }[];
  const left = (found: Found | null): string[] =>
    (found ?? []).filter(({ Labels }) => isOrphan(Labels?.[LABEL] ?? '')).map(({ Id }) => Id);
  const containers = left(await api.json<Found>('GET', '/containers/json', { query: { all: '1', filters } }).catch(() => []));
  await Promise.all(containers.map((id) => removeContainer(api, id).catch(() => {})));
  const images = left(await api.json<Found>('GET', '/images/json', { query: { all: '1', filters } }).catch(() => []));
  await Promise.all(images.map((id) => removeImage(api, id).catch(() => {})));
}

export async function removeContainer(api: EngineApi, id: string): Promise<void> {
  await api.json('DELETE', `/containers/${id}`, { query: { force: '1', v: '1' } });
}

/** Its parents are the build's cache, and stay. */
export async function removeImage(api: EngineApi, id: string): Promise<void> {
  await api.json('DELETE', `/images/${id}`, { query: { force: '1', noprune: '1' } });
}

/** Null: there is no such process. Where /proc is missing, only that it is there. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    if (process.platform === 'linux') return null;
  }
  try {
    process.kill(pid, 0);
    return '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? '' : null;
  }
}
