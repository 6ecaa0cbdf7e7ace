/** Paints the steps panel: rows, and below them, where there is room, the stages on a time line. */
import type { Generation, Stage, Step } from '../../core/model/index.js';
import { shortLabel, sourceLabels } from '../../core/select/index.js';
import { cleanText, ellipsize, padEnd, padStart, textWidth } from '../../platform/text-width.js';
import type { Rect, Surface } from '../host/surface.js';
import type { Look } from '../look.js';
import { barOf, selectSpan, type TimeSpan } from '../select/gantt.js';
import { durationOf, type StepRow, stepText } from '../select/step-rows.js';
import { formatDuration, plural } from '../text/format.js';
import { cutApart } from '../text/tell-apart.js';
import { paintBar } from './bar.js';
import { CHART_ROWS } from './charts.js';

export interface StepsProps {
  readonly generation: Generation;
  readonly rows: readonly StepRow[];
  readonly top: number;
  readonly isFocused: boolean;
  readonly nowMs: number;
  /** Case-insensitive text that is marked in the rows; null: no search. */
  readonly query: string | null;
}

const DURATION_WIDTH = 6;

export function paintSteps(surface: Surface, props: StepsProps, look: Look): void {
  surface.fill(look.attributes.plain);
  const { generation, rows, top } = props;
  const span = selectSpan(generation, props.nowMs);
  const digits = String(
    rows.reduce((most, row) => (row.kind === 'step' ? Math.max(most, row.step.number ?? 0) : most), 0),
  ).length;
  const ganttWidth = surface.width >= 38 ? Math.min(24, Math.max(8, Math.floor(surface.width / 4) - 2)) : 0;
  for (let y = 0; y < surface.height && top + y < rows.length; y++) {
    const row = rows[top + y]!;
    const line = surface.part({ x: 0, y, width: surface.width, height: 1 });
    if (row.kind === 'step') paintStep(line, row.step, props, look, { digits, ganttWidth, span });
    else if (row.kind === 'stage') paintStage(line, row, generation, look);
    else line.text(1, 0, row.text, look.attr('dim'));
    if (props.query !== null) markQuery(line, props.query, look);
    if (row.kind !== 'heading' && row.isSelected) {
      const role = props.isFocused ? 'selection.focus' : 'selection';
      line.restyle(0, 0, line.width, (attr) => look.over(attr, role));
      line.put(0, 0, look.glyphs.cursor, look.over(look.attr(props.isFocused ? 'accent' : 'dim'), role), 1);
    }
  }
  const { timeline } = stepsAreas(generation, rows.length, surface.width, surface.height);
  if (timeline !== null && span !== null) paintTimeline(surface.part(timeline), generation, span, props.nowMs, look);
}

/** What stands below the rows where there is room: the stages on a time line, and below that the charts. */
export function stepsAreas(
  generation: Generation,
  rowCount: number,
  width: number,
  height: number,
): { timeline: Rect | null; charts: Rect | null } {
  const timelineRows = generation.stages.length + 1;
  const y = rowCount + 1;
  if (width < 30 || y + timelineRows > height) return { timeline: null, charts: null };
  const timeline = { x: 0, y, width, height: timelineRows };
  const chartsY = y + timelineRows + 1;
  const hasCharts = width >= 36 && chartsY + CHART_ROWS <= height;
  return { timeline, charts: hasCharts ? { x: 0, y: chartsY, width, height: CHART_ROWS } : null };
}

interface StepColumns {
  readonly digits: number;
  readonly ganttWidth: number;
  readonly span: TimeSpan | null;
}

function paintStep(line: Surface, step: Step, props: StepsProps, look: Look, columns: StepColumns): void {
  const { glyphs } = look;
  const state = look.attr(`status.${step.state}`);
  const textAttr = step.state === 'not-needed' || step.state === 'pending' ? look.attr('dim') : look.attr('text');
  let x = 2;
  if (step.number !== null) line.text(x, 0, padStart(String(step.number), columns.digits), look.attr('dim'));
  x += columns.digits + 1;
  line.text(x, 0, glyphs.states[step.state], state);
  x += 2;
  let end = line.width;
  if (columns.ganttWidth > 0) {
    end -= columns.ganttWidth + 1;
    const bar = columns.span === null ? null : barOf(step, columns.span, columns.ganttWidth, props.nowMs);
    if (bar !== null)
      paintBar(line.part({ x: end + 1, y: 0, width: columns.ganttWidth, height: 1 }), bar, ganttAttr(step, look), look);
  }
  const right = rightText(step, props.nowMs);
  if (right !== '') {
    const width = Math.max(textWidth(right), line.width >= 32 ? DURATION_WIDTH : 0);
    end -= width + 1;
    line.text(end + 1, 0, padStart(right, width), step.state === 'running' ? state : look.attr('dim'));
  }
  const isWarned = step.warnings.length > 0;
  if (isWarned) end -= 2;
  const name = stepText(step);
  const shown = ellipsize(name, end - x, glyphs.ellipsis);
  const keyword = step.instruction !== '' && shown.startsWith(step.instruction) ? step.instruction : '';
  const strong = step.state === 'pending' || step.state === 'not-needed' ? textAttr : look.attr('strong');
  const after = line.text(x, 0, keyword, strong);
  const last = line.text(after, 0, shown.slice(keyword.length), textAttr);
  if (isWarned) line.text(last + 1, 0, glyphs.warning, look.attr('warning'));
}

