/** Which process an id means: ids are used again, the moment at which a process began is not (proc(5), stat, fields 3 and 22). */
import { readFileSync } from 'node:fs';

export interface ProcessBirth {
  /** One letter: `Z` is a process that has ended and that nobody has asked about yet. */
  readonly state: string;
  /** In ticks since the machine was started. */
  readonly bornAt: string;
}

/** Null where it cannot be had: there is no such process, or no /proc. */
export function processBirth(pid: number): ProcessBirth | null {
  try {
    // The name of the program, in brackets, may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', bornAt: fields[19] ?? '' };
  } catch {
    return null;
  }
}

/** Whether the process of that id is the one that began then, and lives. `bornAt` null: it could not be had at the time. */
export function isSameProcess(pid: number, bornAt: string | null): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = processBirth(pid);
  return now === null ? bornAt === null : now.state !== 'Z' && (bornAt === null || now.bornAt === bornAt);
}
