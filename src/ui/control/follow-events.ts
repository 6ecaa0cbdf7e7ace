/** What the screen does by itself when the session tells of something: messages, the cursor on the failed step, tabs of programs. */
import type { ScreenCommands } from '../../actions/index.js';
import type { SessionEvent } from '../../core/events.js';
import { sameStep } from '../select/current.js';
import { processEnded, shellOpened } from './tabs.js';
import { toastOf } from './toasts.js';
import type { Ui } from './ui-context.js';

/** Who has chosen a step this recently keeps it. */
const CHOSEN_MS = 5000;

export function followEvent(ui: Ui, notify: ScreenCommands['notify'], event: SessionEvent): void {
  const { store } = ui;
  const nowMs = ui.deps.clock.now();
  switch (event.type) {
    case 'generation.started':
      store.dispatch({ type: 'generation.chosen', generation: null });
      // What it says is of the run before.
      if (store.view.toast !== null) store.dispatch({ type: 'toast.expired' });
      keepSelection(ui);
      break;
    case 'engine.reported':
      if (event.event.type === 'build.failed') followFailure(ui, nowMs);
      break;
    case 'engine.lost':
      notify('error', event.message, event.hint);
      break;
    case 'shell.opened':
      shellOpened(ui, event.process, nowMs);
      break;
    case 'process.updated':
      if (event.process.endedAtMs !== null) processEnded(ui, event.process);
      break;
    case 'notice.posted':
      store.dispatch({ type: 'toast.shown', toast: toastOf(event.notice, nowMs) });
      break;
    default:
      break;
  }
}

/** After a reload the cursor stays on the same step, found by its text. */
function keepSelection({ store, deps }: Ui): void {
  const { selection } = store.view;
  const [before, now] = deps.session.state.generations.slice(-2);
  if (selection.kind !== 'user' || before === undefined || now === undefined) return;
  const key = before.failure?.step === selection.step ? null : sameStep(before, selection.step, now);
  store.dispatch({ type: 'selection.changed', selection: key === null ? { kind: 'auto' } : { ...selection, step: key } });
}

/** The failed step is selected by itself, unless the person has just chosen another. */
function followFailure({ store }: Ui, nowMs: number): void {
  const { selection } = store.view;
  if (selection.kind === 'user' && nowMs - selection.atMs < CHOSEN_MS) return;
  store.dispatch({ type: 'selection.changed', selection: { kind: 'auto' } });
}
