/** The `:` language: one table of commands, run and completed by line. The screen and the line-mode monitor speak it. */
import { BxError } from '../platform/errors.js';
import { nearestName } from '../platform/nearest-name.js';
import type { MonitorCommand, MonitorContext, MonitorDeps } from './command.js';
import { attach } from './commands/attach.js';
import { cat } from './commands/cat.js';
import { changes } from './commands/changes.js';
import { detach } from './commands/detach.js';
import { disconnect } from './commands/disconnect.js';
import { exec } from './commands/exec.js';
import { exit } from './commands/exit.js';
import { help, helpTable } from './commands/help.js';
import { kill } from './commands/kill.js';
import { list } from './commands/list.js';
import { ls } from './commands/ls.js';
import { ps } from './commands/ps.js';
import { reload } from './commands/reload.js';
import { rollback } from './commands/rollback.js';
import { steps } from './commands/steps.js';
import { quoteWord, scanWords, splitWords } from './split-words.js';

/** In the order of `help`. */
export const MONITOR_COMMANDS: readonly MonitorCommand[] = [
  attach,
  cat,
  changes,
  detach,
  disconnect,
  exec,
  exit,
  help,
  kill,
  list,
  ls,
  ps,
  reload,
  rollback,
  steps,
];

export interface CommandLine {
  /** Runs one line; `text` is what it says, possibly several lines. An empty line does nothing. Throws `BxError`. */
  run(line: string, signal?: AbortSignal): Promise<{ readonly text: string }>;
  /** Words that may stand at the cursor; `start` is where the word begins that a candidate replaces. */
  complete(line: string, cursor: number): { readonly candidates: readonly string[]; readonly start: number };
  /** Whether the line only asks (`MonitorCommand.isQuestion`). */
  isQuestion(line: string): boolean;
  /** For key help and palettes: the same table. */
  help(): ReadonlyArray<{ readonly name: string; readonly usage: string; readonly summary: string }>;
}

export function createCommandLine(deps: MonitorDeps): CommandLine {
  return {
    async run(line, signal) {
      const [name, ...args] = splitWords(line);
      if (name === undefined) return { text: '' };
      const command = commandNamed(name);
      if (command === undefined) throw unknownCommand(name, deps.textWidth?.());
      return { text: await command.run(contextOf(deps, signal ?? new AbortController().signal), args) };
    },
    complete(line, cursor) {
      const { words } = scanWords(line.slice(0, cursor));
      const isWithin = words.length > 0 && words.at(-1)!.end === cursor && !/\s$/.test(line.slice(0, cursor));
      const typed = isWithin ? words.at(-1)! : null;
      const before = words.slice(0, isWithin ? -1 : undefined).map((word) => word.text);
      const found = candidatesAfter(deps, before).filter((candidate) => candidate.startsWith(typed?.text ?? ''));
      return { candidates: found.map(quoteWord), start: typed?.start ?? cursor };
    },
    isQuestion: (line) => commandNamed(splitWords(line)[0])?.isQuestion === true,
    help: () => MONITOR_COMMANDS.map(({ name, usage, summary }) => ({ name, usage, summary })),
  };
}

function commandNamed(name: string | undefined): MonitorCommand | undefined {
  return MONITOR_COMMANDS.find((candidate) => candidate.name === name);
}

function contextOf(deps: MonitorDeps, signal: AbortSignal): MonitorContext {
  const current = deps.session;
  return {
    ...deps,
    signal,
    commands: MONITOR_COMMANDS,
    current,
    get session() {
      if (current === null) throw noSession();
      return current;
    },
  };
}

function noSession(): BxError {
  return new BxError('state', 'no session is attached', {
    hint: 'list shows the sessions, attach ID goes to one of them.',
  });
}

function candidatesAfter(deps: MonitorDeps, words: readonly string[]): readonly string[] {
  const [name, ...args] = words;
  if (name === undefined) return MONITOR_COMMANDS.map((command) => command.name);
  if (name === 'help') return args.length === 0 ? MONITOR_COMMANDS.map((command) => command.name) : [];
  const command = MONITOR_COMMANDS.find((candidate) => candidate.name === name);
  return command?.complete?.(deps, args) ?? [];
}

/** Unknown commands get the table, as in the monitor that this one succeeds. */
function unknownCommand(name: string, width: number | undefined): BxError {
  const near = nearestName(
    name,
    MONITOR_COMMANDS.map((command) => command.name),
  );
  const guess = near === null ? '' : `Did you mean ${near}? `;
  return new BxError('usage', `unknown command: ${name}\n${helpTable(MONITOR_COMMANDS, width)}`, {
    hint: `${guess}To run ${name} in the container: exec ${name}`,
  });
}
