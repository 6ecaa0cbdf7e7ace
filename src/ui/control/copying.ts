/** What copying gives: plain text of a row or of a whole panel, without borders; grids with their scrollback. */
import type { PanelId } from '../../actions/index.js';
import { toBxError } from '../../platform/errors.js';
import { footerText } from '../panels/logs.js';
import { stepOfProcess } from '../panels/processes.js';
import { selectGeneration, selectStep } from '../select/current.js';
import { selectedProcessAt, selectProcessRows } from '../select/process-rows.js';
import { gridOf } from './scrolling.js';
import type { Ui } from './ui-context.js';

/** The selected row: a step's instruction, a process' command, else the row at the top of what is seen, or what is said of a failure. */
export function copyGridLine(ui: Ui): string {
  const { view } = ui.store;
  const { state } = ui.deps.session;
  const generation = selectGeneration(state, view);
  const step = selectStep(generation, view);
  switch (view.focus) {
    case 'steps':
      return step?.text ?? '';
    case 'processes': {
      const rows = selectProcessRows(state, view);
      const row = rows[selectedProcessAt(rows, view)];
      if (row?.kind !== 'process') return '';
      const { process } = row;
      const place = stepOfProcess(state, process);
      return `${process.id} ${place?.step.text ?? ''} ${process.command}`;
    }
    case 'source': {
      if (generation === null || step?.lines == null) return '';
      return generation.dockerfile.text
        .split('\n')
        .slice(step.lines.start - 1, step.lines.end)
        .join('\n');
    }
    default: {
      const grid = gridOf(ui, view.focus);
      if (grid === null) return view.focus === 'logs' ? footerText(generation, step) : '';
      const current = view.search?.panel === view.focus ? view.search.index : -1;
      const hit = current >= 0 ? grid.search(view.search!.query)[current] : undefined;
      const row = hit?.start.row ?? lastRowWithText(ui, view.focus);
      return grid.text(row, 0, row, grid.cols).trimEnd();
    }
  }
}

function lastRowWithText(ui: Ui, panel: PanelId): number {
  const grid = gridOf(ui, panel)!;
  const { top } = grid.viewport;
  for (let row = top + grid.rows - 1; row > top; row--) {
    if (grid.text(row, 0, row, grid.cols).trim() !== '') return row;
  }
  return top;
}

export function copyPanelText(ui: Ui, panel: PanelId): string {
  const grid = gridOf(ui, panel);
  if (grid !== null) {
    const { firstRow, length } = grid.viewport;
    return grid.text(firstRow, 0, firstRow + length - 1, grid.cols).trimEnd();
  }
  if (panel === 'source') return selectGeneration(ui.deps.session.state, ui.store.view)?.dockerfile.text ?? '';
  const surface = ui.screenView.panelSurface(panel);
  if (surface === null) return '';
  const rows = Array.from({ length: surface.height }, (_, y) => surface.rowText(y));
  return rows.join('\n').trimEnd();
}

/** Copies what was marked and says how much and how. */
export async function copyText(ui: Ui, text: string): Promise<void> {
  const { screen } = ui.context();
  try {
    const where = await ui.deps.copy(text);
    const count = text.split('\n').length;
    screen.notify('info', `copied ${count === 1 ? charactersOf(text) : `${count} lines`} (${where})`);
  } catch (error) {
    const problem = toBxError(error);
    screen.notify('error', problem.message, problem.hint);
  }
}

function charactersOf({ length }: string): string {
  return length === 1 ? '1 character' : `${length} characters`;
}
