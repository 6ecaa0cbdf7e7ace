/** The daemon's log: bounded, the newest part of it in two files, of which the older ends with `.1`. */
import { appendFileSync, closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';

const MAX_BYTES = 4 * 1024 * 1024;
const TAIL_BYTES = 64 * 1024;
/** Words with which daemons say what went wrong; logrus writes the level, runc and shells write plain text. Of rootlesskit not that its child has ended. */
const COMPLAINT =
  /^failed to|^buildkitd: |^\[rootlesskit:\w+ *\] error: (?!child exited|command )|level=(fatal|error)|^(\S+: )?(error|fatal)|not found|denied|not permitted|no space left|no such file/i;
/** What ends a daemon: its own fatal errors, the Go runtime's (panic, runtime/signal_unix.go), and how rootlesskit tells of its child. */
const DYING = /level=(fatal|panic)|^(panic|fatal error|unexpected fault address): |^SIG[A-Z]+: /;
const CHILD_KILLED = /^\[rootlesskit:child ?\] error: .* exited: signal: (\w+)/;

export interface EngineLog {
  write(data: Uint8Array | string): void;
}

/** Adds at the end. What cannot be written is lost: a full disk must not end the daemon. */
export function openEngineLog(path: string, maxBytes = MAX_BYTES): EngineLog {
  let size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return {
    write(data) {
      try {
        if (size >= maxBytes) {
          renameSync(path, `${path}.1`);
          size = 0;
        }
        appendFileSync(path, data, { mode: 0o600 });
        size += data.length;
      } catch {}
    },
  };
}

/** Where the next line will be, for `logTail`. */
export function logEnd(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The last lines written since. */
export function logTail(path: string, since: number, count: number): string[] {
  return linesSince(path, since).slice(-count);
}

/** The daemon's own words for what went wrong since, else its last line; null when it said nothing. */
export function complaint(path: string, since: number): string | null {
  const lines = linesSince(path, since);
  const parent = lines.findLast((text) => /^\[rootlesskit:parent\] error: (?!child exited)/.test(text));
  const line = parent ?? lines.findLast((text) => COMPLAINT.test(text)) ?? lines.at(-1);
  return line === undefined ? null : readable(line);
}

/** The words with which a daemon that had run since has ended; null where it said none, whatever went wrong in its builds. */
export function dyingWords(path: string, since: number): string | null {
  // Behind a panic come the stacks of all goroutines.
  const lines = linesSince(path, since, MAX_BYTES);
  const words = lines.find((text) => DYING.test(text));
  if (words !== undefined) return readable(words);
  const signal = lines.map((text) => CHILD_KILLED.exec(text)?.[1]).findLast((name) => name !== undefined);
  return signal === undefined ? null : `it was ended by a signal: ${signal}`;
}

/** `time="…" level=error msg="…" error="…"` as its words. */
function readable(line: string): string {
  const part = (name: string): string | null => {
    const quoted = new RegExp(`\\b${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(line)?.[1];
    return quoted?.replace(/\\(.)/g, (_, char: string) => ({ n: ' ', t: ' ' })[char] ?? char).trim() ?? null;
  };
  const message = part('msg');
  if (message === null) return line;
  const error = part('error');
  return error === null || message.includes(error) ? message : `${message}: ${error}`;
}

function linesSince(path: string, since: number, mostBytes = TAIL_BYTES): string[] {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      // A file that is shorter than it was has begun anew.
      const begin = Math.max(size < since ? 0 : since, size - mostBytes);
      const buffer = Buffer.alloc(size - begin);
      readSync(file, buffer, 0, buffer.length, begin);
      return buffer
        .toString()
        .split('\n')
        .map((line) => line.trimEnd())
        .filter((line) => line !== '');
    } finally {
      closeSync(file);
    }
  } catch {
    return [];
  }
}
