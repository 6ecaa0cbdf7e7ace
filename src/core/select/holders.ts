/** Who holds builds open: a container keeps its build's ground on the engine, also when the last program in it has ended. */
import type { ContainerSummary, ProcessSummary, SessionState } from '../model/index.js';

export interface Holder {
  /** Of the program that is named for the container. */
  readonly id: string;
  /** No program runs in its container any more. */
  readonly hasEnded: boolean;
  /** Of a build without the cache: only another such one is in its way. */
  readonly isUncached: boolean;
}

/** Those of the builds before this one, or of all; of a container that outlives its programs the last one is named. */
export function selectHolders(state: SessionState, generation = Number.POSITIVE_INFINITY): Holder[] {
  const holding = Object.values(state.containers).filter((one) => one.state === 'running' && one.generation < generation);
  return holding.flatMap((container) => {
    const running = runningIn(state, container);
    const named = running.length > 0 ? running : state.processes.filter((one) => one.container === container.id).slice(-1);
    return named.map(({ id }) => ({ id, hasEnded: running.length === 0, isUncached: container.isUncached ?? false }));
  });
}

/** `p1 (ended), p2` */
export function holderNames(holders: readonly Holder[]): string {
  return holders.map(({ id, hasEnded }) => (hasEnded ? `${id} (ended)` : id)).join(', ');
}

/** Its container is still there, and nothing runs in it. */
export function isLeftOpen(state: SessionState, process: ProcessSummary): boolean {
  const container = state.containers[process.container];
  return container?.state === 'running' && process.endedAtMs !== null && runningIn(state, container).length === 0;
}

function runningIn({ processes }: SessionState, { id }: ContainerSummary): ProcessSummary[] {
  return processes.filter(({ container, endedAtMs }) => container === id && endedAtMs === null);
}
