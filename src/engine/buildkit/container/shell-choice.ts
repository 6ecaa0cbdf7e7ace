/** Which shell a container gets: found in its own filesystem by looking, without starting anything. */
import type { Gateway } from '../gateway.js';
import { isShellForm } from './step-command.js';

/** POSIX shells, most usual places first; the last ones are distroless' debug images. */
const SH_PATHS = [
  '/bin/sh',
  '/usr/bin/sh',
  '/bin/ash',
  '/bin/dash',
  '/bin/bash',
  '/usr/bin/bash',
  '/busybox/sh',
  '/busybox/busybox',
];
/** Looked for by the keeper once it runs. */
export const BASH_PATHS = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash'];
/** Those of SHELL that talk to people as well as they run commands. `sh` itself gives way to bash. */
const INTERACTIVE = new Set(['bash', 'ash', 'dash', 'zsh', 'fish', 'ksh', 'mksh', 'pwsh', 'powershell']);

/** argv that runs POSIX scripts in the filesystem of `ref`; null when it has no shell. */
export async function findPosixShell(gateway: Gateway, ref: string, signal: AbortSignal): Promise<string[] | null> {
  for (const path of SH_PATHS) {
    if (await isFile(gateway, ref, path, signal)) return path.endsWith('/busybox') ? [path, 'sh'] : [path];
  }
  return null;
}

/** Shells that run POSIX scripts. */
const POSIX = /^\/(?:.*\/)?(?:ba|da|a)?sh$/;

/** The shell of a command in shell form, which needs no looking for: the command runs in it. Null: another form, or no POSIX shell. */
export function shellThatRan(args: readonly string[], runShell: readonly string[]): string | null {
  const [program = ''] = runShell;
  return isShellForm(args, runShell) && POSIX.test(program) ? program : null;
}

/** The interactive program that SHELL names; null when it names none, or just `sh`. */
export function shellOfInstruction(runShell: readonly string[]): string | null {
  const program = runShell[0] ?? '';
  const name = (program.split('/').at(-1) ?? '').replace(/\.exe$/, '');
  return INTERACTIVE.has(name) ? program : null;
}

/** True when this interactive shell brings the lines of HISTFILE back. dash, ksh and others have no history or one of another form. */
export function keepsHistory(shell: readonly string[], posixShell: readonly string[], isAshWithHistory: boolean): boolean {
  const name = (shell[0] ?? '').split('/').at(-1) ?? '';
  if (name === 'bash') return true;
  return isAshWithHistory && (shell[0] === posixShell[0] || name === 'ash');
}

/** Directory bit of Go's FileMode (io/fs), which is what the engine reports. */
const MODE_DIR = 2 ** 31;

async function isFile(gateway: Gateway, ref: string, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    const { stat } = await gateway.bridge.statFile({ Ref: ref, Path: path }, { signal });
    return stat !== undefined && stat.mode >>> 0 < MODE_DIR;
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  }
}
