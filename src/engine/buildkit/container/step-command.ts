/**
 * The command of a RUN as something to run again: as argv, as one line for people, and as the newest entry of a shell's history. Pure.
 */

import { shellJoin } from '../../shared/shell-quote.js';
import { HOME_DIR } from './scripts.js';

const SCRIPT_NAME = 'step.sh';
export const HISTORY_PATH = `${HOME_DIR}/history`;
const HISTORY_NAME = 'history';
/** busybox ash cuts longer lines of its history off (FEATURE_EDITING_MAX_LEN, 1024 by default). */
const LONGEST_HISTORY_LINE = 1000;
/** A shell started for one command line: flags, the last of them ending in `c`, then the command. */
const SHELLS_WITH_C = /^(?:ba|da|a|z|k|mk)?sh$/;

export interface StepCommand {
  readonly args: readonly string[];
  readonly line: string;
  /** Name in our directory of the container -> content. */
  readonly files: ReadonlyMap<string, string>;
}

/** `runShell` is SHELL in force; a command in exec form does not start with it. */
export function stepCommand(args: readonly string[], runShell: readonly string[]): StepCommand {
  const text = args.at(-1) ?? '';
  const hasShellForm = isShellForm(args, runShell);
  const scriptShell = hasShellForm ? scriptRunner(runShell) : null;
  const files = new Map<string, string>();
  let line: string;
  if (!hasShellForm) line = shellJoin(args);
  else if (isTypeable(text) && scriptShell !== null && scriptShell.length === 1) line = staysInShell(text) ? text : `( ${text} )`;
  else if (scriptShell !== null) {
    files.set(SCRIPT_NAME, text.endsWith('\n') ? text : `${text}\n`);
    line = shellJoin([...scriptShell, `${HOME_DIR}/${SCRIPT_NAME}`]);
  } else line = shellJoin(args);
  files.set(HISTORY_NAME, `${line}\n`);
  return { args, line, files };
}

/** True for the command of `RUN make`, false for `RUN ["make"]`, which SHELL does not concern. */
export function isShellForm(args: readonly string[], runShell: readonly string[]): boolean {
  return args.length === runShell.length + 1 && runShell.every((word, index) => args[index] === word);
}

/** argv that runs a script file with the same options as a command line: `-o pipefail -ec` becomes `-o pipefail -e`. Null: unknown. */
function scriptRunner(runShell: readonly string[]): string[] | null {
  const [program = '', ...flags] = runShell;
  const name = program.split('/').at(-1) ?? '';
  const last = flags.pop() ?? '';
  if (!SHELLS_WITH_C.test(name) || !/^-[A-Za-z]*c$/.test(last)) return null;
  const rest = last.slice(0, -1);
  return [program, ...flags, ...(rest === '-' ? [] : [rest])];
}

/** Can be shown and run again as a line of history: no line breaks, not too long, nothing that bash's history would expand. */
function isTypeable(text: string): boolean {
  if (text.length > LONGEST_HISTORY_LINE || /[\n\r\0]/.test(text)) return false;
  return !/!(?![\s=(]|$)/.test(text) && !/[#]/.test(text);
}

/** False for a line that would end or change the interactive shell it is typed into. */
function staysInShell(text: string): boolean {
  return !/\b(?:exit|exec|return|set|cd|trap|umask|ulimit|alias|export|unset|\.|source)\b/.test(text);
}
