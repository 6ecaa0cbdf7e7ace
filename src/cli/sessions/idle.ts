/** When a session that nobody looks at ends by itself. */
import type { SessionState } from '../../core/model/index.js';
import { selectCurrent } from '../../core/select/index.js';
import { isBuilding } from '../../monitor/build-end.js';
import type { SessionClient } from '../../session/index.js';
import type { ClientInfo } from '../../session/wire/index.js';

const HOUR_MS = 3_600_000;
/** One that holds nothing which ending it would lose. */
const EMPTY_MAX_MS = HOUR_MS;
const CHECK_MS = 10_000;

export interface IdleWatch {
  /** Null: somebody is there, something runs, or it never ends by itself. */
  endsAtMs(): number | null;
  dispose(): void;
}

export interface IdleOptions {
  readonly session: SessionClient;
  readonly clients: () => readonly ClientInfo[];
  /** For one that holds containers; 0: never. */
  readonly limitHours: number;
  readonly now: () => number;
  onIdle(): void;
}

/** Looks from time to time, so that what is short may go unseen. */
export function watchIdle({ session, clients, limitHours, now, onIdle }: IdleOptions): IdleWatch {
  let usedAtMs = now();
  const endsAtMs = (): number | null => {
    const isWatched = clients().some(({ kind }) => kind === 'screen');
    if (isWatched || isAtWork(session.state)) {
      usedAtMs = now();
      return null;
    }
    if (limitHours === 0) return null;
    const limitMs = limitHours * HOUR_MS;
    return usedAtMs + (holdsContainers(session.state) ? limitMs : Math.min(limitMs, EMPTY_MAX_MS));
  };
  const timer = setInterval(() => {
    const atMs = endsAtMs();
    if (atMs === null || now() < atMs) return;
    clearInterval(timer);
    onIdle();
  }, CHECK_MS).unref();
  return { endsAtMs, dispose: () => clearInterval(timer) };
}

/** A shell that waits for somebody is not at work; a program that somebody has left is. */
function isAtWork(state: SessionState): boolean {
  const runs = state.processes.some(({ kind, endedAtMs }) => kind !== 'shell' && endedAtMs === null);
  return runs || isBuilding(selectCurrent(state));
}

function holdsContainers({ containers }: SessionState): boolean {
  return Object.values(containers).some(({ state }) => state === 'creating' || state === 'running');
}
