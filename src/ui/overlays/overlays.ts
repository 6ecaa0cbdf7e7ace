/** Paints what lies above the panels: dialogs, help, palette, prompts, the toast. The topmost has the cursor. */
import { type ActionContext, keysOf } from '../../actions/index.js';
import type { Notice } from '../../core/model/index.js';
import { cleanText, ellipsize, padEnd, textWidth, wrapText } from '../../platform/text-width.js';
import type { CommandLine } from '../deps.js';
import type { Surface } from '../host/surface.js';
import type { Look } from '../look.js';
import type { LineInput } from '../text/line-input.js';
import { searchPlace } from '../text/search-place.js';
import type { Overlay, SearchState, Toast } from '../view-state.js';
import { paintDialog } from './dialog.js';
import { type CursorPlace, paintField, paintInput } from './field.js';
import { paintHelp } from './help.js';
import { paintOptions } from './options.js';
import { paintPalette } from './palette.js';

export interface OverlayProps {
  readonly overlays: readonly Overlay[];
  readonly toast: Toast | null;
  readonly search: SearchState | null;
  /** Rows of a longer log that were searched; null: nothing is left out. */
  readonly searchedRows: number | null;
  readonly notices: readonly Notice[];
  readonly context: ActionContext;
  readonly commandLine: CommandLine;
  readonly leaveLabel: string;
}

/** Of what a command's word could be; the place among all is in one more. */
const CANDIDATE_ROWS = 8;
/** What a prompt takes beside its note: its name, and some room to type in. */
const PROMPT_CELLS = 26;

/** Returns where the text cursor belongs on the surface; null: nowhere. */
export function paintOverlays(surface: Surface, props: OverlayProps, look: Look): CursorPlace | null {
  let cursor: CursorPlace | null = null;
  for (const overlay of props.overlays) cursor = paintOverlay(surface, overlay, props, look);
  if (props.toast !== null) paintToast(surface, props.toast, look);
  return cursor;
}

function paintOverlay(surface: Surface, overlay: Overlay, props: OverlayProps, look: Look): CursorPlace | null {
  switch (overlay.kind) {
    case 'question':
      return paintQuestion(surface, overlay, look);
    case 'text': {
      const width = Math.max(48, textWidth(overlay.question.hint) + 6);
      const inside = paintDialog(
        surface,
        { title: overlay.question.title, width, height: 5, footer: 'enter ok   esc cancel' },
        look,
      );
      inside.text(0, 1, overlay.question.hint, look.over(look.attr('dim'), 'dialog'));
      return paintInput(surface, inside, 0, overlay.input, look, 'dialog');
    }
    case 'options':
      return paintOptions(surface, overlay, look);
    case 'help':
      return paintHelp(surface, overlay, props, look);
    case 'palette':
      return paintPalette(surface, overlay, props, look);
    case 'command':
      return paintCommand(surface, overlay, look);
    case 'waiting':
      paintWaiting(surface, overlay, look);
      return null;
    case 'copy':
      paintCopyMode(surface, overlay, look);
      return null;
    case 'search':
      return paintPrompt(surface, 'SEARCH', '/', overlay.input, look, searchNote(overlay.input.text, props, surface.width));
    case 'text-page':
      paintPage(
        surface,
        overlay.title,
        overlay.lines.map((text) => ({ text, attr: look.attr('dialog') })),
        overlay.top,
        look,
      );
      return null;
    case 'notices':
      paintPage(surface, 'Messages', noticeLines(props.notices, look), overlay.top, look);
      return null;
  }
}

