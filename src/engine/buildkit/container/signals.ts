/** Names of the signals that may be sent to a program. */
import { BxError } from '../../../platform/errors.js';

/** signal(7), those that every shell's `kill` knows by name. */
const NAMES = new Set(
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'.split(
    ' ',
  ),
);

export function assertSignalName(name: string): void {
  if (NAMES.has(name)) return;
  throw new BxError('usage', `${name} is no signal`, { hint: 'Use a name without SIG, such as TERM, KILL or INT.' });
}
