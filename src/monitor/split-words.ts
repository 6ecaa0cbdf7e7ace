/**
 * A command line split into words as a POSIX shell does: blanks, single quotes, double quotes, backslashes (Shell Command Language, 2.2).
 * Nothing is expanded: `$`, `*` and `~` are themselves.
 */
import { BxError } from '../platform/errors.js';

export interface Word {
  readonly text: string;
  /** Where it begins and ends in the line; the end is exclusive. */
  readonly start: number;
  readonly end: number;
}

export interface SplitLine {
  readonly words: readonly Word[];
  /** The quote that is still open at the end, or `\` for a line that ends in one; null for a complete line. */
  readonly open: "'" | '"' | '\\' | null;
}

/** Never throws; an open quote reaches to the end. */
export function scanWords(line: string): SplitLine {
  const words: Word[] = [];
  let text = '';
  let start = -1;
  let quote: "'" | '"' | null = null;
  let at = 0;
  let open: SplitLine['open'] = null;

  for (; at < line.length; at++) {
    const char = line[at]!;
    if (quote === null && /\s/.test(char)) {
      if (start >= 0) words.push({ text, start, end: at });
      text = '';
      start = -1;
      continue;
    }
    if (start < 0) start = at;
    if (quote === "'") {
      if (char === "'") quote = null;
      else text += char;
    } else if (char === '\\') {
      const next = line[at + 1];
      if (next === undefined) {
        open = '\\';
        break;
      }
      at++;
      // A backslash before a line break joins the lines; within double quotes it is itself before most characters.
      if (next === '\n') continue;
      text += quote === '"' && !'$`"\\'.includes(next) ? `\\${next}` : next;
    } else if (char === '"') {
      quote = quote === '"' ? null : '"';
    } else if (char === "'" && quote === null) {
      quote = "'";
    } else {
      text += char;
    }
  }
  if (start >= 0) words.push({ text, start, end: line.length });
  return { words, open: quote ?? open };
}

/** Throws `BxError('usage')` for a quote that is not closed. */
export function splitWords(line: string): string[] {
  const { words, open } = scanWords(line);
  if (open === null) return words.map((word) => word.text);
  const what = open === '\\' ? 'the line ends in a backslash' : `a quote is not closed: ${open}`;
  throw new BxError('usage', what, { hint: 'Quote as in a shell: sh -c \'echo "a b"\'' });
}

/** A word as it must be written to be read back as itself. */
export function quoteWord(text: string): string {
  return /^[\w@%+=:,./#-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
