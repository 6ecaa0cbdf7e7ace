/** The warning at the end of a build whose result went nowhere. Pure. */
import type { Generation } from '../core/model/index.js';
import { selectUnstored } from '../core/select/index.js';

/** Empty for every other build. */
export function unstoredLines(generation: Generation): string[] {
  const unstored = selectUnstored(generation);
  return unstored === null ? [] : [`WARNING: ${unstored.message}`, unstored.hint];
}
