/** The whole text behind a panel, for an editor or a file: a terminal's scrollback, a step's log, or what is said of its failure. */
import type { PanelId, ScreenCommands } from '../../actions/index.js';
import type { Step } from '../../core/model/index.js';
import { printableText } from '../../platform/printable.js';
import type { TextSource } from '../deps.js';
import { footerText } from '../panels/logs.js';
import { stepOfProcess } from '../panels/processes.js';
import { selectGeneration, selectStep } from '../select/current.js';
import { gridOf } from './scrolling.js';
import { processOf } from './tabs.js';
import type { Ui } from './ui-context.js';

interface PanelText {
  readonly source: TextSource;
  /** Where a file of it would go by default. */
  readonly fileName: string;
  /** The line at the top of what is seen, 1-based. */
  readonly line: number;
}

/** Null: the panel has no text, or none yet. */
export async function panelText(ui: Ui, panel: PanelId): Promise<PanelText | null> {
  const grid = gridOf(ui, panel);
  if (grid === null) return panel === 'logs' ? failureText(ui) : null;
  const { firstRow, length, top } = grid.viewport;
  const above = top > firstRow ? grid.text(firstRow, 0, top - 1, grid.cols) : '';
  const line = above === '' ? 1 : above.split('\n').length + 1;
  if (panel === 'terminal') {
    const text = `${grid.text(firstRow, 0, firstRow + length - 1, grid.cols).trimEnd()}\n`;
    const { state } = ui.deps.session;
    const process = processOf(state, ui.store.view.activeTab);
    const place = process === null ? null : stepOfProcess(state, process);
    const fileName = `${process?.id ?? 'terminal'}${place?.step.number == null ? '' : `-step-${place.step.number}`}.txt`;
    return { source: { kind: 'text', name: fileName, text }, fileName, line };
  }
  const generation = selectGeneration(ui.deps.session.state, ui.store.view);
  const step = selectStep(generation, ui.store.view);
  if (generation === null || step === null) return null;
  const log = await ui.deps.session.wholeLog(generation.number, step.key);
  const fileName = logName(step);
  if (log.file !== null) return { source: { kind: 'file', path: log.file }, fileName, line };
  const gap = log.omittedBytes === 0 ? '' : `\n[… ${log.omittedBytes} bytes are no longer kept]\n`;
  const text = printableText((log.head + gap + log.tail).replace(/\r(?!\n)/g, '\n'));
  return { source: { kind: 'text', name: fileName, text }, fileName, line };
}

/** Where the failed step has printed nothing: what is said of it. */
function failureText(ui: Ui): PanelText | null {
  const generation = selectGeneration(ui.deps.session.state, ui.store.view);
  const step = selectStep(generation, ui.store.view);
  const text = footerText(generation, step);
  if (text === '') return null;
  const fileName = logName(step);
  return { source: { kind: 'text', name: fileName, text: `${text}\n` }, fileName, line: 1 };
}

const logName = (step: Step | null): string => `step-${step?.number ?? 'log'}.log`;

/** Opens the text of the focused panel in the person's editor; nothing comes back from it. */
export async function editPanelText(ui: Ui): Promise<void> {
  const text = await panelText(ui, ui.store.view.focus);
  if (text === null) return;
  await ui.deps.guard.suspendFor((signal) => ui.deps.files.edit(text.source, text.line, signal));
}

/** Asks for a name and writes the text of the focused panel there; an existing file is replaced only when that is confirmed. */
export async function writePanelText(ui: Ui, commands: ScreenCommands): Promise<void> {
  const text = await panelText(ui, ui.store.view.focus);
  if (text !== null) await writeSource(ui, commands, text);
}

/** Asks for a name and writes there. */
export async function writeSource(ui: Ui, commands: ScreenCommands, text: Pick<PanelText, 'source' | 'fileName'>): Promise<void> {
  const name = await commands.askText({
    title: 'Write to a file',
    initial: text.fileName,
    hint: 'in the directory that bxtui was started in, or a path',
  });
  if (name === null || name.trim() === '') return;
  let { path, isThere } = await ui.deps.files.write(name.trim(), text.source, false);
  if (isThere) {
    const answer = await commands.ask({
      title: 'Replace the file?',
      lines: [path],
      choices: [
        { id: 'yes', key: 'y', label: 'Replace it' },
        { id: 'no', key: 'n', label: 'No' },
      ],
      default: 'no',
    });
    if (answer !== 'yes') return;
    ({ path, isThere } = await ui.deps.files.write(path, text.source, true));
  }
  commands.notify('info', `written to ${path}`);
}
