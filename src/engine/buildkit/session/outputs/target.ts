/** Where a result goes, and what is said when it cannot be written there. */
import type { Writable } from 'node:stream';
import { BxError } from '../../../../platform/errors.js';
import { writeReasonOf } from '../../../../platform/reason.js';

export type OutputTarget =
  /** A tree of files, merged into the absolute directory `dest`. */
  | { readonly kind: 'local'; readonly dest: string }
  /** One stream of bytes into the absolute file `dest`, or stdout for `-`. */
  | { readonly kind: 'tar' | 'docker' | 'oci'; readonly dest: string }
  /** One stream of bytes into whatever `open` gives; it is ended when complete and destroyed when not. */
  | { readonly kind: 'stream'; open(): Writable };

/** What went wrong while writing, in words. */
export function writeFailure(path: string, error: unknown): BxError {
  if (error instanceof BxError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  const known: Readonly<Record<string, string>> = {
    ENOTDIR: 'a file is in the place of a directory',
    EISDIR: 'a directory is in its place',
  };
  const why = (code !== undefined ? known[code] : undefined) ?? writeReasonOf(error);
  return new BxError('input', `cannot write ${path}: ${why}`, {
    hint: 'Choose another destination with --output, then reload.',
    cause: error,
  });
}
