/** The lines of a Dockerfile around an instruction, as buildx shows them after an error. Pure. */
import type { LineRange } from '../core/model/index.js';
import { printableLine } from '../platform/printable.js';

const RULE = '-'.repeat(20);

/** `name:line`, a rule, numbered lines with `>>>` at those of the range, a rule. Empty when the range is not in the text. */
export function sourceExcerpt(name: string, text: string, range: LineRange): string[] {
  const lines = text.split(/\r?\n/);
  if (range.start < 1 || range.start > lines.length) return [];
  const end = Math.min(range.end, lines.length);
  const around = end > range.start ? 1 : 2;
  const first = Math.max(1, range.start - around);
  const last = Math.min(lines.length, end + around);
  const excerpt: string[] = [];
  for (let number = first; number <= last; number++) {
    const mark = number >= range.start && number <= end ? '>>>' : '   ';
    excerpt.push(`${String(number).padStart(4)} | ${mark} ${printableLine(lines[number - 1]!)}`.trimEnd());
  }
  return [`${printableLine(name)}:${range.start}`, RULE, ...excerpt, RULE];
}
