/** Movement in a panel: the selection in lists, the view in texts and grids. */
import type { Motion, PanelId } from '../../actions/index.js';
import type { Emulator } from '../../term/types.js';
import { panelRect } from '../layout/layout.js';
import { longestShift, sourceTop } from '../panels/source.js';
import { selectGeneration, selectStep, stepsInOrder } from '../select/current.js';
import { selectedProcessAt, selectProcessRows } from '../select/process-rows.js';
import { selectSourceRows } from '../select/source-rows.js';
import { selectStepRows, stepOfRow } from '../select/step-rows.js';
import type { Ui } from './ui-context.js';

/** Rows by which a motion moves in a page of `height`; the ends are beyond any list. */
function distance(motion: Motion, height: number): number {
  switch (motion) {
    case 'up':
      return -1;
    case 'down':
      return 1;
    case 'halfUp':
      return -Math.max(1, Math.floor(height / 2));
    case 'halfDown':
      return Math.max(1, Math.floor(height / 2));
    case 'pageUp':
      return -Math.max(1, height - 1);
    case 'pageDown':
      return Math.max(1, height - 1);
    case 'first':
      return Number.NEGATIVE_INFINITY;
    case 'last':
      return Number.POSITIVE_INFINITY;
    default:
      return 0;
  }
}

/** `count`: as often; with a motion to an end the number of the line, or of the step, to go to. */
export function movePanel(ui: Ui, panel: PanelId, motion: Motion, count?: number): void {
  if (count !== undefined && (motion === 'first' || motion === 'last')) {
    goToLine(ui, panel, count);
    return;
  }
  const height = panelRect(ui.layout(), panel)?.height ?? 1;
  const by = distance(motion, height) * (count ?? 1);
  if (panel === 'steps') moveSteps(ui, motion, by);
  else if (panel === 'processes') moveProcesses(ui, by);
  else if (panel === 'source' && (motion === 'left' || motion === 'right'))
    shiftSource(ui, (motion === 'left' ? -1 : 1) * (count ?? 1));
  else scrollPanel(ui, panel, by);
}

/** Lines are counted from 1, as they are shown; steps by their numbers. */
function goToLine(ui: Ui, panel: PanelId, line: number): void {
  const { store, deps } = ui;
  const generation = selectGeneration(deps.session.state, store.view);
  const height = panelRect(ui.layout(), panel)?.height ?? 1;
  if (panel === 'processes') moveProcesses(ui, line - 1 - selectedProcessAt(processRows(ui), store.view));
  else if (panel === 'steps') {
    const step =
      generation === null ? undefined : stepsInOrder(generation).findLast(({ number }) => number !== null && number <= line);
    if (step !== undefined) ui.context().screen.selectStep(step.key);
  } else if (panel === 'source') {
    if (generation === null) return;
    const rows = selectSourceRows(generation, selectStep(generation, store.view));
    const at = rows.findLastIndex((row) => row.kind === 'line' && row.number <= line);
    const top = Math.min(rows.length - height, at - Math.floor(height / 3));
    store.dispatch({ type: 'source.scrolled', top: Math.max(0, top) });
  } else {
    const viewport = gridOf(ui, panel)?.viewport;
    viewport?.scrollToRow(viewport.firstRow + line - 1);
    ui.invalidate();
  }
}

/** Scrolls a text or a grid by rows, without moving a selection. */
export function scrollPanel(ui: Ui, panel: PanelId, by: number): void {
  if (by === 0) return;
  if (panel === 'steps') moveSteps(ui, 'down', by);
  else if (panel === 'processes') moveProcesses(ui, by);
  else if (panel === 'source') scrollSource(ui, by);
  else if (panel === 'logs' && by === Number.NEGATIVE_INFINITY) toLogBeginning(ui);
  else scrollGrid(gridOf(ui, panel), by);
  ui.invalidate();
}

