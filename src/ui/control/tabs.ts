/** Terminal tabs: showing, leaving, typing into them, and what happens when a program ends or a shell opens by itself. */
import type { ProcessSummary, SessionState } from '../../core/model/index.js';
import type { ProgramTarget } from '../../input/types.js';
import { panelRect, visiblePanels } from '../layout/layout.js';
import type { TerminalTab } from './terminals.js';
import type { Ui } from './ui-context.js';

/** Who pressed a key this recently is doing something; the focus is not taken away. */
export const BUSY_MS = 5000;

export function processOf(state: SessionState, id: string | null): ProcessSummary | null {
  return state.processes.find((process) => process.id === id) ?? null;
}

/** Shows a process in a tab, without taking the keyboard. False when there is no such process. */
export function showTab(ui: Ui, id: string): boolean {
  const { session } = ui.deps;
  const process = processOf(session.state, id);
  if (process === null) return false;
  const hadTabs = ui.store.view.tabs.length > 0;
  ui.store.dispatch({ type: 'tab.opened', process: id });
  ui.store.dispatch({ type: 'panel.revealed', panel: 'terminal' });
  // The first tab makes the terminal's box; its size is known from now on.
  if (!hadTabs) fitTerminals(ui);
  // It has taken the place of the panel with the focus.
  if (!visiblePanels(ui.layout()).includes(ui.store.view.focus)) ui.store.dispatch({ type: 'panel.focused', panel: 'terminal' });
  tellShown(ui);
  ui.terminals.open(process, session.state);
  if (ui.store.view.mode === 'terminal') switchTarget(ui);
  return true;
}

/** Shows all that run, `wanted` or the last one in front, each of which learns at once whether it is seen. */
export function showRunning(ui: Ui, wanted: string | null): void {
  const running = ui.deps.session.state.processes.filter(({ endedAtMs }) => endedAtMs === null);
  const front = running.find(({ id }) => id === wanted) ?? running.at(-1);
  if (front === undefined) return;
  for (const { id } of running) ui.store.dispatch({ type: 'tab.opened', process: id });
  fitTerminals(ui);
  showTab(ui, front.id);
  for (const process of running) if (process !== front) ui.terminals.open(process, ui.deps.session.state);
}

/** The terminal in sight has a say in the size of its program. */
export function tellShown(ui: Ui): void {
  const { activeTab } = ui.store.view;
  ui.terminals.show(visiblePanels(ui.layout()).includes('terminal') ? activeTab : null);
}

/** Gives all terminals the size of their pane. Not called for changes of focus: the layout does not depend on it. */
export function fitTerminals(ui: Ui): void {
  const rect = panelRect(ui.layout(), 'terminal');
  if (rect !== null) ui.terminals.resize(rect.width, rect.height);
}

function targetOf(ui: Ui, tab: TerminalTab): ProgramTarget {
  return {
    get modes() {
      return tab.emulator.modes;
    },
    rect() {
      const { x, y, width, height } = panelRect(ui.layout(), 'terminal') ?? { x: 0, y: 0, width: 0, height: 0 };
      const { cols, rows } = tab.emulator;
      // Of a program that is larger than the pane the mouse reaches nothing: its cells move with the cursor.
      return cols > width || rows > height ? { x, y, cols: 0, rows: 0 } : { x, y, cols, rows };
    },
    write: (data) => {
      if (!tab.emulator.viewport.isAtBottom) tab.emulator.viewport.scrollToBottom();
      tab.terminal.write(data);
    },
  };
}

/** Terminal mode for the active tab; where nobody would take the keys, as of a program that has ended, it only gets the focus. */
export function enterTerminal(ui: Ui): void {
  const { store, terminals, deps } = ui;
  const { isReadOnly } = ui.context();
  const tab = store.view.activeTab === null ? null : terminals.get(store.view.activeTab);
  if (tab === null) return;
  store.dispatch({ type: 'panel.focused', panel: 'terminal' });
  if (deps.replay !== undefined) return;
  const process = processOf(deps.session.state, store.view.activeTab);
  if (isReadOnly || (process !== null && process.endedAtMs !== null)) return;
  store.dispatch({ type: 'mode.changed', mode: 'terminal' });
  tab.emulator.viewport.scrollToBottom();
  deps.router.enterTerminal(targetOf(ui, tab));
}

export function leaveTerminal(ui: Ui): void {
  if (ui.deps.router.mode === 'terminal') ui.deps.router.leaveTerminal();
  ui.store.dispatch({ type: 'mode.changed', mode: 'normal' });
}

