/** How wide text is on a terminal, and text made fit: graphemes, cleaning, cutting. Pure. */
import { eastAsianWidth } from 'get-east-asian-width';

const ASCII = /^[\x20-\x7e]*$/;
/** Characters of one cell that join nothing: ASCII, Latin, dashes, arrows, signs, boxes and shapes, check marks, Braille. */
const SIMPLE =
  /^[\x20-\x7e\xa0-\xac\xae-\u02ff\u2010-\u2027\u2190-\u2193\u2200-\u22ff\u23ce\u2500-\u25fc\u2713\u2714\u2717\u2718\u2800-\u28ff]*$/;
/** Control characters, bidirectional overrides and invisible marks: nothing that a list may show as it is. */
const UNSAFE = /[\p{Cc}\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

export interface Grapheme {
  readonly chars: string;
  readonly width: 0 | 1 | 2;
}

/** Text of unknown origin as one harmless line: tabs and line ends become blanks, other control characters vanish. */
export function cleanText(text: string): string {
  return text.replace(/[\t\r\n]+/g, ' ').replace(UNSAFE, '');
}

const widths = new Map<string, 0 | 1 | 2>();

/** Cells of one grapheme: 2 for wide and emoji clusters, 0 for a lone combining mark. */
export function graphemeWidth(chars: string): 0 | 1 | 2 {
  const known = widths.get(chars);
  if (known !== undefined) return known;
  const width = measure(chars);
  if (widths.size > 10_000) widths.clear();
  widths.set(chars, width);
  return width;
}

function measure(chars: string): 0 | 1 | 2 {
  const first = chars.codePointAt(0) ?? 0;
  if (/^\p{M}/u.test(chars) || /^\p{Cc}/u.test(chars)) return 0;
  if (chars.includes('\ufe0f') || /^\p{Emoji_Presentation}/u.test(chars)) return 2;
  return eastAsianWidth(first) === 2 ? 2 : 1;
}

const segmented = new Map<string, readonly Grapheme[]>();
const KEPT_TEXTS = 4000;

/** Whether every character is one cell of printable ASCII. */
export function isAscii(text: string): boolean {
  return ASCII.test(text);
}

let segmenter: Intl.Segmenter | null = null;

/** Made for the first text that needs it: that takes longer than everything else here. */
function segmentsOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return segmenter.segment(text);
}

export function graphemes(text: string): readonly Grapheme[] {
  const known = segmented.get(text);
  if (known !== undefined) return known;
  const parts: Grapheme[] = SIMPLE.test(text)
    ? Array.from(text, (chars) => ({ chars, width: 1 }))
    : Array.from(segmentsOf(text), ({ segment }) => ({ chars: segment, width: graphemeWidth(segment) }));
  if (segmented.size >= KEPT_TEXTS) segmented.clear();
  // Long texts come once; lists and titles are drawn again and again.
  if (text.length <= 400) segmented.set(text, parts);
  return parts;
}

export function textWidth(text: string): number {
  if (SIMPLE.test(text)) return text.length;
  let width = 0;
  for (const grapheme of graphemes(text)) width += grapheme.width;
  return width;
}

/** At most `max` cells; what is cut is replaced by the mark, which counts. */
export function ellipsize(text: string, max: number, mark = '…'): string {
  if (max <= 0) return '';
  if (textWidth(text) <= max) return text;
  const room = max - textWidth(mark);
  if (room < 0) return '';
  if (isAscii(text)) return text.slice(0, room) + mark;
  let out = '';
  let used = 0;
  for (const grapheme of graphemes(text)) {
    if (used + grapheme.width > room) break;
    out += grapheme.chars;
    used += grapheme.width;
  }
  return out + mark;
}

/** The end of the text, for paths: the mark stands before what is kept. */
export function ellipsizeStart(text: string, max: number, mark = '…'): string {
  if (textWidth(text) <= max) return text;
  const kept: string[] = [];
  let used = textWidth(mark);
  for (const grapheme of [...graphemes(text)].reverse()) {
    if (used + grapheme.width > max) break;
    kept.unshift(grapheme.chars);
    used += grapheme.width;
  }
  return max < textWidth(mark) ? '' : mark + kept.join('');
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - textWidth(text))) + text;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** `left` at the left end and `right` at the right one, with blanks between; what is too long is cut. */
export function between(left: string, right: string, width: number): string {
  const room = width - textWidth(right) - (right === '' ? 0 : 1);
  if (room <= 0) return ellipsize(left, width, '');
  const kept = ellipsize(left, room, '');
  return right === '' ? kept : `${padEnd(kept, room)} ${right}`;
}

/** Broken into lines of at most `width` cells, at blanks where there are any. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (textWidth(line) > width && width > 0) {
      const head = ellipsize(line, width, '');
      if (head === '') break;
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  lines.push(line);
  return lines;
}
