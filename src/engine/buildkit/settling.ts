/** Waiting for status messages that are still on their way when the answer that they belong to is here. It translates nothing. */
import { isVictim } from './failure-text.js';
import type { StatusTranslator } from './status.js';

/** How long the last status messages may take after the answer that they belong to. */
const SETTLE_MS = 500;
const OUTPUT_MS = 150;
const STRAGGLERS_MS = 50;

export interface Settling {
  /** The translator has taken in another message. */
  check(): void;
  /** Nothing runs any more, as far as has been told. */
  idle(timeoutMs: number): Promise<void>;
  /** The output `digest` has been carried out: all that is told of what it needed has come. `closure`: a vertex and what it needs. */
  carriedOut(digest: string, closure: (digest: string) => readonly string[]): Promise<void>;
  /** What went down with the culprit is told with it or right after; an old engine never tells of some. */
  failed(isCulpritTold: boolean): Promise<void>;
}

export function createSettling(translator: StatusTranslator): Settling {
  const waiters = new Set<() => void>();

  const settled = (isSettled: () => boolean, timeoutMs = SETTLE_MS): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        waiters.delete(check);
        resolve();
      };
      const check = (): void => {
        if (isSettled()) done();
      };
      const timer = setTimeout(done, timeoutMs);
      waiters.add(check);
      check();
    });

  const isIdle = (): boolean => !translator.isBusy;
  const isDone = (digest: string): boolean => translator.vertices.get(digest)?.completedAtMs != null;
  const hasCulprit = (): boolean =>
    [...translator.vertices.values()].some((vertex) => vertex.error !== '' && !isVictim(vertex.error));

  return {
    check() {
      for (const check of waiters) check();
    },
    idle: (timeoutMs) => settled(isIdle, timeoutMs),
    async carriedOut(digest, closure) {
      await settled(() => isIdle() && isDone(digest), OUTPUT_MS);
      const needed = closure(digest);
      await settled(() => {
        const untold = needed.filter((one) => !isDone(one));
        if (untold.length === 0) return true;
        const below = new Set(needed.filter(translator.isReused).flatMap(closure));
        return untold.every((one) => below.has(one));
      }, STRAGGLERS_MS);
    },
    async failed(isCulpritTold) {
      if (isCulpritTold) await settled(hasCulprit);
      await settled(isIdle, STRAGGLERS_MS);
    },
  };
}
