/** Input events to what they do: overlays first, then the key table; mouse to what is under the pointer. */
import { actionAfterLeaving, actionForKey, motionOf } from '../../actions/index.js';
import type { InputEvent, KeyEvent, MouseEvent } from '../../input/types.js';
import { innerRect } from '../layout/layout.js';
import { type FrameBox, placeTitle } from '../panels/frame.js';
import { placeHints } from '../panels/hints.js';
import { selectGeneration, selectStep } from '../select/current.js';
import { selectStepRows, stepOfRow } from '../select/step-rows.js';
import { createCounting } from './counting.js';
import { dragMark, pressMark } from './marking.js';
import { overlayKey, overlayPaste } from './overlay-keys.js';
import { runAction } from './run-action.js';
import { scrollPanel } from './scrolling.js';
import { activeTarget, enterTerminal, leaveTerminal, showTab } from './tabs.js';
import type { Ui } from './ui-context.js';

/** Two interrupts within this time end the program without questions. */
const FORCE_MS = 2000;

export function createInputHandler(ui: Ui): (event: InputEvent, mode: 'normal' | 'terminal') => void {
  let interruptedAtMs = Number.NEGATIVE_INFINITY;
  const counting = createCounting(ui.store, ui.deps.clock);
  const onKey = (event: KeyEvent): void => {
    const nowMs = ui.deps.clock.now();
    const { hasJustLeft } = ui.store.view;
    ui.store.dispatch({ type: 'key.pressed', atMs: nowMs });
    if (ui.typeAhead.swallows(event.key)) return;
    if (event.key === 'C-c') {
      if (nowMs - interruptedAtMs < FORCE_MS) {
        ui.close();
        return;
      }
      interruptedAtMs = nowMs;
    }
    const overlay = ui.store.view.overlays.at(-1);
    if (overlay !== undefined) {
      overlayKey(ui, overlay, event);
      return;
    }
    const forTerminal = hasJustLeft ? actionAfterLeaving(event.key) : null;
    if (forTerminal !== null) ui.store.dispatch({ type: 'panel.focused', panel: 'terminal' });
    const action = forTerminal ?? actionForKey(event.key, ui.store.view.focus, { isReplay: ui.deps.replay !== undefined });
    const motion = action === null ? null : motionOf(action.id);
    const count = counting.take(event.key, motion !== null);
    if (motion !== null && count !== null) ui.context().screen.move(motion, count);
    else if (action !== null) runAction(ui, action.id);
  };
  return (event, mode) => {
    // What came together with the key that has handed the terminal over (to an editor) is nobody's.
    if (!ui.deps.guard.isActive) return;
    switch (event.type) {
      case 'key':
        return onKey(event);
      case 'paste': {
        ui.store.dispatch({ type: 'key.pressed', atMs: ui.deps.clock.now() });
        const overlay = ui.store.view.overlays.at(-1);
        if (overlay !== undefined) return overlayPaste(ui, overlay, event.text);
        if (mode === 'terminal') void confirmPaste(ui, event.data, event.text);
        return;
      }
      case 'mouse':
        return onMouse(ui, event, mode);
      default:
        return;
    }
  };
}

/** Several lines into a program that has not asked for brackets would run at once, line by line. */
async function confirmPaste(ui: Ui, data: Uint8Array, text: string): Promise<void> {
  const target = activeTarget(ui);
  if (target === null) return;
  leaveTerminal(ui);
  const lines = text.replace(/(?:\r\n?|\n)$/, '').split(/\r\n?|\n/);
  const answer = await ui.context().screen.ask({
    title: `Paste ${lines.length} ${lines.length === 1 ? 'line' : 'lines'}?`,
    lines: ['The program takes each line as if you had pressed Enter after it.', ...lines.slice(0, 4).map((line) => `  ${line}`)],
    choices: [
      { id: 'yes', key: 'y', label: 'Paste' },
      { id: 'no', key: 'n', label: 'No' },
    ],
    default: 'no',
  });
  if (answer === 'yes') ui.deps.router.paste(target, data);
  enterTerminal(ui);
}

