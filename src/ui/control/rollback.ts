/** Opening a shell at a step: the question about exclusive caches, progress, the tab, and the offer to run the command again. */
import type { RollbackWish, ScreenCommands } from '../../actions/index.js';
import type { StepKey } from '../../core/model/index.js';
import { toBxError } from '../../platform/errors.js';
import { cleanText } from '../../platform/text-width.js';
import { selectGeneration } from '../select/current.js';
import { enterTerminal, showTab, showTabAside } from './tabs.js';
import type { Ui } from './ui-context.js';

/** How somebody stops waiting for a shell. What was typed before the key that leaves a terminal is the shell's all the same. */
type Impatience = { readonly type: 'cancel' } | { readonly type: 'background'; readonly typed: readonly Uint8Array[] };

export async function runRollback(ui: Ui, commands: ScreenCommands, wish: RollbackWish): Promise<void> {
  const { session } = ui.deps;
  const generation = selectGeneration(session.state, ui.store.view);
  const step = generation?.steps[wish.step];
  if (generation === null || step === undefined) return;
  const exclusiveCaches = await chooseCaches(ui, commands, generation.number, wish.step);
  if (exclusiveCaches === null) return;
  const place = step.number === null ? cleanText(step.text) : `step ${step.number}`;
  const title =
    step.state === 'pending' || step.state === 'not-needed'
      ? `building up to ${place}, then a shell in it`
      : `opening a shell in ${place}`;
  const abort = new AbortController();
  let isInBackground = false;
  let typedBefore: readonly Uint8Array[] = [];
  let waitingId = 0;
  const waiting = ui.store.wait<Impatience>((id) => {
    waitingId = id;
    return { kind: 'waiting', id, title, typed: [] };
  });
  void waiting.then((answer) => {
    if (answer?.type === 'cancel') abort.abort();
    if (answer?.type !== 'background') return;
    isInBackground = true;
    typedBefore = answer.typed;
  });
  const stopWaiting = (): readonly Uint8Array[] => {
    const top = ui.store.view.overlays.at(-1);
    if (top?.kind !== 'waiting' || top.id !== waitingId) return typedBefore;
    ui.store.closeTop();
    return top.typed;
  };
  try {
    const command = {
      type: 'step.rollback',
      step: wish.step,
      generation: generation.number,
      moment: wish.moment,
      exclusiveCaches,
      ...(wish.args === undefined ? {} : { args: wish.args }),
      ...(wish.user === undefined ? {} : { user: wish.user }),
      size: commands.terminalSize(),
    } as const;
    const result = await session.execute(command, abort.signal);
    const typed = stopWaiting();
    if (result.process !== null) showShell(ui, commands, result.process, isInBackground ? place : null, typed);
  } catch (error) {
    stopWaiting();
    const problem = toBxError(error);
    if (problem.code !== 'cancelled') commands.notify('error', problem.message, problem.hint);
  }
}

/**
 * `quietly`: where it is, for people who have gone on with something else; null: they wait for it and get it. What is to be known about
 * its container is at the top of its terminal.
 */
function showShell(ui: Ui, commands: ScreenCommands, id: string, quietly: string | null, typed: readonly Uint8Array[]): void {
  const isInFront = quietly === null ? showTab(ui, id) : showTabAside(ui, id);
  if (quietly === null) enterTerminal(ui);
  else commands.notify('info', `The shell in ${quietly} is open ${isInFront ? '(i types into it)' : 'in a tab of its own'}.`);
  const terminal = ui.terminals.get(id)?.terminal;
  for (const data of typed) terminal?.write(data);
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
