/** Paints the processes and session panel: every process of the session, then containers and what the engine is. */
import type { Opening } from '../../actions/index.js';
import type { BuildFailure, ContainerSummary, Generation, ProcessSummary, SessionState, Step } from '../../core/model/index.js';
import { selectPlatform, selectUnstored, selectUser, shortPlatform } from '../../core/select/index.js';
import { cleanText, ellipsize, padEnd, padStart, textWidth } from '../../platform/text-width.js';
import type { Attached } from '../control/attached.js';
import type { Surface } from '../host/surface.js';
import type { Look } from '../look.js';
import { lineOf } from '../select/header.js';
import type { ProcessRow } from '../select/process-rows.js';
import { formatBytes, formatClock, plural } from '../text/format.js';
import type { Role } from '../theme/roles.js';

export interface ProcessesProps {
  readonly state: SessionState;
  readonly generation: Generation | null;
  readonly rows: readonly ProcessRow[];
  readonly selected: number;
  readonly tabs: readonly string[];
  readonly attached: Attached;
  readonly isFocused: boolean;
  readonly nowMs: number;
}

export interface ProcessPlace {
  readonly container: ContainerSummary;
  readonly step: Step;
  /** In a build for several; else null. */
  readonly platform: string | null;
  /** As much of it as tells it apart. */
  readonly shortPlatform: string | null;
  /** Of the build, where this is the step that failed it. */
  readonly failure: BuildFailure | null;
}

export function stepOfProcess(state: SessionState, process: ProcessSummary): ProcessPlace | null {
  const container = state.containers[process.container];
  const generation = state.generations.find(({ number }) => number === container?.generation);
  const step = container === undefined ? undefined : generation?.steps[container.step];
  if (container === undefined || generation === undefined || step === undefined) return null;
  const platform = selectPlatform(generation, step);
  const { failure } = generation;
  return {
    ...{ container, step, platform },
    shortPlatform: platform === null ? null : shortPlatform(generation, platform),
    failure: failure?.step === step.key ? failure : null,
  };
}

/** `running`, `exit 127`, `ended`, `lost`. */
export function processStateText(process: ProcessSummary): string {
  if (process.state === 'exited') return process.exitCode === null ? 'ended' : `exit ${process.exitCode}`;
  return process.state === 'released' ? 'ended' : process.state;
}

function processRole(process: ProcessSummary): Role {
  if (process.state === 'running' || process.state === 'starting') return 'status.running';
  if (process.state === 'lost') return 'status.failed';
  return process.exitCode === 0 ? 'status.done' : 'status.cancelled';
}

export function paintProcesses(surface: Surface, props: ProcessesProps, look: Look): void {
  surface.fill(look.attributes.plain);
  const { rows } = props;
  const details = sessionLines(props);
  const isWide = surface.width >= 60;
  const cells = rows.map((row) => cellsOf(row, props));
  const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map(textWidth));
  const label = Math.max(isWide ? 12 : 4, Math.min(widest(cells.map(({ step }) => step)), isWide ? 26 : 16));
  const columns: Columns = {
    isWide,
    label,
    state: isWide ? 10 : Math.max(5, widest(cells.map(({ state }) => state))),
    up: isWide ? 7 : Math.max(4, widest(cells.map(({ up }) => up))),
  };
  let y = 0;
  if (rows.length === 0) {
    surface.text(
      1,
      y++,
      props.state.processes.length === 0
        ? 'No process yet: enter on a step opens a shell in it.'
        : 'No process runs; :ps lists those that have ended.',
      look.attr('dim'),
    );
  } else {
    surface.text(2, y++, headings(columns), look.attr('dim'));
    const { top, room } = rowsInSight(props, surface.height, details.length);
    for (const [index, row] of cells.entries()) {
      if (index < top || index >= top + room) continue;
      const line = surface.part({ x: 0, y: y++, width: surface.width, height: 1 });
      paintRow(line, row, index === props.selected, columns, props, look);
    }
  }
  y++;
  for (const [name, text] of details) {
    if (y >= surface.height) break;
    const x = surface.text(1, y, padEnd(name, 9), look.attr('dim'));
    surface.text(x, y, ellipsize(text, surface.width - x - 1, look.glyphs.ellipsis), look.attr('text'));
    y++;
  }
}

/** The first row in sight, and how many there is room for, below the headings in a panel of `height`. */
function rowsInSight({ rows, selected }: ProcessesProps, height: number, details: number): { top: number; room: number } {
  const room = Math.max(1, height - 1 - Math.min(details + 1, Math.floor(height / 3)));
  return { room, top: Math.max(0, Math.min(selected - Math.floor(room / 2), rows.length - room)) };
}

/** The index of the process in line `y` of a panel of `height`; null: there is none. */
export function processRowAt(props: ProcessesProps, height: number, y: number): number | null {
  const { top, room } = rowsInSight(props, height, sessionLines(props).length);
  const at = top + y - 1;
  return y < 1 || y > room || at >= props.rows.length ? null : at;
}

/** Where there is little room each is as narrow as its widest text, and the command gets the rest. */
interface Columns {
  readonly isWide: boolean;
  /** Cells of what says where a process is. */
  readonly label: number;
  readonly state: number;
  readonly up: number;
}

function headings({ isWide, label, state, up }: Columns): string {
  const head = `${padEnd('ID', 4)} ${padEnd('STEP', label)} ${padEnd('STATE', state)} ${padStart('UP', up)}`;
  return `${head}${isWide ? `  ${padEnd('USER', 8)}` : ''}  COMMAND`;
}