export function gridOf(ui: Ui, panel: PanelId): Emulator | null {
  const { view } = ui.store;
  if (panel === 'terminal') return view.activeTab === null ? null : (ui.terminals.get(view.activeTab)?.emulator ?? null);
  if (panel !== 'logs') return null;
  const generation = selectGeneration(ui.deps.session.state, view);
  const step = selectStep(generation, view);
  return generation === null || step === null ? null : ui.logs.get(generation.number, step.key);
}

function toLogBeginning(ui: Ui): void {
  const generation = selectGeneration(ui.deps.session.state, ui.store.view);
  const step = selectStep(generation, ui.store.view);
  if (generation !== null && step !== null) ui.logs.toBeginning(generation.number, step.key);
}

function scrollGrid(emulator: Emulator | null, by: number): void {
  if (emulator === null) return;
  if (by === Number.NEGATIVE_INFINITY) emulator.viewport.scrollToTop();
  else if (by === Number.POSITIVE_INFINITY) emulator.viewport.scrollToBottom();
  else emulator.viewport.scrollLines(by);
}

function moveSteps(ui: Ui, motion: Motion, by: number): void {
  const { store, deps } = ui;
  const generation = selectGeneration(deps.session.state, store.view);
  const step = selectStep(generation, store.view);
  if (generation === null || step === null) return;
  if (motion === 'left' || motion === 'right') {
    if (step.stage !== null) store.dispatch({ type: 'stage.folded', stage: step.stage, isFolded: motion === 'left' });
    return;
  }
  const rows = selectStepRows(generation, store.view, step.key, deps.clock.now());
  const keys = rows.map(stepOfRow);
  let at = rows.findIndex((row) => row.kind !== 'heading' && row.isSelected);
  const direction = by < 0 ? -1 : 1;
  let left = Math.min(Math.abs(by), rows.length);
  let found = at;
  while (left > 0) {
    at += direction;
    if (at < 0 || at >= rows.length) break;
    if (keys[at] === null) continue;
    found = at;
    left--;
  }
  const key = keys[found];
  if (key != null) store.dispatch({ type: 'selection.changed', selection: { kind: 'user', step: key, atMs: deps.clock.now() } });
}

const processRows = (ui: Ui) => selectProcessRows(ui.deps.session.state, ui.store.view);

function moveProcesses(ui: Ui, by: number): void {
  const rows = processRows(ui);
  const from = selectedProcessAt(rows, ui.store.view);
  const at = Math.max(0, Math.min(rows.length - 1, from + Math.max(-1e6, Math.min(1e6, by))));
  ui.store.dispatch({ type: 'process.selected', at });
}

function scrollSource(ui: Ui, by: number): void {
  const { store, deps } = ui;
  const generation = selectGeneration(deps.session.state, store.view);
  const rect = panelRect(ui.layout(), 'source');
  if (generation === null || rect === null) return;
  const rows = selectSourceRows(generation, selectStep(generation, store.view));
  const limit = Math.max(0, rows.length - rect.height);
  const top = sourceTop(rows, rect.height, store.view.sourceTop);
  store.dispatch({ type: 'source.scrolled', top: Math.max(0, Math.min(limit, top + Math.max(-1e6, Math.min(1e6, by)))) });
}

/** By half a panel, so that what was at its end is at its middle. */
function shiftSource(ui: Ui, times: number): void {
  const { store, deps } = ui;
  const generation = selectGeneration(deps.session.state, store.view);
  const rect = panelRect(ui.layout(), 'source');
  if (generation === null || rect === null) return;
  const limit = longestShift(selectSourceRows(generation, selectStep(generation, store.view)), rect.width, ui.look);
  const left = Math.min(limit, store.view.sourceLeft) + times * Math.max(1, Math.floor(rect.width / 2));
  store.dispatch({ type: 'source.shifted', left: Math.max(0, Math.min(limit, left)) });
}
