/** What is said when standard output takes no more. */

import { isReaderGone } from '../plain/text-sink.js';
import { BxError } from '../platform/errors.js';
import { writeReasonOf } from '../platform/reason.js';

/** Null: its reader has closed it, and wants no more. */
export function outputError(cause: Error): BxError | null {
  if (isReaderGone(cause)) return null;
  return new BxError('input', `cannot write to standard output: ${writeReasonOf(cause)}`, {
    hint: 'What was to be printed is not whole.',
    cause,
  });
}
