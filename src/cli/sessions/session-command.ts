/** The small commands on sessions: their flags, and `--help` of each. */

import { HELP_FLAG, SESSION_FLAGS } from '../build/build-flags.js';
import type { FlagSpec } from '../flags/flag-spec.js';
import { type CommandHelp, renderHelp } from '../flags/help-text.js';
import { type ParsedFlags, parseFlags } from '../flags/parse-flags.js';

export const JSON_FLAG: FlagSpec = { name: 'json', kind: 'bool', value: '', summary: 'One JSON array, for programs' };
export const ROOT_FLAG: FlagSpec = SESSION_FLAGS.find(({ name }) => name === 'root')!;

/** The whole `--help` of a command. */
export function sessionHelp(flags: readonly FlagSpec[], help: Omit<CommandHelp, 'groups'>): CommandHelp {
  return { ...help, groups: [{ title: 'Options', flags: [...flags, ROOT_FLAG, HELP_FLAG] }] };
}

/** Null: `--help` was asked for and printed. Throws `BxError('usage')`. */
export function readSessionFlags(
  name: string,
  flags: readonly FlagSpec[],
  help: Omit<CommandHelp, 'groups'>,
  args: readonly string[],
): ParsedFlags | null {
  const all = [...flags, ROOT_FLAG, HELP_FLAG];
  const parsed = parseFlags(all, args, `bxtui ${name} --help`);
  if (!parsed.bool('help')) return parsed;
  process.stdout.write(renderHelp(sessionHelp(flags, help), process.stdout.columns || 80));
  return null;
}
