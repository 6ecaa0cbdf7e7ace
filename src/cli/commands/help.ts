/** `bxtui help`, `bxtui` alone, and commands that do not exist. */
import { BxError } from '../../platform/errors.js';
import { nearestName } from '../../platform/nearest-name.js';
import { printableLine } from '../../platform/printable.js';
import { COMMANDS } from '../complete/commands.js';

/** Commands that come in a later version; refused as such. */
const LATER = ['bake', 'dap'];

/** Commands that print their own help. */
const HELPED: Readonly<Record<string, () => Promise<number>>> = {
  completion: async () => (await import('./completion.js')).runCompletion(['--help']),
  man: async () => (await import('./man.js')).runMan(['--help']),
  attach: async () => (await import('./attach.js')).runAttach(['--help']),
  debug: async () => (await import('./debug.js')).runDebug(['--help']),
  engine: async () => (await import('./engine.js')).runEngine(['--help']),
  engines: async () => (await import('./engines.js')).runEngines(['--help']),
  exec: async () => (await import('./exec.js')).runExec(['--help']),
  kill: async () => (await import('./kill.js')).runKill(['--help']),
  logs: async () => (await import('./logs.js')).runLogs(['--help']),
  record: async () => (await import('./record.js')).runRecord(['--help']),
  replay: async () => (await import('./replay.js')).runReplay(['--help']),
  ls: async () => (await import('./ls.js')).runLs(['--help']),
  version: async () => (await import('./version.js')).runVersion(['--help']),
  help: async () => {
    process.stdout.write('Usage:  bxtui help [COMMAND]\n\nSay what a command does; without one, which commands there are.\n');
    return 0;
  },
};

/** `isShort`: the program was started without anything. */
export async function runHelp(args: readonly string[], isShort: boolean): Promise<number> {
  const command = args[0] === '--help' || args[0] === '-h' ? 'help' : args[0];
  if (command === 'build') {
    const { buildHelp } = await import('../build/build-help.js');
    process.stdout.write(buildHelp(process.stdout.columns || 80));
    return 0;
  }
  if (command !== undefined && Object.hasOwn(HELPED, command)) return HELPED[command]!();
  if (command !== undefined && !COMMANDS.some(([name]) => name === command)) return refuseCommand(command);
  process.stdout.write(isShort ? shortUsage() : programUsage());
  return isShort ? offerSessions() : 0;
}

/** Throws `BxError('usage')`. */
export function refuseCommand(command: string): never {
  const names = COMMANDS.map(([name]) => name);
  if (command.startsWith('-')) {
    throw new BxError('usage', `unknown flag: ${command}`, {
      hint: `Flags of a command stand after it: bxtui build ${command} … See 'bxtui --help'.`,
    });
  }
  if (LATER.includes(command))
    throw new BxError('usage', `bxtui ${command} is not supported yet`, { hint: "See 'bxtui --help'." });
  const near = nearestName(command, names);
  const guess = near === null ? '' : `Did you mean ${near}? `;
  throw new BxError('usage', `unknown command: ${command}`, { hint: `${guess}See 'bxtui --help'.` });
}

/** On a terminal one of them can be opened; nothing where there are none, or where they would be is not safe to look. */
async function offerSessions(): Promise<number> {
  const [{ sessionRoot }, { listSessions }] = await Promise.all([
    import('../../session/records/root-dir.js'),
    import('../../session/records/session-records.js'),
  ]);
  let found: ReturnType<typeof listSessions>;
  try {
    found = listSessions(sessionRoot(null, process.env));
  } catch {
    return 0;
  }
  if (found.length === 0) return 0;
  if (process.stdin.isTTY && process.stdout.isTTY) {
    const { pickSession } = await import('../sessions/pick-session.js');
    const chosen = await pickSession(found);
    return chosen === null ? 0 : (await import('./attach.js')).runAttach([chosen.record.id]);
  }
  const lines = found.map(({ record, state }) =>
    state === 'running'
      ? `  bxtui attach ${record.id}   ${printableLine(record.dockerfile)}`
      : `  bxtui kill ${record.id}     ${printableLine(record.dockerfile)} (crashed)`,
  );
  process.stdout.write(['', 'Your sessions:', '', ...lines, ''].join('\n'));
  return 0;
}

function shortUsage(): string {
  return [
    'bxtui: a full-screen terminal debugger for container image builds',
    '',
    '  bxtui build .          build the Dockerfile here, with a shell in any of its steps',
    '  bxtui debug build .    the same at a prompt, without the screen',
    '  bxtui --help           every command; bxtui build --help: every option',
    '',
  ].join('\n');
}

function programUsage(): string {
  return [
    'Usage:  bxtui COMMAND',
    '',
    'A full-screen terminal debugger for container image builds',
    '',
    'Commands:',
    ...COMMANDS.map(([name, summary]) => `  ${name.padEnd(12)}${summary}`),
    '',
    "Run 'bxtui COMMAND --help' for more information on a command.",
    '',
  ].join('\n');
}
