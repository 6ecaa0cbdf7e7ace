/** The orderly end: everyone who holds something elsewhere gets a bounded time to let it go. Runs once. */
import type { Disposable } from './byte-channel.js';
import type { EndCause } from './terminal-guard-types.js';

export interface Ending {
  readonly isEnding: boolean;
  onEnd(listener: (cause: EndCause) => void | Promise<void>): Disposable;
  /** Calls all listeners at once and resolves when they are done or the time is over. A second call resolves never: the first one ends it. */
  run(cause: EndCause): Promise<void>;
}

export function createEnding(timeoutMs: number): Ending {
  const listeners = new Set<(cause: EndCause) => void | Promise<void>>();
  let isEnding = false;
  return {
    get isEnding() {
      return isEnding;
    },
    onEnd(listener) {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    async run(cause) {
      if (isEnding) return new Promise<void>(() => {});
      isEnding = true;
      let timer: NodeJS.Timeout | null = null;
      const timeout = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, timeoutMs);
      });
      // One that fails must not keep the others from finishing, and there is nobody left to tell.
      const all = Promise.allSettled([...listeners].map(async (listener) => listener(cause)));
      await Promise.race([all, timeout]);
      if (timer) clearTimeout(timer);
    },
  };
}
