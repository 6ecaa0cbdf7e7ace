/** The commands that there are, and where the table of each is: the same for `--help`, the man page and completion. */
import type { CommandHelp } from '../flags/help-text.js';

export const COMMANDS: ReadonlyArray<readonly [name: string, summary: string]> = [
  ['build', 'Build an image from a Dockerfile, and debug it'],
  ['debug', 'Build and debug without the screen, or look after sessions, at a prompt'],
  ['attach', 'Open the screen of a session that runs in the background'],
  ['engine', 'Start, stop or look at a private engine'],
  ['engines', 'List the engines, and which one a build uses'],
  ['exec', 'Run a program in a container of a session'],
  ['kill', 'End a session'],
  ['logs', 'Print how the build of a session goes'],
  ['ls', 'List the sessions'],
  ['replay', 'Play the record of a session'],
  ['record', 'List, export and remove the records of sessions'],
  ['completion', 'Print what makes a shell complete these commands'],
  ['man', 'Print the manual page'],
  ['help', 'Say what a command does'],
  ['version', 'Print the version'],
];

type Loader = () => Promise<CommandHelp>;

/** Null: a command without flags of its own. */
const HELPS: Readonly<Record<string, Loader>> = {
  build: async () => (await import('../build/build-help.js')).BUILD_HELP,
  debug: async () => (await import('../commands/debug.js')).DEBUG_HELP,
  attach: async () => (await import('../commands/attach.js')).ATTACH_HELP,
  engine: async () => (await import('../commands/engine.js')).ENGINE_HELP,
  engines: async () => (await import('../commands/engines.js')).ENGINES_HELP,
  exec: async () => (await import('../commands/exec.js')).EXEC_HELP,
  kill: async () => (await import('../commands/kill.js')).KILL_HELP,
  logs: async () => (await import('../commands/logs.js')).LOGS_HELP,
  ls: async () => (await import('../commands/ls.js')).LS_HELP,
  replay: async () => (await import('../commands/replay.js')).REPLAY_HELP,
  record: async () => (await import('../commands/record.js')).RECORD_HELP,
};

export async function helpOf(command: string): Promise<CommandHelp | null> {
  return Object.hasOwn(HELPS, command) ? await HELPS[command]!() : null;
}
