/** The view's reducer: pure, total, no clock. */
import { type Opening, PANELS, type PanelId } from '../actions/index.js';
import type { Notice } from '../core/model/index.js';
import { assertNever } from '../platform/errors.js';
import type { LayoutMode } from './layout/layout.js';
import type { Overlay, SearchState, Selection, TextMark, Toast, ViewState } from './view-state.js';

const MESSAGES_KEPT = 100;

export type ViewEvent =
  | { readonly type: 'screen.resized'; readonly cols: number; readonly rows: number }
  | { readonly type: 'panel.focused'; readonly panel: PanelId }
  /** The key that has moved it was meant for something else. */
  | ({ readonly type: 'focus.restored' } & Pick<ViewState, 'focus' | 'recency' | 'zoomed'>)
  /** Shown in its box without taking the focus. */
  | { readonly type: 'panel.revealed'; readonly panel: PanelId }
  | { readonly type: 'mode.changed'; readonly mode: ViewState['mode'] }
  /** By the leave key; `focus` is where the person lands. */
  | { readonly type: 'terminal.left'; readonly focus: PanelId }
  | { readonly type: 'layout.changed'; readonly layout: LayoutMode }
  | { readonly type: 'zoom.toggled' }
  | { readonly type: 'divider.moved'; readonly cols: number }
  | { readonly type: 'generation.chosen'; readonly generation: number | null }
  | { readonly type: 'selection.changed'; readonly selection: Selection }
  | { readonly type: 'stage.folded'; readonly stage: number; readonly isFolded: boolean }
  | { readonly type: 'internal.toggled' }
  | { readonly type: 'steps.scrolled'; readonly top: number }
  | { readonly type: 'source.scrolled'; readonly top: number | null }
  | { readonly type: 'source.shifted'; readonly left: number }
  | { readonly type: 'process.selected'; readonly at: number }
  | { readonly type: 'processes.swept'; readonly processes: readonly string[] }
  | { readonly type: 'opening.began'; readonly opening: Opening }
  | { readonly type: 'opening.ended'; readonly id: number }
  | { readonly type: 'tab.opened'; readonly process: string }
  | { readonly type: 'tab.closed'; readonly process: string }
  | { readonly type: 'search.changed'; readonly search: SearchState | null }
  | { readonly type: 'overlay.opened'; readonly overlay: Overlay }
  /** The topmost one is replaced. */
  | { readonly type: 'overlay.changed'; readonly overlay: Overlay }
  | { readonly type: 'overlay.closed' }
  | { readonly type: 'overlay.removed'; readonly id: number }
  | { readonly type: 'toast.shown'; readonly toast: Toast }
  | { readonly type: 'toast.expired' }
  | { readonly type: 'message.said'; readonly message: Omit<Notice, 'id'> }
  | { readonly type: 'text.marked'; readonly mark: TextMark | null }
  | { readonly type: 'mouse.toggled' }
  | { readonly type: 'command.remembered'; readonly line: string }
  | { readonly type: 'keys.held'; readonly areHeld: boolean }
  | { readonly type: 'key.pressed'; readonly atMs: number };

const HISTORY_LIMIT = 200;

