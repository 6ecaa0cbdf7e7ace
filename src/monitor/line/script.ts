/** Monitor commands from a pipe: a line each; a quote that is left open, or a backslash at the end, goes on in the next line. */
import { createInterface } from 'node:readline';
import { scanWords } from '../split-words.js';
import type { HostInput } from './io.js';

/** Ends with the input. Empty lines and lines that begin with `#` are left out. */
export async function* readScript(input: HostInput): AsyncGenerator<string> {
  let held: string | null = null;
  for await (const line of createInterface({ input, terminal: false })) {
    const text: string = held === null ? line : `${held}\n${line}`;
    if (held === null && (/^\s*$/.test(line) || /^\s*#(?!\d)/.test(line))) continue;
    if (scanWords(text).open !== null) {
      held = text;
      continue;
    }
    held = null;
    yield text;
  }
  if (held !== null) yield held;
}
