/** Actions on terminals and processes: interact, tabs, signals, a further process, running the step's command. */
import type { ProcessSummary } from '../core/model/index.js';
import { type Action, needsTab } from './action.js';
import type { ActionContext } from './context.js';

const SIGNALS = ['INT', 'TERM', 'HUP', 'KILL', 'QUIT', 'USR1', 'USR2', 'STOP', 'CONT'] as const;

const isAlive = (context: ActionContext): boolean =>
  context.process !== null && (context.process.state === 'running' || context.process.state === 'starting');

/** No other program runs in its container. */
const isLast = ({ process, state }: ActionContext): boolean =>
  !state.processes.some((other) => other.container === process?.container && other.id !== process.id && other.endedAtMs === null);

function containerOf(context: ActionContext) {
  const id = context.process?.container;
  return id === undefined ? null : (context.state.containers[id] ?? null);
}

function hasFailed(context: ActionContext): boolean {
  const container = containerOf(context);
  if (container === null) return false;
  const generation = context.state.generations.find(({ number }) => number === container.generation);
  return generation?.steps[container.step]?.state === 'failed';
}

const needsContainer = (context: ActionContext): true | string => {
  const container = containerOf(context);
  if (container === null) return 'no container is open (enter on a step opens one)';
  return container.state === 'running' ? true : 'its container is gone';
};

const endedOf = ({ state, swept }: ActionContext) =>
  state.processes.filter(({ id, endedAtMs }) => endedAtMs !== null && !swept.includes(id));

/** Containers that only these programs have kept. */
async function giveBack({ state, screen, isReadOnly, replay }: ActionContext, ended: readonly ProcessSummary[]): Promise<void> {
  if (isReadOnly || replay !== null) return;
  const isOver = (id: string): boolean => state.processes.every((one) => one.container !== id || one.endedAtMs !== null);
  const lastOf = new Map(ended.map((process) => [process.container, process.id]));
  for (const [container, process] of lastOf) {
    if (state.containers[container]?.state !== 'running' || !isOver(container)) continue;
    await screen.execute({ type: 'process.disconnect', process });
  }
}

async function confirmEnd(context: ActionContext, what: string): Promise<boolean> {
  if (!isAlive(context)) return true;
  const answer = await context.screen.ask({
    title: `End ${what}?`,
    lines: ['The program is still running; closing ends it.'],
    choices: [
      { id: 'yes', key: 'y', label: 'End it' },
      { id: 'no', key: 'n', label: 'No' },
    ],
    default: 'no',
  });
  return answer === 'yes';
}

export const terminalActions: readonly Action[] = [
  {
    id: 'terminal.interact',
    title: 'Type into the terminal',
    hint: (context) => (isAlive(context) ? 'type' : 'restart'),
    group: 'Terminal',
    changes: true,
    enabled: needsTab,
    run: (context) => context.screen.interact(),
  },
  {
    id: 'terminal.sendLeaveKey',
    title: 'Send the leave key itself to the program',
    group: 'Terminal',
    changes: true,
    enabled: needsTab,
    run: (context) => context.screen.sendLeaveKey(),
  },
  {
    id: 'tab.previous',
    title: 'Previous terminal tab',
    group: 'Terminal',
    enabled: needsTab,
    run: (context) => context.screen.cycleTab(-1),
  },
  {
    id: 'tab.next',
    title: 'Next terminal tab',
    hint: 'next tab',
    group: 'Terminal',
    enabled: needsTab,
    run: (context) => context.screen.cycleTab(1),
  },
  {
    id: 'process.end',
    title: 'Close the tab and end its program',
    hint: ({ opening }) => (opening === null ? 'close' : 'cancel'),
    group: 'Terminal',
    changes: true,
    enabled: ({ process, opening }) => (process === null && opening === null ? 'no process is selected' : true),
    run: async (context) => {
      const { process, opening } = context;
      if (opening !== null) context.screen.cancelOpening(opening.id);
      if (process === null) return;
      if (!(await confirmEnd(context, `${process.id} ${process.command}`))) return;
      if (isAlive(context) || (containerOf(context)?.state === 'running' && isLast(context))) {
        await context.screen.execute({ type: 'process.disconnect', process: process.id });
      }
      context.screen.closeTab(process.id);
      // Where it is listed, closing what has ended takes it off the list.
      if (context.focus === 'processes' && !isAlive(context)) context.screen.sweep([process.id]);
    },
  },
  {
    id: 'tabs.sweep',
    title: 'Sweep away what has ended: tabs and rows',
    hint: 'sweep ended',
    group: 'Terminal',
    enabled: (context) => (endedOf(context).length === 0 ? 'no program has ended' : true),
    run: async (context) => {
      const ended = endedOf(context);
      await giveBack(context, ended);
      context.screen.sweep(ended.map(({ id }) => id));
      const [one] = ended;
      const what = ended.length === 1 ? one?.id : `${ended.length} ended programs`;
      context.screen.notify('info', `${what} swept away; :attach ${one?.id} brings ${ended.length === 1 ? 'it' : 'one'} back`);
    },
  },
  {
    id: 'process.rerun',
    title: "Run the step's command in this container",
    hint: (context) => (hasFailed(context) ? 'failed command again' : "step's command"),
    group: 'Terminal',
    changes: true,
    enabled: (context) => {
      const ready = needsContainer(context);
      if (ready !== true) return ready;
      return containerOf(context)?.stepCommand == null ? 'this step has no command' : true;
    },
    run: async (context) => {
      const container = containerOf(context);
      if (container === null) return;
      const size = context.screen.terminalSize();
      await context.screen.start({ type: 'process.rerun', container: container.id, size }, "the step's command");
    },
  },
  {
    id: 'process.exec',
    title: 'Start a further process in this container',
    hint: 'exec',
    group: 'Processes',
    changes: true,
    enabled: needsContainer,
    run: (context) => context.screen.openCommandLine('exec '),
  },
  {
    id: 'host.shell',
    title: 'Open a shell on this machine in a tab',
    hint: 'host shell',
    group: 'Processes',
    changes: true,
    enabled: () => true,
    run: async ({ screen }) => {
      await screen.start({ type: 'host.exec', args: [], size: screen.terminalSize() }, 'a shell on this machine');
    },
  },
  {
    id: 'process.attach',
    title: 'Show the process in its terminal tab',
    hint: ({ opening }) => (opening === null ? 'attach' : 'wait for it'),
    group: 'Processes',
    enabled: ({ process, opening }) => (process === null && opening === null ? 'no process is selected' : true),
    run: (context) => {
      if (context.opening !== null) context.screen.showOpening(context.opening.id);
      if (context.process === null) return;
      context.screen.showTab(context.process.id);
      context.screen.focus('terminal');
    },
  },
  {
    id: 'process.signal',
    title: 'Send a signal to the process',
    hint: 'signal',
    group: 'Processes',
    changes: true,
    enabled: (context) => {
      if (context.process === null) return 'no process is selected';
      if (!isAlive(context)) return 'it has ended';
      const capability = context.state.engine?.capabilities.signals;
      return capability && !capability.isAvailable ? capability.reason : true;
    },
    run: async (context) => {
      const { process } = context;
      if (process === null) return;
      const signal = await context.screen.ask({
        title: `Signal to ${process.id} ${process.command}`,
        lines: [],
        choices: SIGNALS.map((name, index) => ({ id: name, key: String(index + 1), label: `SIG${name}` })),
        default: 'INT',
      });
      if (signal !== null) await context.screen.execute({ type: 'process.signal', process: process.id, signal });
    },
  },
];
