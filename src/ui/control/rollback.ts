/** Opening a shell at a step: the question about exclusive caches, progress, the tab, and the offer to run the command again. */
import type { RollbackWish, ScreenCommands } from '../../actions/index.js';
import type { StepKey } from '../../core/model/index.js';
import { toBxError } from '../../platform/errors.js';
import { selectGeneration } from '../select/current.js';
import { cleanText } from '../text/width.js';
import { enterTerminal, processOf, showTab } from './tabs.js';
import type { Ui } from './ui-context.js';

export async function runRollback(ui: Ui, commands: ScreenCommands, wish: RollbackWish): Promise<void> {
  const { session, clock } = ui.deps;
  const generation = selectGeneration(session.state, ui.store.view);
  const step = generation?.steps[wish.step];
  if (generation === null || step === undefined) return;
  const exclusiveCaches = await chooseCaches(ui, commands, generation.number, wish.step);
  if (exclusiveCaches === null) return;
  const place = step.number === null ? cleanText(step.text) : `step ${step.number}`;
  const startedAtMs = clock.now();
  const needsBuild = step.state === 'pending';
  commands.notify('info', needsBuild ? `building up to ${place} …` : `opening a shell in ${place} …`);
  try {
    const result = await session.execute({
      type: 'step.rollback',
      step: wish.step,
      generation: generation.number,
      moment: wish.moment,
      exclusiveCaches,
      ...(wish.args === undefined ? {} : { args: wish.args }),
      ...(wish.user === undefined ? {} : { user: wish.user }),
      size: commands.terminalSize(),
    });
    ui.store.dispatch({ type: 'toast.expired' });
    if (result.process === null) return;
    const hasTypedSince = ui.store.view.lastKeyAtMs > startedAtMs;
    showTab(ui, result.process);
    const process = processOf(session.state, result.process);
    const container = process === null ? undefined : session.state.containers[process.container];
    // Whoever has gone on typing meanwhile keeps the keyboard.
    if (!hasTypedSince && ui.store.view.overlays.length === 0) enterTerminal(ui);
    else ui.store.dispatch({ type: 'panel.revealed', panel: 'terminal' });
    if (container?.note != null) {
      const hint = container.failedCommand === null ? null : 'In the terminal panel, C runs the failed command again here.';
      commands.notify('warning', container.note, hint);
    }
  } catch (error) {
    const problem = toBxError(error);
    if (problem.code !== 'cancelled') commands.notify('error', problem.message, problem.hint);
  }
}

/** Null: do not open it at all. */
async function chooseCaches(
  ui: Ui,
  commands: ScreenCommands,
  generation: number,
  step: StepKey,
): Promise<'mount' | 'omit' | null> {
  if (!ui.deps.session.hasExclusiveCache(generation, step)) return 'mount';
  const answer = await commands.ask({
    title: 'This step holds a cache for itself alone',
    lines: ['While the shell has the cache mounted, a build that needs it waits.'],
    choices: [
      { id: 'mount', key: 'm', label: 'Mount the cache (released before the build goes on)' },
      { id: 'omit', key: 'e', label: 'An empty directory instead' },
      { id: 'cancel', key: 'c', label: 'Cancel' },
    ],
    default: 'omit',
  });
  return answer === 'mount' || answer === 'omit' ? answer : null;
}
