/** Actions on terminals and processes: interact, tabs, signals, a further process, running the step's command. */
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
    hint: 'close',
    group: 'Terminal',
    changes: true,
    enabled: (context) => (context.process === null ? 'no process is selected' : true),
    run: async (context) => {
      const { process } = context;
      if (process === null) return;
      if (!(await confirmEnd(context, `${process.id} ${process.command}`))) return;
      if (isAlive(context) || (containerOf(context)?.state === 'running' && isLast(context))) {
        await context.screen.execute({ type: 'process.disconnect', process: process.id });
      }
      context.screen.closeTab(process.id);
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
      const result = await context.screen.execute({
        type: 'process.rerun',
        container: container.id,
        size: context.screen.terminalSize(),
      });
      if (result?.process) context.screen.showStarted(result.process);
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
    run: async (context) => {
      const { screen } = context;
      const result = await screen.execute({ type: 'host.exec', args: [], size: screen.terminalSize() });
      if (result?.process) screen.showStarted(result.process);
    },
  },
  {
    id: 'process.attach',
    title: 'Show the process in its terminal tab',
    hint: 'attach',
    group: 'Processes',
    enabled: (context) => (context.process === null ? 'no process is selected' : true),
    run: (context) => {
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
