/** Whose a container or image on the engine is: a name that tells whether the process that made it is still there, and the label that says it. */
import { hostname } from 'node:os';
import { isSameProcess, processBirth } from '../../platform/process-birth.js';
import { ApiError, type EngineApi } from '../shared/engine-api.js';

export const LABEL = 'bxtui';

/** `HOST/PID/START`: a process number is given again, but not with the same start. */
export function ownerName(): string {
  return `${hostname()}/${process.pid}/${startOf(process.pid) ?? ''}`;
}

export function ownLabel(): Readonly<Record<string, string>> {
  return { [LABEL]: ownerName() };
}

/** False for what another machine has made: who is alive there is not known here. */
export function isOrphan(owner: string, host = hostname(), start: (pid: number) => string | null = startOf): boolean {
  const [madeOn, pid, began] = owner.split('/');
  if (madeOn !== host || !/^\d+$/.test(pid ?? '')) return false;
  return start(Number(pid)) !== began;
}

/** Its parents are the build's cache, and stay. */
export async function removeImage(api: Pick<EngineApi, 'json'>, id: string): Promise<void> {
  await api.json('DELETE', `/images/${id}`, { query: { force: '1', noprune: '1' } });
}

/** One that has gone, or is being removed already, is no error. */
export async function removeContainer(api: Pick<EngineApi, 'json'>, id: string): Promise<void> {
  await api.json('DELETE', `/containers/${id}`, { query: { force: '1', v: '1' } }).catch((error: unknown) => {
    const isGoing = error instanceof ApiError && (error.status === 404 || /already in progress/.test(error.message));
    if (!isGoing) throw error;
  });
}

/** Null: there is no such process. Where /proc is missing, only that it is there. */
function startOf(pid: number): string | null {
  const birth = processBirth(pid);
  // One that nobody has asked how it ended still has its entry.
  if (birth) return birth.state === 'Z' ? null : birth.bornAt;
  return isSameProcess(pid, null) && process.platform !== 'linux' ? '' : null;
}
