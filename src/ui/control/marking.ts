/** Marking text with the mouse in a terminal or a log: press, drag, and the release copies. */
import type { MouseEvent } from '../../input/types.js';
import { gridArea } from '../layout/grid-area.js';
import { gridOrigin } from '../layout/grid-origin.js';
import { selectGeneration, selectStep } from '../select/current.js';
import { rangeOf } from '../select/text-range.js';
import type { TextMark } from '../view-state.js';
import { copyText } from './copying.js';
import { gridOf } from './scrolling.js';
import type { Ui } from './ui-context.js';

/** Begins a mark where the mouse was pressed. */
export function pressMark(ui: Ui, panel: 'terminal' | 'logs', event: MouseEvent): void {
  const place = placeIn(ui, panel, event);
  if (place !== null) ui.store.dispatch({ type: 'text.marked', mark: { panel, anchor: place, head: place } });
}

/** True when the event was about a mark. */
export function dragMark(ui: Ui, event: MouseEvent): boolean {
  const { mark } = ui.store.view;
  if (mark === null) return false;
  if (event.action === 'drag') {
    const head = placeIn(ui, mark.panel, event);
    if (head !== null) ui.store.dispatch({ type: 'text.marked', mark: { ...mark, head } });
    return true;
  }
  if (event.action !== 'release') return false;
  void copyMark(ui, mark);
  return true;
}

async function copyMark(ui: Ui, mark: TextMark): Promise<void> {
  const range = rangeOf(mark);
  const text =
    range === null ? '' : (gridOf(ui, mark.panel)?.text(range.start.row, range.start.col, range.end.row, range.end.col) ?? '');
  if (text.trim() === '') {
    ui.store.dispatch({ type: 'text.marked', mark: null });
    return;
  }
  await copyText(ui, text);
}

/** The grid's cell under the pointer, kept inside of the pane. */
function placeIn(ui: Ui, panel: 'terminal' | 'logs', event: MouseEvent): { row: number; col: number } | null {
  const generation = selectGeneration(ui.deps.session.state, ui.store.view);
  const area = gridArea(ui.layout(), panel, generation, selectStep(generation, ui.store.view));
  const grid = gridOf(ui, panel);
  if (area === null || grid === null) return null;
  const y = Math.max(0, Math.min(area.height - 1, event.y - area.y));
  const col = Math.max(0, Math.min(area.width - 1, event.x - area.x));
  const origin = panel === 'terminal' ? gridOrigin(grid, area.width, area.height) : { row: 0, col: 0 };
  return { row: grid.viewport.top + origin.row + y, col: origin.col + col };
}
