/** The shell command that starts a session again which has crashed. Pure. */
import { resolve } from 'node:path';
import { printableLine } from '../../platform/printable.js';
import type { SessionRecord } from '../../session/records/session-records.js';
import { shellWord } from '../values/shell-word.js';

const FROM_STANDARD_INPUT = /^(?:-|-f=?-|--file=-)$/;

/**
 * Null: it was built from standard input, which nobody has any more. `root`: the `--root` under which it was found; `cwd`: where the
 * command will be typed, as its paths count from where it was at first.
 */
export function startAgain(record: SessionRecord, root: string | null, cwd: string): string | null {
  const { args, context, dockerfile } = record;
  if (args?.some((word) => FROM_STANDARD_INPUT.test(word))) return null;
  // Older programs kept nothing else of it.
  const given = (args ?? ['-f', dockerfile, context]).filter((word) => !/^--detach(=|$)/.test(word));
  const hasRoot = given.some((word) => word === '--root' || word.startsWith('--root='));
  const where = root === null || hasRoot ? [] : ['--root', resolve(cwd, root)];
  const words = ['bxtui', 'build', '--detach', ...where, ...given];
  const command = asTyped(words.map(shellWord).join(' '));
  return record.cwd === cwd || record.cwd === '' ? command : `${asTyped(`cd ${shellWord(record.cwd)}`)} && ${command}`;
}

/** What a terminal would not show as it is, is printed for the shell to read: `$'…'` is not known to all of them. */
function asTyped(command: string): string {
  if (printableLine(command) === command) return command;
  const escaped = command.replace(/[^ -~]|['%\\]/gu, (char) => {
    if (char === '%') return '%%';
    return Array.from(Buffer.from(char), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  });
  return `eval "$(printf '${escaped}')"`;
}
