/** What is found in a container when it comes up: the shell commands that put the scene right and look, and what they answer. Pure. */

import { shellJoin, shellQuote } from '../../shared/shell-quote.js';
import { HOME_DIR } from './scripts.js';
import { BASH_PATHS } from './shell-choice.js';
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
    FIND_BASH,
    'echo "bash=$bx_bash"',
    `echo "env=${FIND_ENV}"`,
    `echo "chroot=${FIND_CHROOT}"`,
    historyCheck(source.posixShell, 'echo history=yes'),
  ].join('; ');
}

const FIND_BASH = `bx_bash=$(bx_first ${BASH_PATHS.join(' ')})`;
const FIND_ENV = '$(bx_first /usr/bin/env /bin/env)';
const FIND_CHROOT = '$(bx_first /usr/sbin/chroot /usr/bin/chroot /sbin/chroot /bin/chroot)';

/** The same for a first process that is somebody's program: `named` is the interactive shell that SHELL names, or null. */
export function firstLook(posixShell: readonly string[], named: string | null): string {
  return [
    FIND_BASH,
    `bx_look="$bx_bash;${FIND_ENV};${FIND_CHROOT};"`,
    historyCheck(posixShell, 'bx_look="$bx_look"yes'),
    named === null ? `bx_shell=\${bx_bash:-${shellQuote(shellJoin(posixShell))}}` : `bx_shell=${shellQuote(shellQuote(named))}`,
  ].join('; ');
}

/** `said`: process id of the first process and what `firstLook` has found. The engine has seen to it that there is a working directory. */
export function readFirstLook(said: string, cwd: string): { readonly pid: number; readonly found: Surroundings } {
  const [pid = '', bash = '', env = '', chroot = '', history = ''] = said.split(';');
  return { pid: Number(pid), found: { cwd, bash, env, chroot, isAshWithHistory: history === 'yes' } };
}

/** A busybox tells by the names that are compiled into it. Not looked for beside bash, which is preferred and always has it. */
function historyCheck(posixShell: readonly string[], then: string): string {
  const shell = shellQuote(posixShell[0] ?? '');
  const find =
    posixShell.length > 1
      ? `bx_grep="${posixShell[0]} grep"`
      : `bx_grep=$(bx_first /bin/grep /usr/bin/grep ${HOME_DIR}/bin/grep)`;
  // A fixed string is found ten times faster than a pattern.
  const holds = (word: string): string => `$bx_grep -qF ${word} ${shell}`;
  return `${find}; if [ -z "$bx_bash" ] && [ -n "$bx_grep" ] && ${holds('BusyBox')} && ${holds('HISTFILE')}; then ${then}; fi 2>/dev/null`;
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
