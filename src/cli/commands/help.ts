/** `bxtui help`, `bxtui` alone, and commands that do not exist. */
import { BxError } from '../../platform/errors.js';
import { printableLine } from '../../platform/printable.js';
import { nearestName } from '../flags/nearest-name.js';

const COMMANDS: ReadonlyArray<readonly [name: string, summary: string]> = [
  ['build', 'Build an image from a Dockerfile, and debug it'],
  ['attach', 'Open the screen of a session that runs in the background'],
  ['ls', 'List the sessions'],
  ['kill', 'End a session'],
  ['replay', 'Play the record of a session'],
  ['record', 'List, export and remove the records of sessions'],
  ['help', 'Say what a command does'],
  ['version', 'Print the version'],
];
/** Commands that come in a later version; refused as such. */
const LATER = ['bake', 'debug', 'dap', 'completion', 'exec', 'logs'];

/** `isShort`: the program was started without anything. */
export async function runHelp(args: readonly string[], isShort: boolean): Promise<number> {
  const [command] = args;
  if (command === 'build') {
    const { buildHelp } = await import('../build/build-help.js');
    process.stdout.write(buildHelp(process.stdout.columns || 80));
    return 0;
  }
  if (command !== undefined && !COMMANDS.some(([name]) => name === command)) return refuseCommand(command);
  process.stdout.write(isShort ? `${shortUsage()}${await sessionsInBrief()}` : programUsage());
  return 0;
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

/** Empty when there are none, or where they would be is not safe to look. */
async function sessionsInBrief(): Promise<string> {
  const [{ sessionRoot }, { listSessions }] = await Promise.all([
    import('../../session/records/root-dir.js'),
    import('../../session/records/session-records.js'),
  ]);
  try {
    const found = listSessions(sessionRoot(null, process.env));
    if (found.length === 0) return '';
    const lines = found.map(({ record, state }) =>
      state === 'running'
        ? `  bxtui attach ${record.id}   ${printableLine(record.dockerfile)}`
        : `  bxtui kill ${record.id}     ${printableLine(record.dockerfile)} (crashed)`,
    );
    return ['', 'Your sessions:', '', ...lines, ''].join('\n');
  } catch {
    return '';
  }
}

function shortUsage(): string {
  return [
    'bxtui: a full-screen terminal debugger for container image builds',
    '',
    '  bxtui build .          build the Dockerfile here, with a shell in any of its steps',
    '  bxtui build --help     every option',
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
    ...COMMANDS.map(([name, summary]) => `  ${name.padEnd(10)}${summary}`),
    '',
    "Run 'bxtui COMMAND --help' for more information on a command.",
    '',
  ].join('\n');
}
