/** What is left of a terminal that has gone (ssh lost its line, the window was closed) while the program ran. */
import { closeSync, fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { isatty } from 'node:tty';

/**
 * To be called last. Node puts the modes of its standard streams back when it ends, and aborts, with a core file, where the terminal does not
 * take them any more (src/node.cc, ResetStdio); one that is closed it leaves alone.
 */
export function closeLostTerminal(): void {
  for (const fd of [0, 1, 2]) {
    try {
      if (fstatSync(fd).isCharacterDevice() && !isatty(fd)) closeSync(fd);
    } catch {
      // It is closed already.
    }
  }
}

/** Whether nothing comes from a terminal any more: in raw mode a Ctrl-D is a key, so that only a terminal that has gone ends what is typed. */
export function isTypedOut(input: Readable): boolean {
  return input.readableEnded || input.destroyed;
}
