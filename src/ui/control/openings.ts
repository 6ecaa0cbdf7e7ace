/**
 * Shells that are on their way. Each is waited for, with the keys that are typed meanwhile, until somebody goes on with something else; it
 * can be waited for again, and be given up, as long as it is not there.
 */
import type { Opening } from '../../actions/index.js';
import type { Ui } from './ui-context.js';

/** How somebody stops waiting for a shell. What was typed before the key that leaves a terminal is the shell's all the same. */
export type Impatience = { readonly type: 'cancel' } | { readonly type: 'background'; readonly typed: readonly Uint8Array[] };

/** What was typed for the shell, and whether somebody still waits for it. */
export interface OpeningEnd {
  readonly typed: readonly Uint8Array[];
  readonly isAwaited: boolean;
}

export interface Openings {
  /** `work` opens the shell; resolves with what it gives and how the waiting ended, rejects as it does. `opening`: its row of the processes. */
  begin<T>(
    opening: Omit<Opening, 'id'> | null,
    wait: { readonly title: string; readonly isBuild: boolean },
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<readonly [T, OpeningEnd]>;
  /** Waits for it again. */
  show(id: number): void;
  cancel(id: number): void;
}

interface Pending {
  readonly title: string;
  readonly isBuild: boolean;
  readonly abort: AbortController;
  typed: readonly Uint8Array[];
  /** Of the overlay that waits for it; null: nobody does. */
  waitingId: number | null;
}

export function createOpenings({ store }: Pick<Ui, 'store'>): Openings {
  const pending = new Map<number, Pending>();
  let count = 0;

  const wait = (entry: Pending): void => {
    const waiting = store.wait<Impatience>((id) => {
      entry.waitingId = id;
      return { kind: 'waiting', id, title: entry.title, isBuild: entry.isBuild, typed: entry.typed };
    });
    void waiting.then((answer) => {
      if (answer === null) return;
      entry.waitingId = null;
      if (answer.type === 'background') entry.typed = answer.typed;
      else entry.abort.abort();
    });
  };
  const end = (id: number, entry: Pending): OpeningEnd => {
    pending.delete(id);
    store.dispatch({ type: 'opening.ended', id });
    const { waitingId } = entry;
    if (waitingId === null) return { typed: entry.typed, isAwaited: false };
    const top = store.view.overlays.at(-1);
    const isOnTop = top?.kind === 'waiting' && top.id === waitingId;
    store.close(waitingId);
    return { typed: isOnTop ? top.typed : entry.typed, isAwaited: isOnTop };
  };
  return {
    async begin(opening, { title, isBuild }, work) {
      const id = ++count;
      const entry: Pending = { title, isBuild, abort: new AbortController(), typed: [], waitingId: null };
      pending.set(id, entry);
      if (opening !== null) store.dispatch({ type: 'opening.began', opening: { ...opening, id } });
      wait(entry);
      try {
        const result = await work(entry.abort.signal);
        return [result, end(id, entry)];
      } catch (error) {
        end(id, entry);
        throw error;
      }
    },
    show(id) {
      const entry = pending.get(id);
      if (entry !== undefined && entry.waitingId === null) wait(entry);
    },
    cancel: (id) => pending.get(id)?.abort.abort(),
  };
}
