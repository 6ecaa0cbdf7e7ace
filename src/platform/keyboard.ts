/**
 * Where the keys of the person come from: standard input, or the terminal of this process itself where standard input is taken by data. There
 * is one keyboard, as there is one `process.stdin`.
 */
import { openSync } from 'node:fs';
import { ReadStream } from 'node:tty';

const CONTROLLING_TERMINAL = '/dev/tty';

let terminal: ReadStream | null = null;

/** Standard input is taken: keys come from the terminal from now on. False: this process has none. */
export function readKeysFromTerminal(): boolean {
  try {
    terminal ??= new ReadStream(openSync(CONTROLLING_TERMINAL, 'r+'));
    return true;
  } catch {
    return false;
  }
}

export function keyboard(): ReadStream {
  const keys = terminal ?? process.stdin;
  // A terminal that has gone is told by the end of what comes from it: reading and its modes fail before that (Linux, pty.c: EIO), at any moment.
  if (!keys.listeners('error').includes(ignore)) keys.on('error', ignore);
  return keys;
}

function ignore(): void {}
