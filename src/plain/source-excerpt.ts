/** The lines of a Dockerfile around an instruction, as buildx shows them after an error. Pure. */
import type { LineRange } from '../core/model/index.js';
import { printableLine } from '../platform/printable.js';

const RULE = '-'.repeat(20);

/** `name:line`, a rule, numbered lines with `>>>` at those of the ranges, a rule. Empty when they are not in the text. */
export function sourceExcerpt(name: string, text: string, ...ranges: readonly LineRange[]): string[] {
  const lines = text.split(/\r?\n/);
  const start = Math.min(...ranges.map((range) => range.start));
  if (start < 1 || start > lines.length) return [];
  const end = Math.min(Math.max(...ranges.map((range) => range.end)), lines.length);
  const around = end > start ? 1 : 2;
  const first = Math.max(1, start - around);
  const last = Math.min(lines.length, end + around);
  const excerpt: string[] = [];
  for (let number = first; number <= last; number++) {
    const isMeant = ranges.some((range) => number >= range.start && number <= range.end);
    excerpt.push(`${String(number).padStart(4)} | ${isMeant ? '>>>' : '   '} ${printableLine(lines[number - 1]!)}`);
  }
  return [`${printableLine(name)}:${start}`, RULE, ...excerpt, RULE];
}
