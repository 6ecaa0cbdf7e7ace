/**
 * Job control while keys are read in raw mode: who stops the program gets the terminal as it was before, and with fg it is raw again. The
 * shell changes the modes behind Node's back, which ignores a change to what it believes is set.
 */
import { stopProcess } from '../../platform/stop-process.js';
import type { HostInput } from './io.js';

export interface RawReader {
  /** Before a stop that is announced: puts back what it has changed beside raw mode. */
  giveBack(): void;
  /** The terminal is raw again, and shows what the shell has left there. Its size may be another one. */
  takeAgain(): void;
}

/** From now on, until what is returned is called. */
export function followStops(input: HostInput, { giveBack, takeAgain }: RawReader): () => void {
  let isGivenBack = false;
  let check: NodeJS.Timeout | undefined;

  const onContinue = (): void => {
    isGivenBack = false;
    input.setRawMode?.(false);
    input.setRawMode?.(true);
    // Who is stopped is not told of a change of size.
    process.emit('SIGWINCH');
    takeAgain();
  };
  const onStop = (): void => {
    isGivenBack = true;
    giveBack();
    input.setRawMode?.(false);
    check = stopProcess(process.pid, onStop, () => {
      process.on('SIGTSTP', onStop);
      if (isGivenBack) onContinue();
    });
  };
  process.on('SIGTSTP', onStop).on('SIGCONT', onContinue);

  return () => {
    clearTimeout(check);
    process.off('SIGTSTP', onStop).off('SIGCONT', onContinue);
  };
}
