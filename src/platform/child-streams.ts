/** Programs that are started and talked to through pipes. */
import type { ChildProcess } from 'node:child_process';

/**
 * False where this process cannot open another file (EMFILE, ENFILE): `spawn` gives a child without any stream then, whatever its type says, whose
 * 'error' is still to come.
 */
export function hasStreams(child: Pick<ChildProcess, 'stdio'>): boolean {
  return (child.stdio as ChildProcess['stdio'] | undefined) !== undefined;
}
