/** The last word on an error that nobody handled: told to the user, or written down as a defect. */
import { tmpdir } from 'node:os';
import { writeCrashFile } from '../platform/crash-file.js';
import { toBxError } from '../platform/errors.js';
import { exitStatusOfError } from './exit-status.js';
import { renderError } from './render-error.js';
import { programVersion } from './version.js';

/** Prints to standard error and returns the exit status. A defect leaves a file with its trace. */
export function reportError(thrown: unknown): number {
  const error = toBxError(thrown);
  process.stderr.write(renderError(error));
  if (error.code === 'internal') {
    const about = (): string => `bxtui ${programVersion()}, node ${process.version}, ${process.platform} ${process.arch}`;
    const file = writeCrashFile(tmpdir(), thrown, about, new Date());
    process.stderr.write(`This is a defect of bxtui.${file === null ? '' : ` Its trace is in ${file}`}\n`);
  }
  return exitStatusOfError(error.code);
}
