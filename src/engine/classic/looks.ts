/** The files of a run's steps, and what the steps have changed: which image or container they are read from, and what was opened for it. */
import type { DockerfilePlan, PlannedInstruction } from '../../core/dockerfile/index.js';
import type { Moment, StepKey } from '../../core/model/index.js';
import { BxError } from '../../platform/errors.js';
import type { FilesSpec, StepChanges, StepFiles } from '../engine.js';
import type { EngineApi } from '../shared/engine-api.js';
import { nothingBefore, released } from '../shared/files/step-path.js';
import type { ImageConfig } from './container.js';
import { changesBetween, changesIn, filesOf, makeShelf } from './files.js';

/** What a failed command has left: its container, what that was made from, and how it was run. */
export interface Remains {
  readonly container: string;
  readonly image: string;
  readonly config: ImageConfig;
}

/** What a step and a moment come down to. */
export type Place = { readonly step: PlannedInstruction; readonly moment: Moment } & (
  | { readonly left: Remains }
  /** `last`: the step that the image is of. */
  | { readonly left: null; readonly image: string; readonly last: PlannedInstruction }
);

export interface LooksGround {
  readonly api: EngineApi;
  readonly plan: DockerfilePlan;
  /** Why there is nothing to look into; empty: there is. */
  readonly reason: string;
  readonly lifetime: AbortSignal;
  stepAt(key: StepKey): PlannedInstruction;
  placeAt(spec: FilesSpec, signal: AbortSignal): Promise<Place>;
  /** Null: of an empty filesystem. */
  imageAfter(step: PlannedInstruction, signal: AbortSignal): Promise<string | null>;
  untilSettled(step: PlannedInstruction, signal: AbortSignal): Promise<void>;
  remains(step: StepKey): Remains | null;
}

export interface Looks {
  openFiles(spec: FilesSpec, signal: AbortSignal): Promise<StepFiles>;
  changesOf(step: StepKey, signal: AbortSignal): Promise<StepChanges>;
  /** Gives back all that is open, and what opens later as soon as it does. */
  release(): Promise<unknown>;
}

export function createLooks({ api, plan, reason, lifetime, ...run }: LooksGround): Looks {
  const open = new Set<StepFiles>();
  const refuse = (): void => {
    if (reason !== '') throw new BxError('unsupported', reason, { hint: 'Open a shell in the step.' });
  };
  return {
    async openFiles(spec, signal) {
      refuse();
      const place = await run.placeAt(spec, signal);
      const { step, moment } = place;
      const shelf = place.left === null ? await makeShelf(api, place.image, signal) : null;
      const where = `step ${step.number}`;
      const tree = filesOf(api, shelf?.container ?? place.left!.container, where);
      let releasing: Promise<void> | null = null;
      const checked = <T>(work: () => T): T => {
        if (releasing !== null) throw released(where);
        return work();
      };
      const files: StepFiles = {
        step: step.key,
        moment,
        note: null,
        stat: async (path, own) => checked(() => tree.stat(path, own)),
        list: async (path, own) => checked(() => tree.list(path, own)),
        read: (path, range, own) => checked(() => tree.read(path, range, own)),
        release() {
          releasing ??= (shelf?.remove() ?? Promise.resolve()).finally(() => open.delete(files));
          return releasing;
        },
      };
      open.add(files);
      if (lifetime.aborted) await files.release();
      return files;
    },
    async changesOf(key, signal) {
      refuse();
      const step = run.stepAt(key);
      const before = plan.instructions[step.number - 2];
      if (before === undefined || before.stage !== step.stage) throw nothingBefore(step.number);
      await run.untilSettled(step, AbortSignal.any([signal, lifetime]));
      const left = run.remains(key);
      if (left !== null) return { moment: 'failed', changes: await changesIn(api, left.container, left.image, signal) };
      const after = await run.imageAfter(step, signal);
      const changes = after === null ? [] : await changesBetween(api, await run.imageAfter(before, signal), after, signal);
      return { moment: 'after', changes };
    },
    release: () => Promise.allSettled([...open].map((files) => files.release())),
  };
}
