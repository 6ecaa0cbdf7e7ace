/** One editable line: readline's keys on a text and a cursor. Pure; what Enter and Tab mean is the owner's. */
import { graphemes } from '../../platform/text-width.js';

export interface LineInput {
  readonly text: string;
  /** Index into `text`, on a grapheme border. */
  readonly cursor: number;
}

export const EMPTY_INPUT: LineInput = { text: '', cursor: 0 };

export function inputOf(text: string): LineInput {
  return { text, cursor: text.length };
}

export function insertText(input: LineInput, text: string): LineInput {
  const safe = text.replace(/\r\n?|\n/g, ' ').replace(/\p{Cc}/gu, '');
  return { text: input.text.slice(0, input.cursor) + safe + input.text.slice(input.cursor), cursor: input.cursor + safe.length };
}

/** The input after a key, or null when the key edits nothing here. `typed`: what the key would type. */
export function editLine(input: LineInput, key: string, typed: string): LineInput | null {
  const { text, cursor } = input;
  switch (key) {
    case 'left':
    case 'C-b':
      return { text, cursor: before(input) };
    case 'right':
    case 'C-f':
      return { text, cursor: after(input) };
    case 'home':
    case 'C-a':
      return { text, cursor: 0 };
    case 'end':
    case 'C-e':
      return { text, cursor: text.length };
    case 'backspace':
    case 'C-h':
      return { text: text.slice(0, before(input)) + text.slice(cursor), cursor: before(input) };
    case 'delete':
    case 'C-d':
      return { text: text.slice(0, cursor) + text.slice(after(input)), cursor };
    case 'C-w':
    case 'M-backspace': {
      const start = text.slice(0, cursor).replace(/\S*\s*$/, '').length;
      return { text: text.slice(0, start) + text.slice(cursor), cursor: start };
    }
    case 'C-u':
      return { text: text.slice(cursor), cursor: 0 };
    case 'C-k':
      return { text: text.slice(0, cursor), cursor };
    default:
      return typed === '' ? null : insertText(input, typed);
  }
}

function before({ text, cursor }: LineInput): number {
  const last = graphemes(text.slice(0, cursor)).at(-1);
  return cursor - (last?.chars.length ?? 0);
}

function after({ text, cursor }: LineInput): number {
  const first = graphemes(text.slice(cursor))[0];
  return cursor + (first?.chars.length ?? 0);
}
