/** The flag tables as a manual page (man(7), groff's an-old macros). Pure. */
import type { FlagSpec } from './flag-spec.js';
import type { CommandHelp } from './help-text.js';

export interface ManCommand {
  readonly name: string;
  readonly summary: string;
  /** Null: it has no flags of its own. */
  readonly help: CommandHelp | null;
}

export function renderManPage(commands: readonly ManCommand[], version: string): string {
  const lines = [
    `.TH BXTUI 1 "" "bxtui ${escaped(version)}" "User Commands"`,
    '.SH NAME',
    'bxtui \\- a full-screen terminal debugger for container image builds',
    '.SH SYNOPSIS',
    '.B bxtui',
    '.I COMMAND',
    '[OPTIONS]',
    '.SH COMMANDS',
    ...commands.flatMap(({ name, summary }) => ['.TP', `.B ${escaped(name)}`, text(summary)]),
    ...commands.flatMap(({ name, help }) => (help === null ? [] : section(name, help))),
  ];
  return `${lines.join('\n')}\n`;
}

function section(name: string, help: CommandHelp): string[] {
  return [
    `.SH "BXTUI ${escaped(name.toUpperCase())}"`,
    `.B ${escaped(help.usage)}`,
    '.PP',
    text(help.about),
    ...help.groups.flatMap(({ title, flags }) => [`.SS "${escaped(title)}"`, ...flags.flatMap(flagLines)]),
    ...(help.examples.length === 0 ? [] : ['.SS Examples']),
    ...help.examples.flatMap(([command, meaning]) => ['.TP', `.B ${escaped(command)}`, text(meaning)]),
    ...help.notes.flatMap((note) => ['.PP', text(note)]),
  ];
}

function flagLines({ name, short, value, summary, choices, fallback }: FlagSpec): string[] {
  const names = `${short === undefined ? '' : `\\-${short}, `}\\-\\-${escaped(name)}`;
  const more = [
    ...(choices === undefined ? [] : [`One of: ${choices.join(', ')}.`]),
    ...(fallback === undefined ? [] : [`Default: ${fallback}.`]),
  ];
  return ['.TP', `\\fB${names}\\fR${value === '' ? '' : ` \\fI${escaped(value)}\\fR`}`, text([`${summary}.`, ...more].join(' '))];
}

/** A paragraph: a line must not begin as a request does. */
function text(words: string): string {
  return escaped(words).replace(/^([.'])/gm, '\\&$1');
}

function escaped(words: string): string {
  return words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('"', '\\(dq');
}
