/** Exit statuses of the program. Usage errors have docker's own (125), a defect has sysexits' EX_SOFTWARE (70). */
import type { Generation } from '../core/model/index.js';
import type { ErrorCode } from '../platform/errors.js';

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_DEFECT = 70;
export const EXIT_USAGE = 125;
/** 128 + SIGHUP: the terminal has gone, whichever of its signs comes first: the signal, a write that fails, the end of what is typed. */
export const EXIT_HUNG_UP = 129;
export const EXIT_INTERRUPTED = 130;
/** 128 + SIGPIPE: whoever read the output has gone. */
export const EXIT_READER_GONE = 141;

export function exitStatusOfError(code: ErrorCode): number {
  if (code === 'usage') return EXIT_USAGE;
  if (code === 'cancelled') return EXIT_INTERRUPTED;
  return code === 'internal' ? EXIT_DEFECT : EXIT_FAILED;
}

/** The last build decides; a session without one has failed. */
export function exitStatusOfBuild(last: Generation | null): number {
  if (last?.status === 'succeeded') return EXIT_OK;
  return last?.status === 'cancelled' ? EXIT_INTERRUPTED : EXIT_FAILED;
}
