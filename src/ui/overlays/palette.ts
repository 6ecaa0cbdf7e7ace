/** Paints the list of actions and commands that match what is typed. What does not fit into a line goes on in the next. */
import type { ActionContext } from '../../actions/index.js';
import { cleanText, textWidth, wrapText } from '../../platform/text-width.js';
import type { CommandLine } from '../deps.js';
import type { Surface } from '../host/surface.js';
import type { Look } from '../look.js';
import type { Overlay } from '../view-state.js';
import { paintDialog } from './dialog.js';
import { paletteEntries } from './entries.js';
import { type CursorPlace, paintInput } from './field.js';

const MAX_HEIGHT = 18;
const MAX_WIDTH = 86;

export function paintPalette(
  surface: Surface,
  overlay: Extract<Overlay, { kind: 'palette' }>,
  { context, commandLine }: { readonly context: ActionContext; readonly commandLine: CommandLine },
  look: Look,
): CursorPlace {
  const entries = paletteEntries(context, commandLine, overlay.input.text, look.glyphs.isAscii);
  const height = Math.min(surface.height - 4, MAX_HEIGHT);
  const width = Math.min(surface.width - 4, MAX_WIDTH);
  const inside = paintDialog(
    surface,
    { title: 'Find an action', width, height, footer: `${look.glyphs.upDown} choose   enter run   esc close` },
    look,
  );
  const cursor = paintInput(surface, inside, 0, overlay.input, look, 'dialog');
  const room = inside.height - 2;
  const selected = Math.min(overlay.selected, Math.max(0, entries.length - 1));
  const lines = entries.flatMap((entry, index) => {
    const text = entry.reason === null ? entry.title : `${entry.title} (${entry.reason})`;
    const parts = wrapText(cleanText(text), Math.max(10, inside.width - textWidth(entry.keys) - 4));
    return parts.map((part, at) => ({ entry, index, text: at === 0 ? part : `  ${part}`, isFirst: at === 0 }));
  });
  const at = lines.findIndex(({ index }) => index === selected);
  const top = Math.max(0, Math.min(at - Math.floor(room / 2), lines.length - room));
  lines.slice(top, top + room).forEach(({ entry, index, text, isFirst }, row) => {
    const y = row + 2;
    const base = entry.reason === null ? look.attr('dialog') : look.over(look.attr('dim'), 'dialog');
    inside.text(1, y, text, base);
    const keys = isFirst ? entry.keys : '';
    inside.text(inside.width - textWidth(keys) - 1, y, keys, look.over(look.attr('hint.key'), 'dialog'));
    if (index === selected) inside.restyle(y, 0, inside.width, (attr) => look.over(attr, 'dialog.choice'));
  });
  return cursor;
}
