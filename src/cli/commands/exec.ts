/** `bxtui exec`: a program in a container of a session, from any terminal or script. */
import { isatty } from 'node:tty';
import { BxError } from '../../platform/errors.js';
import { sessionRoot } from '../../session/records/root-dir.js';
import { HELP_FLAG } from '../build/build-flags.js';
import { EXIT_OK } from '../exit-status.js';
import type { FlagSpec } from '../flags/flag-spec.js';
import { type ParsedFlags, parseLeadingFlags } from '../flags/parse-flags.js';
import { chooseLeaveKeys } from '../screen/screen-settings.js';
import { connectTo } from '../sessions/connect.js';
import { type ExecWish, execInSession } from '../sessions/exec-in-session.js';
import { nameSession } from '../sessions/name-session.js';
import { ROOT_FLAG, readSessionFlags, sessionHelp } from '../sessions/session-command.js';

const FLAGS: readonly FlagSpec[] = [
  { name: 'env', short: 'e', kind: 'list', value: 'NAME=VALUE', summary: 'Environment variable' },
  { name: 'user', short: 'u', kind: 'string', value: 'USER[:GROUP]', summary: "Who runs it; default: the step's user" },
  { name: 'workdir', short: 'w', kind: 'string', value: 'DIR', summary: "Where it runs; default: the step's directory" },
  {
    name: 'no-tty',
    short: 'T',
    kind: 'bool',
    value: '',
    summary: 'No terminal for it, though this one could be its; both of its outputs come on standard output',
  },
  {
    name: 'step',
    kind: 'string',
    value: 'STEP',
    summary: 'In a container of this step (9, L17, build:3), a new one if there is none',
  },
  { name: 'leave-key', kind: 'string', value: 'KEY', summary: 'Key that leaves the program', fallback: 'ctrl-]' },
];

const HELP = {
  usage: 'bxtui exec [OPTIONS] [ID] COMMAND [ARG...]',
  about:
    'Run a program in a container of a session: the one that was used last, else a new one at the step that failed or at the last step. ID may ' +
    'be the beginning of one, and be left out where just one session runs.',
  examples: [
    ['bxtui exec ls -l', 'In the only session.'],
    ['bxtui exec -T 3f ls -l > files', 'Without a terminal.'],
    ['bxtui exec --step 4 -u root 3f sh', 'A shell in step 4.'],
  ] as const,
  notes: [
    'On a terminal the program gets it, and Ctrl-] leaves it; without one its two outputs come on standard output, and standard input is its ' +
      'input. The exit status is that of the program. As with docker exec, a program goes on when this command is ended by a signal or left: ' +
      'bxtui attach and ps show it.',
  ],
};
export const EXEC_HELP = sessionHelp(FLAGS, HELP);

/** Resolves with the exit status: that of the program, 0 when it was left. Throws `BxError`. */
export async function runExec(args: readonly string[]): Promise<number> {
  const all = [...FLAGS, ROOT_FLAG, HELP_FLAG];
  const parse = (words: readonly string[]): ParsedFlags => parseLeadingFlags(all, words, 'bxtui exec --help', 1);
  const outer = parse(args);
  if (outer.bool('help')) {
    readSessionFlags('exec', FLAGS, HELP, ['--help']);
    return EXIT_OK;
  }
  const [word, ...rest] = outer.positionals;
  if (word === undefined) throw new BxError('usage', 'bxtui exec needs a command', { hint: 'For example: bxtui exec ls -l' });
  const { found, isNamed } = nameSession(sessionRoot(outer.text('root') || null, process.env), word);
  // Flags may stand between the id and the command as well; what is behind the command belongs to it.
  const inner = isNamed ? parse(rest) : null;
  const command = inner?.positionals ?? outer.positionals;
  if (command.length === 0) throw new BxError('usage', `bxtui exec needs a command to run in session ${found.record.id}`);
  const given = inner === null ? [outer] : [inner, outer];
  const text = (name: string): string | null => given.map((flags) => flags.text(name)).find((value) => value !== null) ?? null;
  const env = given.toReversed().flatMap((flags) => flags.list('env'));
  for (const variable of env) {
    if (!/^[^=]+=/.test(variable)) throw new BxError('usage', `-e ${variable}: must be NAME=value`);
  }
  const leaveKey = chooseLeaveKeys({ leaveKey: text('leave-key') }, (warning) => process.stderr.write(`WARNING: ${warning}\n`));
  const wish: ExecWish = {
    args: command,
    env,
    user: text('user'),
    cwd: text('workdir'),
    step: text('step'),
    isSessionGuessed: !isNamed,
    hasTerminal: isatty(0) && isatty(1) && !given.some((flags) => flags.bool('no-tty')),
  };
  return execInSession(await connectTo(found, { kind: 'command' }), wish, leaveKey);
}
