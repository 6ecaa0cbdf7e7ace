/** What the host of a virtual machine takes for others while something is measured: what is felt in milliseconds is its as much as ours. */
import { readFileSync } from 'node:fs';

/** Fields of the first line of /proc/stat (proc_stat(5)), from user on. */
const IDLE = 3;
const IO_WAIT = 4;
const STEAL = 7;

/** @template T @typedef {{ value: T, stolen: number }} Watched `stolen`: of the processor time that was wanted, 0 to 1 */

/** @template T @param {() => Promise<T>} run @returns {Promise<Watched<T>>} */
export async function watchStolen(run) {
  const before = ticks();
  const value = await run();
  const spent = ticks().map((tick, index) => tick - (before[index] ?? 0));
  // What guests of this machine use is in `user` already.
  const wanted = spent.slice(0, STEAL + 1).filter((_, index) => index !== IDLE && index !== IO_WAIT);
  return {
    value,
    stolen:
      (spent[STEAL] ?? 0) /
      Math.max(
        1,
        wanted.reduce((sum, tick) => sum + tick, 0),
      ),
  };
}

/** The one that was disturbed least. @template T @param {readonly Watched<T>[]} runs @returns {Watched<T>} */
export function quietest(runs) {
  const [first, ...rest] = runs;
  if (first === undefined) throw new Error('nothing was measured');
  return rest.reduce((best, run) => (run.stolen < best.stolen ? run : best), first);
}

/** @param {number} stolen */
export function inPercent(stolen) {
  return `${Math.round(stolen * 100)} %`;
}

function ticks() {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  return line.trim().split(/\s+/).slice(1).map(Number);
}
