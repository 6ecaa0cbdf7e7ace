/** Writing to a terminal at once, also while the process ends. It never throws and never waits for long. */
import fs from 'node:fs';

const MAX_ATTEMPTS = 50;
const PAUSE_MS = 4;

/**
 * Writes all of `text` to `fd`. False: the terminal is gone (EIO, EPIPE, EBADF). A terminal that does not take it (EAGAIN: stopped with
 * Ctrl-S, or a slow line) is tried for a fifth of a second.
 */
export function writeSyncAll(fd: number, text: string): boolean {
  const data = Buffer.from(text);
  let offset = 0;
  for (let attempt = 0; offset < data.length && attempt < MAX_ATTEMPTS; ) {
    try {
      offset += fs.writeSync(fd, data, offset);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'EAGAIN' && code !== 'EINTR') return false;
      attempt += 1;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
  return offset === data.length;
}