function rightText(step: Step, nowMs: number): string {
  if (step.state === 'cancelled') return 'stopped';
  const duration = durationOf(step, nowMs);
  if (duration === null || (step.vertices.length === 0 && step.kind === 'instruction')) return '';
  return formatDuration(duration);
}

function ganttAttr(step: Step, look: Look): number {
  if (step.state === 'failed') return look.attr('gantt.failed');
  if (step.state === 'cancelled') return look.attr('gantt.cancelled');
  return look.attr(step.state === 'running' ? 'gantt.running' : 'gantt.done');
}

function paintStage(line: Surface, row: Extract<StepRow, { kind: 'stage' }>, generation: Generation, look: Look): void {
  const { glyphs } = look;
  const { stage } = row;
  const done = row.steps.filter((step) => step.state !== 'pending' && step.state !== 'running').length;
  const summary =
    row.state === 'not-needed'
      ? 'not needed'
      : row.durationMs > 0
        ? formatDuration(row.durationMs)
        : row.state === 'cached'
          ? 'cached'
          : done > 0 || row.state !== 'pending'
            ? ''
            : plural(row.steps.length, 'step');
  const right = `${glyphs.states[row.state]}${summary === '' ? '' : ` ${padStart(summary, DURATION_WIDTH)}`}`;
  const end = line.width - textWidth(right);
  line.text(end, 0, glyphs.states[row.state], look.attr(`status.${row.state}`));
  line.text(end + 1, 0, right.slice(1), look.attr('dim'));
  line.text(1, 0, row.isFolded ? glyphs.folded : glyphs.open, look.attr('dim'));
  const label = cutApart(labelOf(stage, generation), labelsOf(generation), end - 4, glyphs.ellipsis);
  const x = line.text(3, 0, label, look.attr('stage'));
  const from = stage.from.length > 0 ? sourceLabels(stage).join(' ') : cleanText(stage.base);
  const origin = ` ${glyphs.from} ${from}`;
  if (end - x - 1 >= 6) line.text(x, 0, ellipsize(origin, end - x - 1, glyphs.ellipsis), look.attr('stage.from'));
}

const labelOf = (stage: Stage, generation: Generation): string => cleanText(shortLabel(generation, stage));
const labelsOf = (generation: Generation): string[] => generation.stages.map((stage) => labelOf(stage, generation));

function markQuery(line: Surface, query: string, look: Look): void {
  const text = line.rowText(0).toLowerCase();
  const wanted = query.toLowerCase();
  for (let at = text.indexOf(wanted); at >= 0 && wanted !== ''; at = text.indexOf(wanted, at + wanted.length)) {
    line.restyle(0, at, at + wanted.length, (attr) => look.over(attr, 'search.match'));
  }
}

function paintTimeline(surface: Surface, generation: Generation, span: TimeSpan, nowMs: number, look: Look): void {
  const total = formatDuration(span.endMs - span.startMs);
  const labels = labelsOf(generation);
  const widths = labels.map(textWidth);
  // None is known of a Dockerfile that the engine has not read yet.
  const label = Math.min(16, widths.length === 0 ? 'time'.length : Math.max(...widths));
  const x = label + 2;
  const width = surface.width - x - 1;
  const scale = `0${padStart(total, width - 1)}`;
  surface.text(1, 0, padEnd('time', label), look.attr('dim'));
  surface.text(x, 0, scale, look.attr('dim'));
  generation.stages.forEach((stage, index) => {
    const y = index + 1;
    surface.text(1, y, cutApart(labelOf(stage, generation), labels, label, look.glyphs.ellipsis), look.attr('stage.from'));
    const bars = surface.part({ x, y, width, height: 1 });
    bars.text(0, 0, look.glyphs.barRest.repeat(width), look.attr('gantt.rest'));
    for (const step of Object.values(generation.steps)) {
      if (step.stage !== stage.index) continue;
      const bar = barOf(step, span, width, nowMs);
      if (bar !== null) paintBar(bars, bar, ganttAttr(step, look), look);
    }
  });
}
