/** How far a build is: what of it is done, has failed, was stopped, or did not run. Pure. */
import type { Generation } from '../../core/model/index.js';
import { textWidth } from '../../platform/text-width.js';
import { isBuilding, stepsInOrder } from './current.js';

export interface Progress {
  /** Instructions that the target needs. */
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly stopped: number;
  /** Null while the build goes on: what has not run may do so yet. */
  readonly notRun: number | null;
}

export function selectProgress(generation: Generation): Progress {
  const needed = stepsInOrder(generation).filter(({ kind, state }) => kind === 'instruction' && state !== 'not-needed');
  const count = (...states: readonly string[]): number => needed.filter(({ state }) => states.includes(state)).length;
  return {
    total: needed.length,
    done: count('done', 'cached'),
    failed: count('failed'),
    stopped: count('cancelled'),
    notRun: isBuilding(generation) ? null : count('pending', 'running'),
  };
}

/** `9 of 16 steps done`, `9 of 16 done, 1 failed, 6 not run`: the longest wording that fits into `room` cells. */
export function progressText({ total, done, failed, stopped, notRun }: Progress, room: number): string {
  const rest = [
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(stopped === 0 ? [] : [`${stopped} stopped`]),
    ...(notRun === null || notRun === 0 ? [] : [`${notRun} not run`]),
  ];
  const wordings =
    rest.length === 0
      ? [`${done} of ${total} steps done`, `${done}/${total} done`]
      : [`${done} of ${total} steps done`, `${done} of ${total} done`, `${done} done`].map((head) => [head, ...rest].join(', '));
  return wordings.find((wording) => textWidth(wording) <= room) ?? wordings.at(-1)!;
}
