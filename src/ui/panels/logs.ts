/** Paints the logs panel: progress counters on top, the log's grid, and below it what became of the step. */
import type { Generation, Step, StepProgress } from '../../core/model/index.js';
import { cleanText, ellipsize, ellipsizeStart, padEnd, padStart, wrapText } from '../../platform/text-width.js';
import type { Emulator, Match } from '../../term/types.js';
import type { Surface } from '../host/surface.js';
import type { Look } from '../look.js';
import { formatBytes, formatDuration } from '../text/format.js';
import type { Role } from '../theme/roles.js';
import { paintBar } from './bar.js';
import { paintGrid } from './grid.js';

export interface LogsProps {
  readonly generation: Generation | null;
  readonly step: Step | null;
  /** Null: nothing was printed. */
  readonly emulator: Emulator | null;
  readonly matches: readonly Match[];
  readonly current: number;
  readonly mark: Match | null;
}

export interface LogLine {
  readonly text: string;
  readonly role: Role;
}

export interface LogAreas {
  readonly progress: readonly StepProgress[];
  readonly gridHeight: number;
  readonly footer: readonly LogLine[];
}

/** How the panel's rows are shared out. The footer gets what the log leaves it, at least half; the grid gets the rest. */
export function logAreas(generation: Generation | null, step: Step | null, width: number, height: number): LogAreas {
  const open =
    step === null ? [] : step.progress.filter((entry) => entry.current > 0 || entry.total > 0 || entry.completedAtMs === null);
  const progress = open.slice(-Math.max(0, Math.floor(height / 3)));
  const spare = height - progress.length - logRows(step, width);
  const footer = footerLines(generation, step, Math.max(1, width - 2), Math.max(spare, Math.floor(height / 2), 0));
  const rest = height - progress.length - footer.length;
  return { progress, gridHeight: Math.max(0, rest), footer };
}

/** Rows that the log takes at most, with a blank one after it; tabs aside. */
function logRows(step: Step | null, width: number): number {
  if (step === null || step.log.bytes === 0) return 0;
  return step.log.lines + Math.ceil(step.log.bytes / Math.max(1, width)) + 1;
}

/** Where not all of it fits, what was said of the failure is cut, not what to do about it. */
function footerLines(generation: Generation | null, step: Step | null, width: number, height: number): LogLine[] {
  const wrapped = (text: string, role: Role): LogLine[] =>
    text.split('\n').flatMap((part) => wrapText(cleanText(part), width).map((line) => ({ text: line, role })));
  const failure = generation?.failure ?? null;
  if (step?.state === 'failed') {
    const own = failure?.step === step.key ? failure : null;
    const code = own === null || own.exitCode === null ? '' : `: exit code ${own.exitCode}`;
    const line = step.lines === null ? '' : `, Dockerfile line ${step.lines.start}`;
    return fitFooter(
      wrapped(`failed${code}${line}`, 'status.failed'),
      wrapped(own?.message ?? step.error ?? '', 'error'),
      own?.hint ? wrapped(own.hint, 'dim') : [],
      height,
    );
  }
  if (failure !== null && failure.step === null) {
    return fitFooter([], wrapped(failure.message, 'error'), failure.hint === null ? [] : wrapped(failure.hint, 'dim'), height);
  }
  if (!step?.log.isClipped) return [];
  return wrapped('The engine left a part of this log out: it has reached its limit.', 'warning').slice(0, height);
}

const CUT: LogLine = { text: '[...]', role: 'error' };

function fitFooter(head: readonly LogLine[], message: readonly LogLine[], hint: readonly LogLine[], height: number): LogLine[] {
  const room = height - head.length - hint.length;
  const shown = message.length <= room ? message : [...message.slice(0, Math.max(1, room - 1)), CUT];
  return [...head, ...shown, ...hint].slice(0, height);
}

