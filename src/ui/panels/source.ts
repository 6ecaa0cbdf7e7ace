/** Paints the source panel: the Dockerfile with the selected step's lines and the failing line marked. */

import { ellipsize, padStart } from '../../platform/text-width.js';
import type { Surface } from '../host/surface.js';
import type { Look } from '../look.js';
import type { SourceRow } from '../select/source-rows.js';

export interface SourceProps {
  readonly rows: readonly SourceRow[];
  readonly top: number;
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

export function paintSource(surface: Surface, props: SourceProps, look: Look): void {
  surface.fill(look.attributes.plain);
  const digits = Math.max(2, String(props.rows.length).length);
  for (let y = 0; y < surface.height; y++) {
    const row = props.rows[props.top + y];
    if (row === undefined) break;
    if (row.kind !== 'line') {
      const isWarning = row.kind === 'warning';
      const text = `${isWarning ? look.glyphs.warning : ' '} ${row.text}`;
      const attr = look.attr(isWarning ? 'warning' : 'dim');
      surface.text(digits + 3, y, ellipsize(text, surface.width - digits - 3, look.glyphs.ellipsis), attr);
      continue;
    }
    const mark = row.isFailed ? look.glyphs.states.failed : row.isMarked ? look.glyphs.cursor : ' ';
    surface.text(0, y, mark, look.attr(row.isFailed ? 'status.failed' : 'accent'));
    surface.text(1, y, padStart(String(row.number), digits), look.attr('source.number'));
    let x = digits + 3;
    for (const span of row.spans) x = surface.text(x, y, span.text, look.attr(span.role));
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
