/** Actions on what is seen: panels, layout, movement, search, logs, copying. They change no build. */
import { type Action, always, needsTab } from './action.js';
import type { ActionContext, Motion } from './context.js';
import { PANEL_TITLES, PANELS, type PanelId } from './panels.js';

function canFocus(panel: PanelId) {
  return (context: ActionContext): true | string =>
    panel === 'terminal' && context.tabs.length === 0 ? 'no terminal is open (enter on a step opens one)' : true;
}

const MOTIONS: ReadonlyArray<readonly [motion: Motion, title: string]> = [
  ['down', 'Down'],
  ['up', 'Up'],
  ['left', 'Left, or fold'],
  ['right', 'Right, or unfold'],
  ['halfDown', 'Half a page down'],
  ['halfUp', 'Half a page up'],
  ['pageDown', 'A page down'],
  ['pageUp', 'A page up'],
  ['first', 'To the top'],
  ['last', 'To the bottom'],
];

/** Null: the action is no movement. */
export function motionOf(actionId: string): Motion | null {
  return MOTIONS.find(([motion]) => actionId === `move.${motion}`)?.[0] ?? null;
}

const hasLog = ({ step }: ActionContext): true | string => ((step?.log.bytes ?? 0) > 0 ? true : 'this step has no log');

/** Something printed, which has rows of its own to go to. */
const hasOutput = (context: ActionContext): true | string => {
  if (context.focus === 'terminal') return needsTab(context);
  return context.focus === 'logs' ? hasLog(context) : 'only a terminal and a log have that';
};

/** The same, or in place of a log what is said of the failure. */
const hasText = (context: ActionContext): true | string => {
  const { focus, generation, step } = context;
  const isFailure = step?.state === 'failed' || (generation?.failure != null && generation.failure.step === null);
  return focus === 'logs' && isFailure ? true : hasOutput(context);
};

const isSearchable = (context: ActionContext): true | string => {
  if (context.focus === 'processes') return 'nothing to search in this panel';
  return context.focus === 'logs' ? hasLog(context) : true;
};

const hasSearch = (context: ActionContext): true | string => (context.hasSearch ? true : 'no search is active (/ starts one)');

export const viewActions: readonly Action[] = [
  ...PANELS.map(
    (panel): Action => ({
      id: `panel.${panel}`,
      title: `Go to ${PANEL_TITLES[panel]}`,
      group: 'View',
      enabled: canFocus(panel),
      run: (context) => context.screen.focus(panel),
    }),
  ),
  {
    id: 'panel.next',
    title: 'Next panel',
    hint: 'panel',
    group: 'View',
    enabled: always,
    run: (context) => context.screen.focusNext(1),
  },
  {
    id: 'panel.previous',
    title: 'Previous panel',
    group: 'View',
    enabled: always,
    run: (context) => context.screen.focusNext(-1),
  },
  {
    id: 'view.back',
    title: 'Back: clear the search, unzoom, go to Steps',
    group: 'View',
    enabled: always,
    run: (context) => context.screen.back(),
  },
  {
    id: 'layout.zoom',
    title: 'Zoom the panel, and back',
    hint: 'zoom',
    group: 'View',
    enabled: always,
    run: (context) => context.screen.zoom(),
  },
  {
    id: 'layout.cycle',
    title: 'Next layout: automatic, columns, stacked, terminal only',
    hint: 'layout',
    group: 'View',
    enabled: always,
    run: (context) => context.screen.cycleLayout(),
  },
  ...([-1, 1] as const).map(
    (direction): Action => ({
      id: direction < 0 ? 'layout.narrower' : 'layout.wider',
      title: direction < 0 ? 'Move the divider left' : 'Move the divider right',
      group: 'View',
      enabled: (context) => (context.isSplit ? true : 'one panel fills the screen'),
      run: (context) => context.screen.moveDivider(direction),
    }),
  ),
  ...MOTIONS.map(
    ([motion, title]): Action => ({
      id: `move.${motion}`,
      title,
      group: 'Move',
      enabled: always,
      run: (context) => context.screen.move(motion),
    }),
  ),
  {
    id: 'search.open',
    title: 'Search in this panel',
    hint: 'search',
    group: 'Search',
    enabled: isSearchable,
    run: (context) => context.screen.openSearch(),
  },
  {
    id: 'search.next',
    title: 'Next match',
    group: 'Search',
    enabled: hasSearch,
    run: (context) => context.screen.searchNext(1),
  },
  {
    id: 'search.previous',
    title: 'Previous match',
    group: 'Search',
    enabled: hasSearch,
    run: (context) => context.screen.searchNext(-1),
  },
  {
    id: 'logs.follow',
    title: 'Follow the end of the log, or stop following',
    hint: 'follow',
    group: 'Logs',
    enabled: hasLog,
    run: (context) => context.screen.toggleFollow(),
  },
  {
    id: 'text.edit',
    title: 'Open the whole log or scrollback in the editor',
    hint: 'in editor',
    group: 'View',
    enabled: hasText,
    run: (context) => context.screen.editText(),
  },
  {
    id: 'text.write',
    title: 'Write the whole log or scrollback to a file',
    hint: 'write to file',
    group: 'View',
    enabled: hasText,
    run: (context) => context.screen.writeText(),
  },
  {
    id: 'copy.enter',
    title: 'Mark and copy text with the keyboard',
    hint: 'mark',
    group: 'View',
    enabled: hasOutput,
    run: (context) => context.screen.enterCopyMode(),
  },
  {
    id: 'copy.line',
    title: 'Copy the selected line',
    hint: 'copy',
    group: 'View',
    enabled: always,
    run: (context) => context.screen.copyLine(),
  },
  {
    id: 'copy.panel',
    title: 'Copy the whole panel as text',
    group: 'View',
    enabled: always,
    run: (context) => context.screen.copyPanel(),
  },
];
