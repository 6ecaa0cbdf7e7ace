/**
 * A cursor that rests on a step is likely to be followed by Enter, and a shell in the step that failed by one in the step before it: the
 * session is told, so that the shell is there by then. It must not decide whether one can be started.
 */
import type { SessionState, StepKey } from '../../core/model/index.js';
import { isBuilding, selectGeneration, selectStep, stepsInOrder } from '../select/current.js';
import type { ViewState } from '../view-state.js';
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
  return {
    look() {
      const wanted = stepToPrepare(session.state, ui.store.view);
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

/** Null: nobody can tell what comes next, or it has its shell. */
export function stepToPrepare(
  state: SessionState,
  view: ViewState,
): { readonly step: StepKey; readonly generation: number } | null {
  const generation = selectGeneration(state, view);
  // Somebody is busy with something else, if only with the opening of this very shell.
  if (generation === null || isBuilding(generation) || view.overlays.length > 0) return null;
  const isOpen = (step: StepKey): boolean =>
    Object.values(state.containers).some(
      (one) => one.step === step && one.generation === generation.number && one.state === 'running',
    );
  const { number } = generation;
  // A cursor that has come here by itself says nothing of what somebody wants.
  if (view.focus === 'steps' && view.selection.kind === 'user') {
    const step = selectStep(generation, view);
    if (step?.kind !== 'instruction') return null;
    if (!isOpen(step.key)) return { step: step.key, generation: number };
  }
  const failed = generation.failure?.step ?? null;
  if (failed === null || !isOpen(failed)) return null;
  const instructions = stepsInOrder(generation).filter(({ kind }) => kind === 'instruction');
  const above = instructions[instructions.findIndex(({ key }) => key === failed) - 1];
  return above === undefined || isOpen(above.key) ? null : { step: above.key, generation: number };
}