function onMouse(ui: Ui, event: MouseEvent, mode: 'normal' | 'terminal'): void {
  const { store } = ui;
  const isWheel = event.action === 'wheel-up' || event.action === 'wheel-down';
  const by = (event.action === 'wheel-up' ? -1 : 1) * ui.deps.settings.wheelRows;
  const overlay = store.view.overlays.at(-1);
  if (overlay !== undefined) {
    if (isWheel && 'top' in overlay) {
      store.dispatch({ type: 'overlay.changed', overlay: { ...overlay, top: Math.max(0, overlay.top + by) } });
    }
    return;
  }
  const titled = (box: FrameBox) => placeTitle(box, ui.look).find((part) => isOn(part, event));
  const { frameBoxes } = ui.screenView;
  // Two boxes share a border, and the title on it is that of one of them.
  const box = frameBoxes.find(titled) ?? frameBoxes.find(({ box: { rect } }) => contains(rect, event.x, event.y));
  if (isWheel) {
    if (box !== undefined) scrollPanel(ui, box.box.active, by);
    return;
  }
  if (dragMark(ui, event)) return;
  if (event.action !== 'press' || event.button !== 'left') return;
  store.dispatch({ type: 'key.pressed', atMs: ui.deps.clock.now() });
  if (event.y === ui.layout().hints.y) {
    clickHint(ui, event.x);
    return;
  }
  if (box === undefined) return;
  const segment = titled(box);
  if (segment?.target?.kind === 'tab') {
    showTab(ui, segment.target.process);
    store.dispatch({ type: 'panel.focused', panel: 'terminal' });
    return;
  }
  const panel = segment?.target?.kind === 'panel' ? segment.target.panel : box.box.active;
  const inner = innerRect(box.box);
  const clickedProcess = ui.screenView.processAt(event.y - inner.y);
  if (mode === 'terminal' && panel !== 'terminal') leaveTerminal(ui);
  store.dispatch({ type: 'panel.focused', panel });
  if (!contains(inner, event.x, event.y)) return;
  if (panel === 'terminal' && mode === 'normal' && ui.store.view.activeTab !== null) enterTerminal(ui);
  if (panel === 'terminal' || panel === 'logs') pressMark(ui, panel, event);
  else if (panel === 'steps') clickStep(ui, event.y - inner.y);
  else if (panel === 'processes' && clickedProcess !== null) store.dispatch({ type: 'process.selected', at: clickedProcess });
}

function isOn(part: { x: number; y: number; text: string }, { x, y }: MouseEvent): boolean {
  return part.y === y && x >= part.x && x < part.x + part.text.length;
}

function contains(rect: { x: number; y: number; width: number; height: number }, x: number, y: number): boolean {
  return x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
}

function clickStep(ui: Ui, y: number): void {
  const { store, deps } = ui;
  const generation = selectGeneration(deps.session.state, store.view);
  if (generation === null) return;
  const rows = selectStepRows(generation, store.view, selectStep(generation, store.view)?.key ?? null, deps.clock.now());
  const row = rows[store.view.stepsTop + y];
  if (row === undefined) return;
  if (row.kind === 'stage') {
    store.dispatch({ type: 'stage.folded', stage: row.stage.index, isFolded: !row.isFolded });
    return;
  }
  const key = stepOfRow(row);
  if (key !== null) store.dispatch({ type: 'selection.changed', selection: { kind: 'user', step: key, atMs: deps.clock.now() } });
}

function clickHint(ui: Ui, x: number): void {
  const { bottomRow } = ui.screenView;
  const placed = bottomRow === null ? [] : placeHints(bottomRow, ui.store.view.cols);
  const hint = placed.find((one) => x >= one.x && x < one.x + one.width);
  if (hint?.actionId != null) runAction(ui, hint.actionId);
}
