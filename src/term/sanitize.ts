/** Cleaning of text that a program hands to the outside: titles, clipboard, and single cells. Pure. */

/** Direction overrides and marks, invisible separators, tags: they would change how the host terminal draws what stands beside them. */
const FORMAT_CHARACTERS =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc1f]/g;
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]+/g;
const MAX_TITLE_LENGTH = 256;
const MAX_CELL_LENGTH = 64;

/** One line without control and format characters, at most 256 characters, blanks trimmed. */
export function cleanTitle(raw: string): string {
  const text = raw
    .slice(0, MAX_TITLE_LENGTH * 4)
    .replace(CONTROL_CHARACTERS, ' ')
    .replace(FORMAT_CHARACTERS, '')
    .trim();
  return [...text].slice(0, MAX_TITLE_LENGTH).join('');
}

/** What may be drawn for the characters of one cell; a blank for those that would not stay in it. */
export function cleanCell(chars: string): string {
  if (chars.length === 1) {
    const code = chars.charCodeAt(0);
    if (code >= 0x20 && code < 0x7f) return chars;
  }
  const clean = chars.slice(0, MAX_CELL_LENGTH).replace(CONTROL_CHARACTERS, '').replace(FORMAT_CHARACTERS, '');
  return clean === '' ? ' ' : clean;
}