interface RowCells {
  readonly id: string;
  readonly step: string;
  readonly state: string;
  readonly role: Role;
  readonly up: string;
  readonly user: string;
  readonly command: string;
  readonly after: string;
}

function processCells(process: ProcessSummary, { state, tabs, nowMs }: ProcessesProps): RowCells {
  const place = stepOfProcess(state, process);
  const tab = tabs.indexOf(process.id);
  return {
    id: process.id,
    step: place === null ? process.container : placeLabel(place, state),
    state: processStateText(process),
    role: processRole(process),
    up: formatClock((process.endedAtMs ?? nowMs) - process.startedAtMs),
    user: place === null ? (process.user ?? '') : selectUser(process, place.container),
    command: process.command,
    after: tab < 0 ? '' : `tab ${tab + 1}`,
  };
}

function openingCells({ step: key, generation, command, startedAtMs }: Opening, { state, nowMs }: ProcessesProps): RowCells {
  const step = state.generations.find(({ number }) => number === generation)?.steps[key];
  return {
    id: '',
    step: step?.number == null ? cleanText(step?.text ?? key) : `#${step.number}`,
    state: 'opening',
    role: 'status.running',
    up: formatClock(nowMs - startedAtMs),
    user: '',
    command: command ?? 'shell',
    after: '',
  };
}

function cellsOf(row: ProcessRow, props: ProcessesProps): RowCells {
  return row.kind === 'process' ? processCells(row.process, props) : openingCells(row.opening, props);
}

function paintRow(
  line: Surface,
  cells: RowCells,
  isSelected: boolean,
  columns: Columns,
  props: ProcessesProps,
  look: Look,
): void {
  let x = line.text(2, 0, padEnd(cells.id, 5), look.attr('strong'));
  x = line.text(x, 0, padEnd(ellipsize(cells.step, columns.label, look.glyphs.ellipsis), columns.label + 1), look.attr('text'));
  x = line.text(x, 0, padEnd(cells.state, columns.state + 1), look.attr(cells.role));
  x = line.text(x, 0, padStart(cells.up, columns.up), look.attr('dim')) + 2;
  if (columns.isWide)
    x = line.text(x, 0, padEnd(ellipsize(cleanText(cells.user), 8, look.glyphs.ellipsis), 8), look.attr('dim')) + 2;
  const after = columns.isWide ? cells.after : '';
  const command = ellipsize(cleanText(cells.command), Math.max(0, line.width - x - after.length - 2), look.glyphs.ellipsis);
  line.text(x, 0, command, look.attr('text'));
  line.text(line.width - after.length - 1, 0, after, look.attr('dim'));
  if (!isSelected) return;
  const role = props.isFocused ? 'selection.focus' : 'selection';
  line.restyle(0, 0, line.width, (attr) => look.over(attr, role));
  line.put(0, 0, look.glyphs.cursor, look.over(look.attr(props.isFocused ? 'accent' : 'dim'), role), 1);
}

/** `#9 failed`, `#4`, `#9 before`; `#9 failed run 1` after a further build. */
export function stepLabel(step: Step, container: ContainerSummary, state: SessionState): string {
  const number = step.number === null ? cleanText(step.text) : `#${step.number}`;
  return `${number}${container.moment === 'after' ? '' : ` ${container.moment}`}${runOf(container, state)}`;
}

/** ` run 1`, and nothing for the newest. */
export function runOf({ generation }: ContainerSummary, { generations }: SessionState): string {
  return generation === generations.at(-1)?.number ? '' : ` run ${generation}`;
}

/** The same with the platform: `#23 failed 386`. */
export function placeLabel({ step, container, shortPlatform }: ProcessPlace, state: SessionState): string {
  return `${stepLabel(step, container, state)}${shortPlatform === null ? '' : ` ${shortPlatform}`}`;
}

function sessionLines({ state, generation, attached, nowMs }: ProcessesProps): Array<readonly [name: string, text: string]> {
  const lines: Array<readonly [string, string]> = [];
  const line = lineOf(state.line ?? null);
  const far = line === null ? '' : `  ${line}`;
  if (state.engine !== null)
    lines.push(['engine', `${cleanText(state.engine.name)}  ${state.engine.address}  (${state.engine.source})${far}`]);
  const held = Object.values(state.containers).filter((container) => container.state === 'running').length;
  lines.push(['session', `${state.id}  ${cleanText(state.contextLabel)}  ${plural(held, 'container')} open`]);
  const { screens, self } = attached;
  for (const { id, label, isReadOnly, connectedAtMs } of screens.length > 1 ? screens : []) {
    const what = `${id === self ? '  this one' : ''}${isReadOnly ? '  read-only' : ''}`;
    lines.push(['screen', `${cleanText(label)}${what}  for ${formatClock(nowMs - connectedAtMs)}`]);
  }
  if (generation !== null) {
    const sent = generation.transfers.reduce((sum, transfer) => sum + transfer.bytes, 0);
    const files = generation.transfers.reduce((sum, transfer) => sum + transfer.files, 0);
    if (files > 0) lines.push(['context', `${formatBytes(sent)} sent, ${plural(files, 'file')}`]);
    const { result } = generation;
    if (result?.imageId != null) lines.push(['image', `${result.imageId}  ${result.tags.map(cleanText).join(' ')}`]);
    const unstored = selectUnstored(generation);
    if (unstored !== null) lines.push(['output', `none, ${unstored.hint}`]);
    for (const name of result?.pushed ?? []) lines.push(['pushed', cleanText(name)]);
    for (const output of result?.outputs ?? []) lines.push(['output', cleanText(output)]);
  }
  return lines;
}