/** What is said below the log, whole: one line for each of its own. */
export function footerText(generation: Generation | null, step: Step | null): string {
  const lines = footerLines(generation, step, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  return lines.map(({ text }) => text).join('\n');
}

/** What to say of a step that has printed nothing. */
export function emptyLogText(step: Step | null): string {
  if (step === null) return 'No step is selected.';
  switch (step.state) {
    case 'pending':
      return 'Not started yet.';
    case 'running':
      return 'Running; no output so far.';
    case 'cached':
      return 'Taken from the cache: nothing was run, so there is no log.';
    case 'done':
      return 'Done without output.';
    case 'failed':
      return 'Failed without output.';
    case 'cancelled':
      return 'Stopped before it printed anything.';
    case 'not-needed':
      return 'The target does not need this step.';
  }
}

export function paintLogs(surface: Surface, props: LogsProps, look: Look): void {
  surface.fill(look.attributes.plain);
  const areas = logAreas(props.generation, props.step, surface.width, surface.height);
  areas.progress.forEach((entry, y) => {
    paintProgress(surface.part({ x: 0, y, width: surface.width, height: 1 }), entry, look);
  });
  const y = areas.progress.length;
  const grid = surface.part({ x: 0, y, width: surface.width, height: areas.gridHeight });
  if (props.emulator !== null) paintGrid(grid, { ...props, emulator: props.emulator }, look);
  else if (areas.progress.length === 0 && areas.footer.length === 0) {
    const text = props.generation === null ? '' : emptyLogText(props.step);
    wrapText(text, Math.max(1, surface.width - 2)).forEach((line, row) => {
      if (row < grid.height) grid.text(1, row, line, look.attr('dim'));
    });
  }
  const footerY = y + Math.min(contentRows(props.emulator, areas.gridHeight), areas.gridHeight);
  areas.footer.forEach((line, index) => {
    surface.text(1, footerY + index, line.text, look.attr(line.role));
  });
}

/** Rows of the grid's view that hold something, with a blank one after them. */
function contentRows(emulator: Emulator | null, height: number): number {
  if (emulator === null) return 0;
  if (emulator.viewport.length > emulator.rows) return height;
  const { x, y } = emulator.cursor;
  return Math.max(0, y) + (x > 0 ? 1 : 0) + 1;
}

const BAR_WIDTH = 16;

function paintProgress(line: Surface, entry: StepProgress, look: Look): void {
  const isDone = entry.completedAtMs !== null;
  const figures =
    entry.total > 0
      ? `${formatBytes(entry.current)} / ${formatBytes(entry.total)}`
      : entry.current > 0
        ? formatBytes(entry.current)
        : '';
  const time = isDone && entry.startedAtMs !== null ? formatDuration(entry.completedAtMs - entry.startedAtMs) : '';
  const right = figures === '' ? padStart(time, 8) : figures;
  const hasBar = entry.total > 0 && line.width > 60;
  const nameWidth = Math.max(8, line.width - right.length - (hasBar ? BAR_WIDTH + 1 : 0) - 4);
  line.text(
    1,
    0,
    padEnd(ellipsizeStart(cleanText(entry.name), nameWidth, look.glyphs.ellipsis), nameWidth),
    look.attr(isDone ? 'dim' : 'text'),
  );
  if (hasBar) {
    const bar = line.part({ x: nameWidth + 2, y: 0, width: BAR_WIDTH, height: 1 });
    bar.text(0, 0, look.glyphs.barRest.repeat(BAR_WIDTH), look.attr('gantt.rest'));
    const to = Math.round(Math.min(1, entry.current / entry.total) * BAR_WIDTH * 8);
    if (to > 0) paintBar(bar, { from: 0, to }, look.attr(isDone ? 'gantt.done' : 'gantt.running'), look);
  }
  line.text(line.width - right.length - 1, 0, ellipsize(right, line.width, look.glyphs.ellipsis), look.attr('dim'));
}