function paintQuestion(surface: Surface, { question, selected }: Extract<Overlay, { kind: 'question' }>, look: Look): null {
  const widest = Math.max(textWidth(question.title) + 4, ...question.choices.map((choice) => textWidth(choice.label) + 6), 36);
  const width = Math.min(surface.width - 4, Math.max(widest, ...question.lines.map((line) => Math.min(64, textWidth(line)))) + 6);
  const wrapped = question.lines.flatMap((line) => wrapText(cleanText(line), width - 4));
  // The answers are always in sight.
  const room = Math.max(0, surface.height - 5 - question.choices.length);
  const lines = wrapped.length <= room ? wrapped : [...wrapped.slice(0, room - 1), look.glyphs.ellipsis].slice(0, room);
  const gap = lines.length > 0 ? 1 : 0;
  const height = lines.length + gap + question.choices.length + 2;
  const inside = paintDialog(
    surface,
    { title: cleanText(question.title), width, height, footer: 'enter choose   esc cancel' },
    look,
  );
  lines.forEach((line, y) => {
    inside.text(0, y, line, look.attr('dialog'));
  });
  question.choices.forEach((choice, index) => {
    const y = lines.length + gap + index;
    inside.text(1, y, choice.key, look.over(look.attr('hint.key'), 'dialog'));
    inside.text(3, y, cleanText(choice.label), look.attr('dialog'));
    if (index !== selected) return;
    inside.restyle(y, 0, inside.width, (attr) => look.over(attr, 'dialog.choice'));
    inside.put(0, y, look.glyphs.isAscii ? '>' : '›', look.over(look.attr('accent'), 'dialog.choice'), 1);
  });
  return null;
}

function paintCommand(surface: Surface, overlay: Extract<Overlay, { kind: 'command' }>, look: Look): CursorPlace {
  const cursor = paintPrompt(surface, 'COMMAND', ':', overlay.input, look);
  const { candidates } = overlay;
  if (candidates.length === 0) return cursor;
  const first = Math.max(0, overlay.chosen - CANDIDATE_ROWS + 1);
  const shown = candidates.slice(first, first + CANDIDATE_ROWS);
  const place = shown.length === candidates.length ? '' : `${first + 1}-${first + shown.length} of ${candidates.length}`;
  const width = Math.min(surface.width - 4, Math.max(...candidates.map(textWidth), textWidth(place), 8) + 2);
  const x = Math.min(surface.width - width, 11 + overlay.start);
  const rows = place === '' ? shown : [...shown, place];
  rows.forEach((text, index) => {
    const y = surface.height - 1 - rows.length + index;
    const row = ` ${ellipsize(cleanText(text), width - 2, look.glyphs.ellipsis)}`;
    const isPlace = index === shown.length;
    const attr = first + index === overlay.chosen && !isPlace ? look.attr('dialog.choice') : look.attr('dialog');
    surface.text(x, y, padEnd(row, width), isPlace ? look.over(look.attr('dim'), 'dialog') : attr);
  });
  return cursor;
}

/** The panel's title says it as well, where it has room. */
function searchNote(text: string, { search, searchedRows }: OverlayProps, width: number): string {
  if (search === null || text === '' || search.query !== text) return '';
  const place = searchPlace(search, searchedRows);
  const note = `${place}; ${keysOf('text.edit')[0]} opens the whole log`;
  return searchedRows === null || width < textWidth(note) + PROMPT_CELLS ? place : note;
}

function paintPrompt(surface: Surface, badge: string, sign: string, input: LineInput, look: Look, note = ''): CursorPlace {
  const row = surface.part({ x: 0, y: surface.height - 1, width: surface.width, height: 1 });
  row.fill(look.attributes.plain);
  const x = row.text(0, 0, ` ${badge} `, look.attr('badge.prompt')) + 1;
  row.text(x, 0, sign, look.attr('hint.key'));
  const noteCells = note === '' ? 0 : textWidth(note) + 2;
  row.text(row.width - noteCells + 1, 0, note, look.attr('hint.text'));
  const field = row.part({ x: x + 1, y: 0, width: row.width - x - 2 - noteCells, height: 1 });
  const column = paintField(field, 0, input, look.attributes.plain);
  return { x: x + 1 + column, y: surface.height - 1 };
}

