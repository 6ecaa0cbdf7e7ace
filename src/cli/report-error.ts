/** The last word on an error that nobody handled: told to the user, or written down as a defect. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toBxError } from '../platform/errors.js';
import { exitStatusOfError } from './exit-status.js';
import { renderError } from './render-error.js';
import { programVersion } from './version.js';

/** Prints to standard error and returns the exit status. A defect leaves a file with its trace. */
export function reportError(thrown: unknown): number {
  const error = toBxError(thrown);
  process.stderr.write(renderError(error));
  if (error.code === 'internal') {
    const file = writeCrashFile(thrown);
    process.stderr.write(`This is a defect of bxtui.${file === null ? '' : ` Its trace is in ${file}`}\n`);
  }
  return exitStatusOfError(error.code);
}

/** Null when it cannot be written; the directory is only its user's. */
function writeCrashFile(thrown: unknown): string | null {
  const trace = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  try {
    const file = join(mkdtempSync(join(tmpdir(), 'bxtui-crash-')), 'crash.txt');
    writeFileSync(file, `bxtui ${programVersion()}, node ${process.version}, ${process.platform} ${process.arch}\n${trace}\n`, {
      mode: 0o600,
    });
    return file;
  } catch {
    return null;
  }
}
