/** Errors as the command line shows them: what failed, then what to do. */
import type { BxError } from '../platform/errors.js';
import { printableText } from '../platform/printable.js';

/** With a line break at the end. */
export function renderError(error: BxError): string {
  const hint = error.hint === null ? '' : `${printableText(error.hint)}\n`;
  return `ERROR: ${printableText(error.message)}\n${hint}`;
}
