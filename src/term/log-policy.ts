/**
 * What a log may do to its grid. It was written without a terminal, and is read like a file: nothing in it may erase what came before,
 * fix a part of the screen, or switch to another screen or character set. Carriage returns and cursor movement do work.
 */
import type { Terminal } from '@xterm/headless';
import type { Disposable } from '../platform/byte-channel.js';
import type { XtermInternals } from './xterm-internals.js';

/** Wrapping of long lines is the only private mode that is about the text itself. */
const ALLOWED_MODES = new Set([7]);

export function applyLogPolicy(terminal: Terminal, internals: XtermInternals): Disposable[] {
  const { parser } = terminal;
  const swallow = () => true;
  const mode = (params: readonly (number | number[])[]) =>
    !params.every((value) => typeof value === 'number' && ALLOWED_MODES.has(value));
  return [
    parser.registerCsiHandler({ prefix: '?', final: 'h' }, mode),
    parser.registerCsiHandler({ prefix: '?', final: 'l' }, mode),
    parser.registerCsiHandler({ final: 'r' }, swallow),
    parser.registerCsiHandler({ final: 'J' }, ([kind]) => {
      if (kind === 3) return true;
      // Home and "erase to the end" is how some programs clear the screen; as a whole-screen erase it keeps the lines in the scrollback.
      const isWhole = (kind ?? 0) === 0 && terminal.buffer.active.cursorY === 0 && terminal.buffer.active.cursorX === 0;
      if (isWhole) internals.runCounted('eraseInDisplay', 2);
      return isWhole;
    }),
    parser.registerEscHandler({ final: 'c' }, swallow),
    ...['(', ')', '*', '+'].flatMap((intermediates) =>
      ['0', 'A', 'B'].map((final) => parser.registerEscHandler({ intermediates, final }, swallow)),
    ),
  ];
}
