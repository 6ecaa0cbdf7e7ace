/** Where the person is, told to the session; and a new screen of it that begins where the last one was. */
import { PANELS, type PanelId } from '../../actions/index.js';
import { selectCurrent } from '../../core/select/index.js';
import type { ScreenPlace } from '../../session/wire/index.js';
import type { ViewState } from '../view-state.js';
import { enterTerminal, showRunning, showTab } from './tabs.js';
import type { Ui } from './ui-context.js';

/** To be called with every frame; says something when the place has changed. */
export function createPlaceTeller({ deps, store }: Pick<Ui, 'deps' | 'store'>): () => void {
  let told = '';
  return () => {
    const { view } = store;
    // What asks something is answered here.
    if (deps.clients === undefined || view.overlays.length > 0) return;
    const place = placeIn(view);
    const text = JSON.stringify(place);
    if (text === told) return;
    told = text;
    deps.clients.tellPlace(place);
  };
}

/** Who has just left the terminal is on the way out of it, which is no other place yet. */
function placeIn({ activeTab, mode, hasJustLeft, focus, selection }: ViewState): ScreenPlace {
  const isTyping = mode === 'terminal' || hasJustLeft;
  const step = selection.kind === 'user' ? selection.step : null;
  return { process: activeTab, isTyping, panel: isTyping ? 'terminal' : focus, step };
}

/**
 * Back where the person was; without a place of before into the newest shell, as when it opened by itself. Programs that run are shown, the
 * others only where one of them was in front.
 */
export function comeBack(ui: Ui): void {
  const { session, clients } = ui.deps;
  const { processes } = session.state;
  const place = clients?.lastPlace ?? null;
  if (place === null) {
    const shell = processes.findLast(({ endedAtMs, kind, tty }) => endedAtMs === null && kind === 'shell' && tty);
    showRunning(ui, shell?.id ?? null);
    if (shell !== undefined) enterTerminal(ui);
    return;
  }
  showRunning(ui, place.process);
  const isThere = place.process !== null && showTab(ui, place.process);
  if (place.step !== null && selectCurrent(session.state)?.steps[place.step] !== undefined) {
    ui.store.dispatch({ type: 'selection.changed', selection: { kind: 'user', step: place.step, atMs: 0 } });
  }
  if (isThere && place.isTyping) enterTerminal(ui);
  else if (isPanel(place.panel) && (place.panel !== 'terminal' || isThere))
    ui.store.dispatch({ type: 'panel.focused', panel: place.panel });
}

function isPanel(name: string): name is PanelId {
  return (PANELS as readonly string[]).includes(name);
}
