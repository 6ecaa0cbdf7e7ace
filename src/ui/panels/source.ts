/** Paints the source panel: the Dockerfile with the selected step's lines and the failing line marked. */

import { padStart, textWidth } from '../../platform/text-width.js';
import type { Surface } from '../host/surface.js';
import type { Look } from '../look.js';
import type { SourceRow, Span } from '../select/source-rows.js';

export interface SourceProps {
  readonly rows: readonly SourceRow[];
  readonly top: number;
  /** Cells that are left out at the left of each line. */
  readonly left: number;
  readonly query: string | null;
}

/** The first row to show: the person's, else such that the marked lines stand a third down. */
export function sourceTop(rows: readonly SourceRow[], height: number, wanted: number | null): number {
  const limit = Math.max(0, rows.length - height);
  if (wanted !== null) return Math.min(wanted, limit);
  const marked = rows.findIndex((row) => row.kind === 'line' && row.isMarked);
  const failed = rows.findIndex((row) => row.kind === 'line' && row.isFailed);
  const at = marked >= 0 ? marked : failed;
  return at < 0 ? 0 : Math.max(0, Math.min(limit, at - Math.floor(height / 3)));
}

/** How far the lines can go to the left in a panel of this width: until the end of the longest is seen. */
export function longestShift(rows: readonly SourceRow[], width: number, look: Look): number {
  const room = width - digitsOf(rows) - 3;
  return rows.reduce((most, row) => Math.max(most, textWidth(textOf(row, look)) - room), 0);
}

const digitsOf = (rows: readonly SourceRow[]): number => Math.max(2, String(rows.length).length);

function textOf(row: SourceRow, look: Look): string {
  if (row.kind === 'line') return row.spans.map((span) => span.text).join('');
  return `${row.kind === 'warning' ? look.glyphs.warning : ' '} ${row.text}`;
}

/** A mark stands where there is more of the line. */
function paintShifted(surface: Surface, y: number, spans: readonly Span[], left: number, look: Look): void {
  let x = -left;
  for (const { text, role } of spans) {
    surface.text(x, y, text, look.attr(role));
    x += textWidth(text);
  }
  const { ellipsis } = look.glyphs;
  if (left > 0 && x > -left) surface.text(0, y, ellipsis, look.attr('dim'));
  if (x > surface.width) surface.text(surface.width - textWidth(ellipsis), y, ellipsis, look.attr('dim'));
}

export function paintSource(surface: Surface, props: SourceProps, look: Look): void {
  surface.fill(look.attributes.plain);
  const digits = digitsOf(props.rows);
  const texts = surface.part({ x: digits + 3, y: 0, width: surface.width, height: surface.height });
  for (let y = 0; y < surface.height; y++) {
    const row = props.rows[props.top + y];
    if (row === undefined) break;
    if (row.kind !== 'line') {
      const isWarning = row.kind === 'warning';
      paintShifted(texts, y, [{ text: textOf(row, look), role: isWarning ? 'warning' : 'dim' }], props.left, look);
      continue;
    }
    const mark = row.isFailed ? look.glyphs.states.failed : row.isMarked ? look.glyphs.cursor : ' ';
    surface.text(0, y, mark, look.attr(row.isFailed ? 'status.failed' : 'accent'));
    surface.text(1, y, padStart(String(row.number), digits), look.attr('source.number'));
    paintShifted(texts, y, row.spans, props.left, look);
    if (row.isFailed) surface.restyle(y, 0, surface.width, (attr) => look.over(attr, 'source.failed'));
    else if (row.isMarked) surface.restyle(y, 0, surface.width, (attr) => look.over(attr, 'source.marked'));
    if (props.query) {
      const text = surface.rowText(y).toLowerCase();
      const wanted = props.query.toLowerCase();
      for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
        surface.restyle(y, at, at + wanted.length, (attr) => look.over(attr, 'search.match'));
      }
    }
  }
}
