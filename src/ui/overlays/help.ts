/** Paints the list of all keys that work here. What does not fit into a line goes on in the next. */
import type { ActionContext } from '../../actions/index.js';
import { ellipsize, textWidth, wrapText } from '../../platform/text-width.js';
import type { Surface } from '../host/surface.js';
import type { Look } from '../look.js';
import type { Overlay } from '../view-state.js';
import { paintDialog } from './dialog.js';
import { type HelpRow, helpRows } from './entries.js';
import { type CursorPlace, paintInput } from './field.js';

const MAX_WIDTH = 96;
/** Where the texts begin. */
const TEXT_AT = 15;
/** Of the screen, that are not the list's: borders, the filter, and what is left free around. */
const OTHER_ROWS = 8;

export function paintHelp(
  surface: Surface,
  overlay: Extract<Overlay, { kind: 'help' }>,
  { context, leaveLabel }: { readonly context: ActionContext; readonly leaveLabel: string },
  look: Look,
): CursorPlace {
  const rows = helpRows(context, overlay.filter.text, leaveLabel, look.glyphs.isAscii);
  const lines = wrapped(rows, surface.width);
  const inside = paintDialog(
    surface,
    {
      title: 'Keys that work here',
      width: widthOn(surface.width),
      height: surface.height - 4,
      footer: `type to filter   ${look.glyphs.upDown} scroll   esc close`,
    },
    look,
  );
  const cursor = paintInput(surface, inside, 0, overlay.filter, look, 'dialog', 'filter: ');
  const top = Math.max(0, Math.min(overlay.top, lines.length - (inside.height - 2)));
  for (let y = 2; y < inside.height; y++) {
    const line = lines[top + y - 2];
    if (line === undefined) break;
    paintLine(inside.part({ x: 0, y, width: inside.width, height: 1 }), line, look);
  }
  return cursor;
}

/** How many lines the list can be scrolled down on a screen, and how many of them are a page. */
export function helpExtent(
  context: ActionContext,
  filter: string,
  leaveLabel: string,
  screen: { readonly cols: number; readonly rows: number },
): { readonly last: number; readonly page: number } {
  const page = Math.max(1, screen.rows - OTHER_ROWS);
  const lines = wrapped(helpRows(context, filter, leaveLabel, false), screen.cols);
  return { last: Math.max(0, lines.length - page), page };
}

function widthOn(cols: number): number {
  return Math.min(cols - 4, MAX_WIDTH);
}

/** What goes on below a row has no keys. */
function wrapped(rows: readonly HelpRow[], cols: number): HelpRow[] {
  const room = Math.max(10, widthOn(cols) - 5 - TEXT_AT);
  return rows.flatMap((row): HelpRow[] => {
    if (row.kind === 'group') return [row];
    const titles = wrapText(row.title, room);
    const reason = row.reason === null ? '' : `(${row.reason})`;
    const isBeside = textWidth(titles.at(-1)!) + 1 + textWidth(reason) <= room;
    const lines = titles.map((title, index): HelpRow => {
      const isLast = index === titles.length - 1;
      return {
        ...row,
        keys: index === 0 ? row.keys : '',
        title,
        reason: row.reason === null ? null : isLast && isBeside ? reason : '',
      };
    });
    const below = reason === '' || isBeside ? [] : wrapText(reason, room);
    return [...lines, ...below.map((text): HelpRow => ({ kind: 'key', keys: '', title: '', reason: text }))];
  });
}

function paintLine(line: Surface, row: HelpRow, look: Look): void {
  if (row.kind === 'group') {
    line.text(0, 0, row.text, look.over(look.attr('stage'), 'dialog'));
    return;
  }
  const isOff = row.reason !== null;
  const keys = ellipsize(row.keys, TEXT_AT - 2, look.glyphs.ellipsis);
  line.text(1, 0, keys, look.over(look.attr(isOff ? 'dim' : 'hint.key'), 'dialog'));
  const x = line.text(TEXT_AT, 0, row.title, isOff ? look.over(look.attr('dim'), 'dialog') : look.attr('dialog'));
  if (row.reason) line.text(row.title === '' ? x : x + 1, 0, row.reason, look.over(look.attr('warning'), 'dialog'));
}
