/** `--help` of a command, written from its flag table. */
import { wrapWords } from '../../platform/wrap-words.js';
import type { FlagSpec } from './flag-spec.js';

export interface FlagGroup {
  readonly title: string;
  readonly flags: readonly FlagSpec[];
  /** The only word behind the command that takes them; absent: they stand behind any. */
  readonly of?: string;
}

export interface CommandHelp {
  /** `bxtui build [OPTIONS] PATH`. */
  readonly usage: string;
  readonly about: string;
  /** Headed groups of flags, in the order shown. */
  readonly groups: ReadonlyArray<FlagGroup>;
  readonly examples: ReadonlyArray<readonly [command: string, meaning: string]>;
  /** Paragraphs at the end. */
  readonly notes: readonly string[];
}

/** Lines are at most `cols` wide, where words allow. */
export function renderHelp(help: CommandHelp, cols: number): string {
  const width = Math.min(Math.max(cols, 60), 110);
  const lines = [`Usage:  ${help.usage}`, '', ...wrapWords(help.about, width)];
  for (const group of help.groups) {
    const left = group.flags.map(flagColumn);
    const column = Math.min(Math.max(...left.map((text) => text.length)) + 3, 38);
    lines.push('', `${group.title}:`);
    group.flags.forEach((flag, index) => {
      const text = wrapWords(flagSummary(flag), width - column);
      const head = left[index]!;
      if (head.length + 2 > column) lines.push(head, ...text.map((line) => ' '.repeat(column) + line));
      else lines.push(...text.map((line, at) => (at === 0 ? head.padEnd(column) : ' '.repeat(column)) + line));
    });
  }
  if (help.examples.length > 0) {
    lines.push('', 'Examples:');
    for (const [command, meaning] of help.examples) lines.push(`  ${command}`, `      ${meaning}`);
  }
  for (const note of help.notes) lines.push('', ...wrapWords(note, width));
  return `${lines.join('\n')}\n`;
}

function flagColumn(flag: FlagSpec): string {
  const short = flag.short === undefined ? '      ' : `  -${flag.short}, `;
  return `${short}--${flag.name}${flag.value === '' ? '' : ` ${flag.value}`}`;
}

function flagSummary(flag: FlagSpec): string {
  const choices = flag.choices === undefined ? '' : ` (${flag.choices.join(', ')})`;
  const fallback = flag.fallback === undefined ? '' : ` [default: ${flag.fallback}]`;
  return flag.summary + choices + fallback;
}
