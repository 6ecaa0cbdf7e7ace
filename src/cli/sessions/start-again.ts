/** The shell command that starts a session again which has crashed. Pure. */
import { resolve } from 'node:path';
import type { SessionRecord } from '../../session/records/session-records.js';

/** `root`: the `--root` under which it was found; `cwd`: where the command will be typed, as its paths count from where it was at first. */
export function startAgain(record: SessionRecord, root: string | null, cwd: string): string {
  const { args, context, dockerfile } = record;
  // Older programs kept nothing else of it.
  const given = args ?? ['-f', dockerfile, context];
  const where = root === null || has(given, '--root') ? [] : ['--root', resolve(cwd, root)];
  const words = ['bxtui', 'build', ...(has(given, '--detach') ? [] : ['--detach']), ...where, ...given];
  const command = words.map(quote).join(' ');
  return record.cwd === cwd ? command : `cd ${quote(record.cwd)} && ${command}`;
}

function has(args: readonly string[], flag: string): boolean {
  return args.some((arg) => arg === flag || arg.startsWith(`${flag}=`));
}

/** As a POSIX shell reads it back; what a terminal would not show as it is, in the words of `$'…'`. */
function quote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (!/[\x00-\x1f\x7f]/.test(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  const escaped = word.replace(/[\\']/g, '\\$&').replace(/[\x00-\x1f\x7f]/g, (char) => {
    return `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`;
  });
  return `$'${escaped}'`;
}
