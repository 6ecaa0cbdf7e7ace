/** Ctrl-C and the signals that end a program, for runs without the screen (the screen has a guard of its own). */
import { constants } from 'node:os';
import type { Disposable } from '../platform/byte-channel.js';

export interface Interrupts extends Disposable {
  /** The newest handler gets a Ctrl-C; without one it is a signal like the others. */
  onInterrupt(handler: () => void): Disposable;
  /** The first signal that asks the program to end; 128 + its number is the exit status. */
  readonly ending: Promise<{ readonly signal: NodeJS.Signals; readonly exitStatus: number }>;
}

const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** Listens from now on. A second signal after the first ends the process at once, whatever is still to be cleaned up. */
export function listenForInterrupts(): Interrupts {
  const handlers: Array<() => void> = [];
  let isEnding = false;
  let end: (cause: { signal: NodeJS.Signals; exitStatus: number }) => void;
  const ending = new Promise<{ signal: NodeJS.Signals; exitStatus: number }>((resolve) => {
    end = resolve;
  });

  const onSignal = (signal: NodeJS.Signals): void => {
    const handler = signal === 'SIGINT' ? handlers.at(-1) : undefined;
    if (handler !== undefined) {
      handler();
      return;
    }
    const exitStatus = 128 + constants.signals[signal];
    if (isEnding) process.exit(exitStatus);
    isEnding = true;
    end({ signal, exitStatus });
  };
  for (const signal of ENDING) process.on(signal, onSignal);

  return {
    ending,
    onInterrupt(handler) {
      handlers.push(handler);
      return {
        dispose() {
          const at = handlers.lastIndexOf(handler);
          if (at >= 0) handlers.splice(at, 1);
        },
      };
    },
    dispose() {
      for (const signal of ENDING) process.off(signal, onSignal);
    },
  };
}
