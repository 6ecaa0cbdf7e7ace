/**
 * `bxtui complete WORD...`: asked by the scripts of `bxtui completion` and by nobody else. A line for each candidate, its explanation behind
 * a tab; the last line says what the shell completes besides: `:file`, `:directory` or `:none`.
 */
import { completeLine } from '../complete/complete-line.js';
import { EXIT_OK } from '../exit-status.js';

export async function runComplete(args: readonly string[]): Promise<number> {
  const { candidates, files } = await completeLine(args.length === 0 ? [''] : args);
  const lines = candidates.map(({ word, about }) => (about === '' ? word : `${word}\t${about.replaceAll(/\s+/g, ' ')}`));
  process.stdout.write([...lines, `:${files}`, ''].join('\n'));
  return EXIT_OK;
}