export function reduceView(view: ViewState, event: ViewEvent): ViewState {
  switch (event.type) {
    case 'screen.resized':
      return { ...view, cols: Math.max(1, event.cols), rows: Math.max(1, event.rows) };
    case 'panel.focused':
      return { ...reveal(view, event.panel), focus: event.panel, zoomed: view.zoomed === null ? null : event.panel };
    case 'focus.restored':
      return { ...view, focus: event.focus, recency: event.recency, zoomed: event.zoomed };
    case 'panel.revealed':
      return reveal(view, event.panel);
    case 'mode.changed':
      return { ...view, mode: event.mode, hasJustLeft: false };
    case 'terminal.left':
      // Not revealed: where boxes are tabs the terminal stays in sight.
      return { ...view, mode: 'normal', focus: event.focus, hasJustLeft: true };
    case 'layout.changed':
      return { ...view, layout: event.layout, zoomed: null };
    case 'zoom.toggled':
      return { ...view, zoomed: view.zoomed === null ? view.focus : null };
    case 'divider.moved': {
      const key = view.focus === 'terminal' || view.focus === 'logs' ? 'logs' : 'steps';
      return { ...view, dividers: { ...view.dividers, [key]: view.dividers[key] + event.cols } };
    }
    case 'generation.chosen':
      return { ...view, generation: event.generation, sourceTop: null, sourceLeft: 0 };
    case 'selection.changed':
      return { ...view, selection: event.selection, sourceTop: null, sourceLeft: 0 };
    case 'stage.folded': {
      const others = view.folded.filter((stage) => stage !== event.stage);
      return { ...view, folded: event.isFolded ? [...others, event.stage] : others };
    }
    case 'internal.toggled':
      return { ...view, showInternal: !view.showInternal };
    case 'steps.scrolled':
      return { ...view, stepsTop: Math.max(0, event.top) };
    case 'source.scrolled':
      return { ...view, sourceTop: event.top === null ? null : Math.max(0, event.top) };
    case 'source.shifted':
      return { ...view, sourceLeft: Math.max(0, event.left) };
    case 'process.selected':
      return { ...view, processAt: Math.max(0, event.at) };
    case 'processes.swept':
      return { ...view, swept: [...new Set([...view.swept, ...event.processes])] };
    case 'opening.began':
      return { ...view, openings: [...view.openings, event.opening] };
    case 'opening.ended':
      return { ...view, openings: view.openings.filter(({ id }) => id !== event.id) };
    case 'tab.opened':
      return {
        ...view,
        swept: view.swept.filter((process) => process !== event.process),
        tabs: view.tabs.includes(event.process) ? view.tabs : [...view.tabs, event.process],
        activeTab: event.process,
      };
    case 'tab.closed':
      return closeTab(view, event.process);
    case 'search.changed':
      return { ...view, search: event.search };
    case 'overlay.opened':
      return { ...view, overlays: [...view.overlays, event.overlay] };
    case 'overlay.changed':
      return { ...view, overlays: [...view.overlays.slice(0, -1), event.overlay] };
    case 'overlay.closed':
      return { ...view, overlays: view.overlays.slice(0, -1) };
    case 'overlay.removed':
      return { ...view, overlays: view.overlays.filter((overlay) => !('id' in overlay && overlay.id === event.id)) };
    case 'toast.shown':
      return { ...view, toast: event.toast };
    case 'message.said': {
      const id = (view.messages.at(-1)?.id ?? 0) + 1;
      return { ...view, messages: [...view.messages, { id, ...event.message }].slice(-MESSAGES_KEPT) };
    }
    case 'toast.expired':
      return { ...view, toast: null };
    case 'text.marked':
      return { ...view, mark: event.mark };
    case 'mouse.toggled':
      return { ...view, isMouseOn: !view.isMouseOn };
    case 'command.remembered':
      return {
        ...view,
        commandHistory: [...view.commandHistory.filter((line) => line !== event.line), event.line].slice(-HISTORY_LIMIT),
      };
    case 'keys.held':
      return { ...view, areKeysHeld: event.areHeld };
    case 'key.pressed':
      return { ...view, lastKeyAtMs: event.atMs, mark: null, hasJustLeft: false };
    default:
      return assertNever(event);
  }
}

function reveal(view: ViewState, panel: PanelId): ViewState {
  return { ...view, recency: [panel, ...view.recency.filter((other) => other !== panel)] };
}

function closeTab(view: ViewState, process: string): ViewState {
  const at = view.tabs.indexOf(process);
  if (at < 0) return view;
  const tabs = view.tabs.filter((tab) => tab !== process);
  const activeTab = view.activeTab === process ? (tabs[Math.min(at, tabs.length - 1)] ?? null) : view.activeTab;
  const closed = { ...view, tabs, activeTab };
  if (tabs.length > 0) return closed;
  const focus = view.focus === 'terminal' ? 'steps' : view.focus;
  return { ...closed, focus, zoomed: view.zoomed === 'terminal' ? null : view.zoomed, mode: 'normal' };
}

/** The next panel that is there; panels behind tabs count. */
export function nextPanel(view: ViewState, direction: 1 | -1): PanelId {
  const there = PANELS.filter((panel) => panel !== 'terminal' || view.tabs.length > 0);
  const at = there.indexOf(view.focus);
  return there[(at + direction + there.length) % there.length] ?? 'steps';
}
