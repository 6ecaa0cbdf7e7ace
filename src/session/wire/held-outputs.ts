/**
 * What a program prints before the client listens that has started it without a terminal: held back where it comes from, as a pipe would,
 * because a replay has only the newest of it.
 */
import type { SessionClient } from '../session.js';

/** Who never listens does not want it, and does not stop the program. */
const HELD_MS = 10_000;

export interface HeldOutputs {
  hold(process: string): void;
  /** Whoever has started it listens. */
  release(process: string): void;
  releaseAll(): void;
}

export function createHeldOutputs(session: Pick<SessionClient, 'terminal'>): HeldOutputs {
  const held = new Map<string, () => void>();
  const release = (process: string): void => {
    held.get(process)?.();
    held.delete(process);
  };
  return {
    hold(process) {
      const terminal = session.terminal(process);
      terminal.pause();
      const timer = setTimeout(() => release(process), HELD_MS);
      timer.unref();
      held.set(process, () => {
        clearTimeout(timer);
        terminal.detach();
      });
    },
    release,
    releaseAll() {
      for (const process of [...held.keys()]) release(process);
    },
  };
}
