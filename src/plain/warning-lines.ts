/** What the build checks have found, as a list at the end of a build. Pure. */
import type { Generation } from '../core/model/index.js';
import { printableLine } from '../platform/printable.js';

/** Empty for a build without warnings. */
export function warningLines({ warnings }: Generation): string[] {
  if (warnings.length === 0) return [];
  const head = ` ${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'} found:`;
  return [
    head,
    ...warnings.map(({ message, lines }) => {
      // A lint rule's message says it already.
      const place = lines === null || message.trimEnd().endsWith(`(line ${lines.start})`) ? '' : ` (line ${lines.start})`;
      return ` - ${printableLine(message)}${place}`;
    }),
    '',
  ];
}
