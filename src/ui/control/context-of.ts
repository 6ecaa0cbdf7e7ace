/** What an action sees of the screen at this moment. */
import type { ActionContext, ScreenCommands } from '../../actions/index.js';
import { selectGeneration, selectStep } from '../select/current.js';
import { selectedProcessAt, selectProcessRows } from '../select/process-rows.js';
import { attachedOf } from './attached.js';
import { processOf } from './tabs.js';
import type { Ui } from './ui-context.js';

export function contextOf(ui: Ui, screen: ScreenCommands): ActionContext {
  const { deps, store } = ui;
  const { state } = deps.session;
  const { view } = store;
  const generation = selectGeneration(state, view);
  const attached = attachedOf(deps);
  const rows = selectProcessRows(state, view);
  const row = view.focus === 'processes' ? rows[selectedProcessAt(rows, view)] : undefined;
  const opening = row?.kind === 'opening' ? row.opening : null;
  return {
    state,
    generation,
    isOlder: generation !== null && generation !== state.generations.at(-1),
    step: selectStep(generation, view),
    process: row?.kind === 'process' ? row.process : opening !== null ? null : processOf(state, view.activeTab),
    openings: view.openings,
    opening,
    swept: view.swept,
    tabs: view.tabs,
    activeTab: view.activeTab,
    focus: view.focus,
    mode: view.mode,
    hasSearch: view.search !== null,
    hasMessages: state.notices.length + view.messages.length > 0,
    isSplit: ui.layout().boxes.length > 1,
    canDetach: deps.canDetach,
    isReadOnly: attached.isReadOnly,
    otherScreens: attached.screens.length - 1,
    replay: deps.replay ?? null,
    screen,
  };
}
