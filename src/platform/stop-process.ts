/** Job control: a stop as the kernel would have done it, by a program that handles its signal to put the terminal back first. */

/** From the signal to the check whether we run again; a stopped process does not count it. */
const RESUME_DELAY_MS = 20;

/**
 * Stops with the own action of SIGTSTP, which the kernel leaves out when no shell is there to continue the job. `resumed` is called in both
 * cases; `onStop` handles the signal no more then. The timer that is returned is referenced: otherwise nothing might keep the event loop alive
 * after the stop. `pid`: this process, or 0 for the whole job.
 */
export function stopProcess(pid: number, onStop: () => void, resumed: () => void): NodeJS.Timeout {
  process.off('SIGTSTP', onStop);
  process.kill(pid, 'SIGTSTP');
  return setTimeout(resumed, RESUME_DELAY_MS);
}
