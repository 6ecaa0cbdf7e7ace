/**
 * A cursor that rests on a step is likely to be followed by Enter: the session is told, so that the shell is there by then. It must not
 * decide whether one can be started.
 */
import type { ContainerSummary } from '../../core/model/index.js';
import { isBuilding, selectGeneration, selectStep } from '../select/current.js';
import type { Ui } from './ui-context.js';

/** Longer than between two presses of a held key (30 ms or so), shorter than a person takes to read a line. */
const REST_MS = 150;

export interface Preparing {
  /** Called with every frame: looks where the cursor is. */
  look(): void;
  dispose(): void;
}

export function createPreparing(ui: Ui, size: () => { readonly cols: number; readonly rows: number }): Preparing {
  const { session, clock } = ui.deps;
  let at = '';
  let timer: unknown = null;

  const stop = (): void => {
    if (timer !== null) clock.clearTimeout(timer);
    timer = null;
  };
  const candidate = (): { step: string; generation: number } | null => {
    const { view } = ui.store;
    const generation = selectGeneration(session.state, view);
    // Somebody is busy with something else, if only with the opening of this very shell.
    if (view.overlays.length > 0 || view.focus !== 'steps') return null;
    // A cursor that has come here by itself says nothing of what somebody wants.
    if (generation === null || isBuilding(generation) || view.selection.kind !== 'user') return null;
    const step = selectStep(generation, view);
    if (step?.kind !== 'instruction') return null;
    const isIn = (one: ContainerSummary): boolean =>
      one.step === step.key && one.generation === generation.number && one.state === 'running';
    return Object.values(session.state.containers).some(isIn) ? null : { step: step.key, generation: generation.number };
  };

  return {
    look() {
      const wanted = candidate();
      const key = wanted === null ? '' : `${wanted.generation} ${wanted.step}`;
      if (key === at) return;
      at = key;
      stop();
      if (wanted === null) return;
      timer = clock.setTimeout(() => {
        timer = null;
        void session.execute({ type: 'step.prepare', ...wanted, size: size() }).catch(() => undefined);
      }, REST_MS);
    },
    dispose: stop,
  };
}