/** The person pressed the leave key: on to the steps where they are in sight, with the next key still open to the terminal. */
export function terminalLeft(ui: Ui): void {
  const focus = visiblePanels(ui.layout()).includes('steps') ? 'steps' : 'terminal';
  ui.store.dispatch({ type: 'key.pressed', atMs: ui.deps.clock.now() });
  ui.store.dispatch({ type: 'terminal.left', focus });
}

/** The leave key twice: one went to the program, which has the keyboard again. */
export function terminalResumed(ui: Ui): void {
  ui.store.dispatch({ type: 'key.pressed', atMs: ui.deps.clock.now() });
  ui.store.dispatch({ type: 'panel.focused', panel: 'terminal' });
  ui.store.dispatch({ type: 'mode.changed', mode: 'terminal' });
}

function switchTarget(ui: Ui): void {
  const { activeTab } = ui.store.view;
  const process = processOf(ui.deps.session.state, activeTab);
  const tab = activeTab === null ? null : ui.terminals.get(activeTab);
  if (tab !== null && process !== null && process.endedAtMs === null) ui.deps.router.enterTerminal(targetOf(ui, tab));
  else leaveTerminal(ui);
}

/** The target of a tab, for pasting and for sending the leave key. */
export function activeTarget(ui: Ui): ProgramTarget | null {
  const { activeTab } = ui.store.view;
  const tab = activeTab === null ? null : ui.terminals.get(activeTab);
  return tab === null ? null : targetOf(ui, tab);
}

export function cycleTab(ui: Ui, direction: 1 | -1): void {
  const { tabs, activeTab } = ui.store.view;
  if (tabs.length === 0) return;
  const at = activeTab === null ? 0 : tabs.indexOf(activeTab);
  showTab(ui, tabs[(at + direction + tabs.length) % tabs.length]!);
}

export function closeTab(ui: Ui, id: string): void {
  const wasActive = ui.store.view.activeTab === id;
  ui.store.dispatch({ type: 'tab.closed', process: id });
  ui.terminals.close(id);
  if (wasActive && ui.store.view.mode === 'terminal') switchTarget(ui);
  if (ui.store.view.tabs.length === 0) leaveTerminal(ui);
}

/** A shell opened by itself: its tab is shown; it gets the keyboard unless the person is busy elsewhere. */
export function shellOpened(ui: Ui, id: string, nowMs: number): void {
  // In a replay it was shown when its program started.
  if (ui.deps.replay !== undefined) return;
  const { view } = ui.store;
  const isBusy = nowMs - view.lastKeyAtMs < BUSY_MS || view.overlays.length > 0;
  if (isBusy && view.mode !== 'terminal') showTabBehind(ui, id);
  else if (showTabAside(ui, id) && !isBusy) enterTerminal(ui);
}

/** In sight, unless that would take away the panel that somebody is reading: where there is no room for both, it waits behind it. */
function showTabBehind(ui: Ui, id: string): void {
  const { session } = ui.deps;
  const process = processOf(session.state, id);
  if (process === null) return;
  ui.store.dispatch({ type: 'tab.opened', process: id });
  fitTerminals(ui);
  const { focus } = ui.store.view;
  const isInTheWay = ui.layout().boxes.some(({ active, panels }) => active === focus && panels.includes('terminal'));
  if (!isInTheWay || focus === 'terminal') showTab(ui, id);
  else ui.terminals.open(process, session.state);
}

/**
 * Shows a process that nobody waits for. While a program has the keyboard it is only a tab more, and the answer is false: what is
 * being typed must not go to another program.
 */
export function showTabAside(ui: Ui, id: string): boolean {
  const { activeTab, mode } = ui.store.view;
  if (mode !== 'terminal' || activeTab === null) return showTab(ui, id);
  const process = processOf(ui.deps.session.state, id);
  if (process === null) return false;
  ui.store.dispatch({ type: 'tab.opened', process: id });
  ui.store.dispatch({ type: 'tab.opened', process: activeTab });
  ui.terminals.open(process, ui.deps.session.state);
  return false;
}

/** The process that an action started: its person gets it, unless the keyboard is another program's by now. It may have ended as soon. */
export function startedByHand(ui: Ui, id: string): void {
  if (showTabAside(ui, id)) enterTerminal(ui);
}

/** A program ended: its last screen stays; the keyboard comes back to the keys. */
export function processEnded(ui: Ui, process: ProcessSummary): void {
  ui.terminals.ended(process);
  const { id } = process;
  if (ui.store.view.activeTab !== id || ui.store.view.mode !== 'terminal') return;
  leaveTerminal(ui);
  ui.typeAhead.begin();
}
