/** What the keeper finds when it comes up: the shell command that puts the scene right and looks, and what it answers. Pure. */
import { HOME_DIR } from './scripts.js';
import { BASH_PATHS } from './shell-choice.js';
import { shellQuote } from './shell-quote.js';
import type { ShellSource } from './shell-sources.js';

export interface Surroundings {
  /** The working directory asked for, or `/` where there is no such directory. */
  readonly cwd: string;
  /** Paths; empty: there is none. */
  readonly bash: string;
  readonly env: string;
  readonly chroot: string;
  /** The POSIX shell is a busybox that reads HISTFILE (FEATURE_EDITING_SAVEHISTORY; Debian's leaves it out). */
  readonly isAshWithHistory: boolean;
}

/** The engine makes a missing working directory for each RUN; so does this. */
export function lookAround(source: Pick<ShellSource, 'posixShell' | 'prepare' | 'prefix'>, cwd: string): string {
  const quoted = shellQuote(cwd);
  return [
    ...(source.prepare === '' ? [] : [`{ ${source.prepare}; } >&2`]),
    ...(source.prefix === '' ? [`[ -d ${quoted} ] || mkdir -p ${quoted} 2>/dev/null`] : []),
    `if [ -d ${quoted} ]; then echo cwd=yes; fi`,
    `bx_bash=$(bx_first ${BASH_PATHS.join(' ')})`,
    'echo "bash=$bx_bash"',
    'echo "env=$(bx_first /usr/bin/env /bin/env)"',
    'echo "chroot=$(bx_first /usr/sbin/chroot /usr/bin/chroot /sbin/chroot /bin/chroot)"',
    historyCheck(source.posixShell),
  ].join('; ');
}

/** A busybox tells by the names that are compiled into it. Not looked for beside bash, which is preferred and always has it. */
function historyCheck(posixShell: readonly string[]): string {
  const shell = shellQuote(posixShell[0] ?? '');
  const find =
    posixShell.length > 1
      ? `bx_grep="${posixShell[0]} grep"`
      : `bx_grep=$(bx_first /bin/grep /usr/bin/grep ${HOME_DIR}/bin/grep)`;
  // A fixed string is found ten times faster than a pattern.
  const holds = (word: string): string => `$bx_grep -qF ${word} ${shell}`;
  return `${find}; if [ -z "$bx_bash" ] && [ -n "$bx_grep" ] && ${holds('BusyBox')} && ${holds('HISTFILE')}; then echo history=yes; fi 2>/dev/null`;
}

export function readSurroundings(output: string, wantedCwd: string): Surroundings {
  const read = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(output)?.[1] ?? '';
  return {
    cwd: read('cwd') === 'yes' ? wantedCwd : '/',
    bash: read('bash'),
    env: read('env'),
    chroot: read('chroot'),
    isAshWithHistory: read('history') === 'yes',
  };
}
