/**
 * Job control while keys are read in raw mode: who stops the program gets the terminal as it was before, and with fg it is raw again. The
 * shell changes the modes behind Node's back, which ignores a change to what it believes is set.
 */
import type { HostInput } from './io.js';

/** From the signal to the check whether we run again; a stopped process does not count it. */
const RESUME_DELAY_MS = 20;

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
  /** Stops with the signal's own action, which the kernel leaves out when no shell is there to continue the job. */
  const onStop = (): void => {
    isGivenBack = true;
    giveBack();
    input.setRawMode?.(false);
    process.off('SIGTSTP', onStop);
    process.kill(process.pid, 'SIGTSTP');
    check = setTimeout(() => {
      process.on('SIGTSTP', onStop);
      if (isGivenBack) onContinue();
    }, RESUME_DELAY_MS);
  };
  process.on('SIGTSTP', onStop).on('SIGCONT', onContinue);

  return () => {
    clearTimeout(check);
    process.off('SIGTSTP', onStop).off('SIGCONT', onContinue);
  };
}
