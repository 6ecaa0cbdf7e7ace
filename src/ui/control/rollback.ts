/** Programs that somebody starts and waits for. A shell at a step: the question about exclusive caches, progress, the tab, and the offer to run the command again. */
import type { Opening, RollbackWish, ScreenCommands } from '../../actions/index.js';
import type { StepState } from '../../core/model/index.js';
import { toBxError } from '../../platform/errors.js';
import { cleanText } from '../../platform/text-width.js';
import type { SessionCommand } from '../../session/session.js';
import { selectGeneration } from '../select/current.js';
import type { Openings } from './openings.js';
import { enterTerminal, showTab, showTabAside } from './tabs.js';
import type { Ui } from './ui-context.js';

export async function runRollback(ui: Ui, commands: ScreenCommands, openings: Openings, wish: RollbackWish): Promise<void> {
  const { session } = ui.deps;
  const generation = selectGeneration(session.state, ui.store.view);
  const step = generation?.steps[wish.step];
  if (generation === null || step === undefined) return;
  const isAsked = session.hasExclusiveCache(generation.number, wish.step);
  // Where nothing is asked the shell is waited for at once: the next key may have come with this one, and is the shell's.
  const exclusiveCaches = isAsked ? await chooseCaches(commands) : 'mount';
  if (exclusiveCaches === null) return;
  const { step: key, moment, args, user } = wish;
  await startProgram(
    ui,
    commands,
    openings,
    {
      ...{ type: 'step.rollback', step: key, generation: generation.number, moment, exclusiveCaches },
      ...(args === undefined ? {} : { args }),
      ...(user === undefined ? {} : { user }),
      size: commands.terminalSize(),
    },
    'a shell',
  );
}

/** Starts a program that is there in a moment; what is typed until then is its own, not a row of commands. `name`: in a sentence. */
export async function startProgram(
  ui: Ui,
  commands: ScreenCommands,
  openings: Openings,
  command: SessionCommand,
  name: string,
): Promise<boolean> {
  const { opening, wait, subject } = placeOf(ui, command, name);
  try {
    const [{ process }, { typed, isAwaited }] = await openings.begin(opening, wait, (signal) =>
      ui.deps.session.execute(command, signal),
    );
    if (process !== null) showProgram(ui, commands, process, isAwaited ? null : subject, typed);
    return process !== null;
  } catch (error) {
    const problem = toBxError(error);
    if (problem.code !== 'cancelled') commands.notify('error', problem.message, problem.hint);
    return false;
  }
}

interface Place {
  /** Null: it starts in what is open already. */
  readonly opening: Omit<Opening, 'id'> | null;
  readonly wait: { readonly title: string; readonly isBuild: boolean };
  readonly subject: string;
}

function placeOf(ui: Ui, command: SessionCommand, name: string): Place {
  const { session, clock } = ui.deps;
  const wanted = command.type === 'step.rollback' ? command : null;
  const generation = session.state.generations.findLast(({ number }) => number === (wanted?.generation ?? number));
  const step = wanted === null ? undefined : generation?.steps[wanted.step];
  if (wanted === null || generation === undefined || step === undefined) {
    const subject = `${name[0]?.toUpperCase()}${name.slice(1)}`;
    return { opening: null, wait: { title: `starting ${name}`, isBuild: false }, subject };
  }
  const place = step.number === null ? cleanText(step.text) : `step ${step.number}`;
  const { args, moment } = wanted;
  return {
    opening: {
      step: wanted.step,
      generation: generation.number,
      command: args === undefined || args.length === 0 ? null : args.join(' '),
      startedAtMs: clock.now(),
    },
    wait: moment === 'auto' ? waitFor(step.state, place) : { title: `opening a shell in ${place}`, isBuild: false },
    subject: `The shell in ${place}`,
  };
}

/** What was stopped because another step failed runs again; a command that runs may never end by itself. */
function waitFor(state: StepState, place: string): { title: string; isBuild: boolean } {
  const isYetToRun = state === 'pending' || state === 'not-needed' || state === 'cancelled';
  if (isYetToRun) return { title: `building up to ${place}, then a shell in it`, isBuild: true };
  if (state === 'running') return { title: `waiting for the end of ${place}, then a shell in it`, isBuild: true };
  return { title: `opening a shell in ${place}`, isBuild: false };
}

/**
 * `quietly`: what it is, for people who have gone on with something else; null: they wait for it and get it. What is to be known about
 * its container is at the top of its terminal.
 */
function showProgram(ui: Ui, commands: ScreenCommands, id: string, quietly: string | null, typed: readonly Uint8Array[]): void {
  const isInFront = quietly === null ? showTab(ui, id) : showTabAside(ui, id);
  if (quietly === null) enterTerminal(ui);
  else commands.notify('info', `${quietly} is open ${isInFront ? '(i types into it)' : 'in a tab of its own'}.`);
  const terminal = ui.terminals.get(id)?.terminal;
  for (const data of typed) terminal?.write(data);
}

/** Null: do not open it at all. */
async function chooseCaches(commands: ScreenCommands): Promise<'mount' | 'omit' | null> {
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
