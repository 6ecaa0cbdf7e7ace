/** `exec`: a further process in the container that was opened last. */
import type { StepKey } from '../../core/model/index.js';
import { selectCurrent } from '../../core/select/index.js';
import { BxError } from '../../platform/errors.js';
import { type MonitorCommand, type MonitorContext, usageError } from '../command.js';
import { latestContainer } from '../resolve-process.js';
import { defaultStep } from '../resolve-step.js';
import { startProgram } from '../start-program.js';

export const exec: MonitorCommand = {
  name: 'exec',
  usage: 'exec [-e K=V]... [-u USER] [-w DIR] [-T] CMD [ARG...]',
  summary: 'runs CMD in the container that was opened last (in a new one when there is none)',
  details: [
    '-e K=V   environment variable, repeatable',
    '-u USER  user or user:group',
    '-w DIR   working directory',
    '-T       no terminal',
    'How CMD ends has no effect on the other processes of the container.',
  ],
  async run(context, args) {
    const wish = readArguments(args);
    if (wish.args.length === 0) throw usageError(exec, 'exec needs a command');
    const { invoke, session } = context;
    const env = [...(invoke?.env ?? []), ...(wish.options.env ?? [])];
    const user = wish.options.user ?? invoke?.user ?? null;
    const cwd = wish.options.cwd ?? invoke?.cwd ?? null;
    const start = {
      args: wish.args,
      env,
      ...(user === null ? {} : { user }),
      ...(cwd === null ? {} : { cwd }),
      tty: context.hasTerminal && !wish.noTerminal,
      size: context.size(),
    };
    const container = latestContainer(session.state);
    return startProgram(
      context,
      container === null
        ? { type: 'step.rollback', ...startingPoint(context), ...start }
        : { type: 'process.exec', container: container.id, ...start },
    );
  },
};

/** Where the first container is opened when there is none yet. */
function startingPoint(context: MonitorContext): { step: StepKey; moment: 'auto'; exclusiveCaches: 'mount' | 'omit' } {
  const generation = selectCurrent(context.session.state);
  if (generation === null) throw new BxError('state', 'there is no build yet');
  const step = context.selectedStep?.() ?? defaultStep(generation).key;
  return { step, moment: 'auto', exclusiveCaches: generation.endedAtMs === null ? 'omit' : 'mount' };
}

interface Wish {
  readonly options: { env?: string[]; user?: string; cwd?: string };
  readonly noTerminal: boolean;
  readonly args: readonly string[];
}

const LONG: Readonly<Record<string, string>> = { '--env': '-e', '--user': '-u', '--workdir': '-w', '--no-tty': '-T' };

function readArguments(args: readonly string[]): Wish {
  const options: Wish['options'] = {};
  let noTerminal = false;
  const rest = [...args];
  while (rest[0]?.startsWith('-') && rest[0] !== '-') {
    const word = rest.shift()!;
    if (word === '--') break;
    const { flag, joined } = takeApart(word);
    if (flag === '-T') {
      noTerminal = true;
      continue;
    }
    const value = joined ?? rest.shift();
    if (value === undefined) throw usageError(exec, `flag needs an argument: ${word}`);
    if (flag === '-e') options.env = [...(options.env ?? []), value];
    else if (flag === '-u') options.user = value;
    else options.cwd = value;
  }
  for (const variable of options.env ?? []) {
    if (!/^[^=]+=/.test(variable)) throw usageError(exec, `-e ${variable}: must be NAME=value`);
  }
  return { options, noTerminal, args: rest };
}

/** `-eK=V`, `-e K=V`, `--env=K=V`, `--env K=V`. */
function takeApart(word: string): { flag: string; joined: string | null } {
  const equals = word.indexOf('=');
  const long = word.startsWith('--') ? (equals < 0 ? word : word.slice(0, equals)) : null;
  const flag = long === null ? word.slice(0, 2) : LONG[long];
  if (flag === undefined || !Object.values(LONG).includes(flag)) throw usageError(exec, `unknown flag: ${word}`);
  if (long !== null) return { flag, joined: equals < 0 ? null : word.slice(equals + 1) };
  if (flag === '-T' && word.length > 2) throw usageError(exec, `unknown flag: ${word}`);
  return { flag, joined: word.length > 2 ? word.slice(2) : null };
}
