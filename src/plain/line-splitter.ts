/**
 * Log text, cut anywhere, into complete lines that are safe to print. What a carriage return overwrites is dropped, as on a terminal,
 * so that a progress bar is one line. Memory is bounded: a line that does not end is given out in pieces.
 */
import { printableLine } from '../platform/printable.js';

export const LINE_MAX_CHARACTERS = 32 * 1024;

export interface LineSplitter {
  /** Takes text in and returns the lines that it completes. */
  push(text: string): string[];
  /** The unfinished line, when there is something in it. */
  end(): string[];
  /** The unfinished line as it is now. */
  readonly rest: string;
}

export function createLineSplitter(): LineSplitter {
  let rest = '';

  return {
    push(text) {
      const lines: string[] = [];
      const parts = text.split('\n');
      parts[0] = rest + parts[0]!;
      rest = parts.pop()!;
      for (const part of parts) lines.push(...pieces(visible(part)));
      if (rest.length > LINE_MAX_CHARACTERS) rest = keepLast(rest, lines);
      return lines;
    },
    get rest() {
      return visible(rest);
    },
    end() {
      const line = visible(rest);
      rest = '';
      return line === '' ? [] : pieces(line);
    },
  };
}

/** What a terminal would show of a line at its end: the text after the last carriage return that has text after it. */
function visible(line: string): string {
  const text = line.replace(/\r+$/, '');
  const overwritten = text.lastIndexOf('\r');
  return printableLine(overwritten < 0 ? text : text.slice(overwritten + 1));
}

function pieces(line: string): string[] {
  if (line.length <= LINE_MAX_CHARACTERS) return [line];
  const parts: string[] = [];
  for (let at = 0; at < line.length; at += LINE_MAX_CHARACTERS) parts.push(line.slice(at, at + LINE_MAX_CHARACTERS));
  return parts;
}

/** An endless line: what was overwritten goes, and what is left is given out when it is still too long. */
function keepLast(rest: string, lines: string[]): string {
  const overwritten = rest.lastIndexOf('\r', rest.length - 2);
  const tail = overwritten < 0 ? rest : rest.slice(overwritten + 1);
  if (tail.length <= LINE_MAX_CHARACTERS) return tail;
  lines.push(...pieces(visible(tail)));
  return '';
}
