/** Actions on the program itself: help, command line, palette, messages, mouse, redraw, suspend, quit. */
import { type Action, always, isBuilding } from './action.js';
import type { ActionContext } from './context.js';

/** What quitting would lose, one clause each; empty when nothing would. */
export function lossesOf(context: ActionContext): string[] {
  const losses: string[] = [];
  if (isBuilding(context)) losses.push('The build is still running; it will be cancelled.');
  const alive = context.state.processes.filter((process) => process.state === 'running' || process.state === 'starting');
  if (alive.length > 0) {
    const names = alive.slice(0, 3).map((process) => `${process.id} ${process.command}`);
    const more = alive.length > 3 ? ` and ${alive.length - 3} more` : '';
    losses.push(`${alive.length === 1 ? 'A program runs' : `${alive.length} programs run`}: ${names.join(', ')}${more}.`);
  }
  if (context.otherScreens > 0 && !context.isReadOnly) {
    const screens = context.otherScreens === 1 ? 'Another screen shows' : `${context.otherScreens} other screens show`;
    losses.push(`${screens} this session; it ends for everybody.`);
  }
  return losses;
}

async function quit(context: ActionContext): Promise<void> {
  if (context.isReadOnly) return context.screen.detach();
  const losses = context.replay === null ? lossesOf(context) : [];
  if (losses.length > 0) {
    const answer = await context.screen.ask({
      title: 'Quit bxtui?',
      lines: losses,
      choices: [
        { id: 'yes', key: 'y', label: context.canDetach ? 'Quit, and end the session' : 'Quit' },
        ...(context.canDetach ? [{ id: 'detach', key: 'd', label: 'Leave it running (bxtui attach brings it back)' }] : []),
        { id: 'no', key: 'n', label: 'No' },
      ],
      default: 'no',
    });
    if (answer === 'detach') context.screen.detach();
    if (answer !== 'yes') return;
  }
  context.screen.quit();
}

export const appActions: readonly Action[] = [
  {
    id: 'app.help',
    title: 'Show every key that works here',
    hint: 'help',
    group: 'Program',
    enabled: always,
    run: (context) => context.screen.openHelp(),
  },
  {
    id: 'app.commandLine',
    title: 'Command line',
    hint: 'command',
    group: 'Program',
    enabled: always,
    run: (context) => context.screen.openCommandLine(''),
  },
  {
    id: 'app.palette',
    title: 'Find an action by name',
    hint: 'palette',
    group: 'Program',
    enabled: always,
    run: (context) => context.screen.openPalette(),
  },
  {
    id: 'app.notices',
    title: 'Show the messages so far',
    group: 'Program',
    enabled: (context) => (context.hasMessages ? true : 'there are no messages'),
    run: (context) => context.screen.openNotices(),
  },
  {
    id: 'app.mouse',
    title: 'Give the mouse to the host terminal, or take it back',
    group: 'Program',
    enabled: always,
    run: (context) => context.screen.toggleMouse(),
  },
  {
    id: 'app.redraw',
    title: 'Draw the screen again',
    group: 'Program',
    enabled: always,
    run: (context) => context.screen.redraw(),
  },
  {
    id: 'app.suspend',
    title: 'Suspend; fg brings it back',
    group: 'Program',
    enabled: always,
    run: (context) => context.screen.suspend(),
  },
  {
    id: 'app.detach',
    title: 'Leave the session running',
    hint: 'detach',
    group: 'Program',
    enabled: (context) => context.canDetach || 'the session ends with this screen; one of bxtui build --detach does not',
    run: (context) => context.screen.detach(),
  },
  { id: 'app.quit', title: 'Quit', hint: 'quit', group: 'Program', enabled: always, run: quit },
  {
    id: 'app.quitNow',
    title: 'Quit without asking',
    group: 'Program',
    enabled: always,
    run: (context) => context.screen.quit(),
  },
];
