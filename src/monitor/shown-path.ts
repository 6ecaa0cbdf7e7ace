/** Names of files as people see them, and as they can be typed. Pure. */
import { printableLine } from '../platform/printable.js';

/** As it is; in double quotes, with escapes, when it has what a line cannot show. */
export function shownPath(path: string): string {
  return printableLine(path) === path && !path.includes('\t') ? path : printableLine(JSON.stringify(path));
}