function paintCopyMode(surface: Surface, { anchor, isLines }: Extract<Overlay, { kind: 'copy' }>, look: Look): void {
  const row = surface.part({ x: 0, y: surface.height - 1, width: surface.width, height: 1 });
  row.fill(look.attributes.plain);
  const x = row.text(0, 0, ' COPY ', look.attr('badge.prompt')) + 1;
  const mark =
    anchor === null ? 'v mark   V mark lines   y copy line' : `y copy   o other end   ${isLines ? 'v characters' : 'V lines'}`;
  const keys = 'q leave';
  row.text(
    x,
    0,
    ellipsize(`${mark}   hjkl w b 0 $ g G move`, row.width - x - keys.length - 2, look.glyphs.ellipsis),
    look.attr('hint.text'),
  );
  row.text(row.width - keys.length - 1, 0, keys, look.attr('hint.text'));
}

function paintWaiting(surface: Surface, { title, isBuild, typed }: Extract<Overlay, { kind: 'waiting' }>, look: Look): void {
  const row = surface.part({ x: 0, y: surface.height - 1, width: surface.width, height: 1 });
  row.fill(look.attributes.plain);
  const isUntouched = typed.length === 0;
  const keys = isBuild ? `${isUntouched ? 'x cancel   ' : ''}esc no shell   tab go on` : 'esc cancel   tab go on meanwhile';
  const x = row.text(0, 0, ' OPENING ', look.attr('badge.prompt')) + 1;
  const wait = `${cleanText(title)} ${look.glyphs.ellipsis}`;
  const text = isUntouched ? `${wait}  (what you type goes to it)` : `(${typed.length} typed) ${wait}`;
  row.text(x, 0, ellipsize(text, row.width - x - keys.length - 3, look.glyphs.ellipsis), look.attr('text'));
  row.text(row.width - keys.length - 1, 0, keys, look.attr('hint.text'));
}

interface PageLine {
  readonly text: string;
  readonly attr: number;
}

function paintPage(surface: Surface, title: string, lines: readonly PageLine[], top: number, look: Look): void {
  const width = Math.min(surface.width - 4, 110);
  const wrapped = lines.flatMap((line) => wrapText(cleanText(line.text), width - 4).map((text) => ({ text, attr: line.attr })));
  const height = Math.min(surface.height - 4, wrapped.length + 2);
  const footer = wrapped.length > height - 2 ? `${look.glyphs.upDown} scroll   esc close` : 'esc close';
  const inside = paintDialog(surface, { title, width, height, footer }, look);
  const first = Math.max(0, Math.min(top, wrapped.length - inside.height));
  for (let y = 0; y < inside.height; y++) {
    const line = wrapped[first + y];
    if (line !== undefined) inside.text(0, y, line.text, line.attr);
  }
}

function noticeLines(notices: readonly Notice[], look: Look): PageLine[] {
  return notices.toReversed().flatMap((notice): PageLine[] => {
    const time = new Date(notice.atMs).toTimeString().slice(0, 8);
    const role = notice.level === 'info' ? 'text' : notice.level;
    const lines: PageLine[] = [{ text: `${time}  ${notice.message}`, attr: look.over(look.attr(role), 'dialog') }];
    if (notice.hint !== null) lines.push({ text: `          ${notice.hint}`, attr: look.over(look.attr('dim'), 'dialog') });
    return lines;
  });
}

const TOAST_ROWS = 6;

/** Of a message that is too long the end is cut, not what to do about it: all of it is behind `@`. */
function paintToast(surface: Surface, toast: Toast, look: Look): void {
  const attr = look.attr(`toast.${toast.level}`);
  const width = Math.min(surface.width - 4, 72);
  const wrapped = (text: string | null): string[] => (text === null || text === '' ? [] : wrapText(cleanText(text), width - 2));
  const hint = wrapped(toast.hint).slice(0, TOAST_ROWS - 1);
  const message = wrapped(toast.message);
  const room = TOAST_ROWS - hint.length;
  if (message.length > room) {
    const last = `${message[room - 1]}${look.glyphs.ellipsis}`;
    message.splice(room - 1, message.length, ellipsize(last, width - 2, look.glyphs.ellipsis));
  }
  const lines = [...message, ...hint];
  const widest = Math.max(...lines.map(textWidth)) + 2;
  lines.forEach((line, index) => {
    const y = surface.height - 1 - lines.length + index;
    surface.text(surface.width - widest - 1, y, padEnd(` ${line}`, widest), attr);
  });
}
