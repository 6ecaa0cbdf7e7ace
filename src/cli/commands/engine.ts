/** `bxtui engine`: a private engine, run from an installed dockerd or buildkitd on a socket of its own. */
import { resolve } from 'node:path';
import { BxError } from '../../platform/errors.js';
import { nearestName } from '../../platform/nearest-name.js';
import { printableLine } from '../../platform/printable.js';
import { type EngineStatus, engineStatus, startEngine, stopEngine } from '../../private-engine/control.js';
import { thisMachine } from '../../private-engine/installed.js';
import { type EngineProgram, type EngineRecord, hasEnded } from '../../private-engine/record.js';
import { HELP_FLAG } from '../build/build-flags.js';
import { EXIT_FAILED, EXIT_OK } from '../exit-status.js';
import type { FlagSpec } from '../flags/flag-spec.js';
import { renderHelp } from '../flags/help-text.js';
import { type ParsedFlags, parseFlags } from '../flags/parse-flags.js';
import { listenForInterrupts } from '../interrupts.js';
import { shellWord } from '../values/shell-word.js';

const START_FLAGS: readonly FlagSpec[] = [
  {
    name: 'engine',
    kind: 'string',
    value: 'NAME',
    summary: 'Which program; without it dockerd where it is installed, else buildkitd',
    choices: ['dockerd', 'buildkitd'],
  },
  {
    name: 'data-dir',
    kind: 'string',
    value: 'DIR',
    summary: 'Where images and build cache go: a directory of its own in DIR',
    fallback: '~/.local/state/bxtui/engine/data',
  },
  { name: 'debug', kind: 'bool', value: '', summary: 'Let the program write everything it does into its log' },
];
const STOP_FLAGS: readonly FlagSpec[] = [
  { name: 'remove-data', kind: 'bool', value: '', summary: 'Remove its images and its build cache as well' },
];
const STATUS_FLAGS: readonly FlagSpec[] = [{ name: 'json', kind: 'bool', value: '', summary: 'One JSON object, for programs' }];

const COMMANDS: Readonly<
  Record<string, { readonly flags: readonly FlagSpec[]; readonly run: (flags: ParsedFlags) => Promise<number> }>
> = {
  start: { flags: START_FLAGS, run: start },
  stop: { flags: STOP_FLAGS, run: stop },
  status: { flags: STATUS_FLAGS, run: status },
};

export const ENGINE_HELP = {
  usage: 'bxtui engine start | stop | status [OPTIONS]',
  about:
    'A private engine, for a machine on which none runs: start runs an installed dockerd or buildkitd (rootless where you are not root) on a ' +
    'socket of its own, which bxtui build finds by itself. It goes on without the terminal until stop ends it.',
  groups: [
    { title: 'Options of start', flags: START_FLAGS },
    { title: 'Options of stop', flags: STOP_FLAGS },
    { title: 'Options of status', flags: [...STATUS_FLAGS, HELP_FLAG] },
  ],
  examples: [
    ['bxtui engine start', 'Start it, and say how other programs find it. One that runs already is left as it is.'],
    ['bxtui engine start --engine=buildkitd --data-dir /mnt/big', 'A certain program, its data on a certain disk.'],
    ['bxtui engine stop --remove-data', 'End it, and keep nothing of it.'],
  ] as const,
  notes: [
    'Nothing is installed: what is missing is said. It shares neither images, networks nor sockets with an engine of the machine; of the ' +
      "machine's daemon.json it takes what says how registries are reached. Exit status of status: 0 when it runs and answers, else 1.",
  ],
};

/** Resolves with the exit status. Throws `BxError`. */
export async function runEngine(args: readonly string[]): Promise<number> {
  const [word, ...rest] = args;
  const command = word === undefined || !Object.hasOwn(COMMANDS, word) ? null : COMMANDS[word]!;
  if (command === null) {
    const flags = parseFlags([HELP_FLAG], args, 'bxtui engine --help');
    if (flags.bool('help')) return help();
    const near = word === undefined ? null : nearestName(word, Object.keys(COMMANDS));
    const guess = near === null ? '' : `Did you mean ${near}? `;
    throw new BxError('usage', word === undefined ? 'bxtui engine needs a command' : `bxtui engine has no command ${word}`, {
      hint: `${guess}It has start, stop and status. See 'bxtui engine --help'. bxtui engines lists all engines.`,
    });
  }
  const flags = parseFlags([...command.flags, HELP_FLAG], rest, 'bxtui engine --help');
  if (flags.bool('help')) return help();
  if (flags.positionals.length > 0) throw new BxError('usage', `bxtui engine ${word} takes no arguments`);
  return command.run(flags);
}

function help(): number {
  process.stdout.write(renderHelp(ENGINE_HELP, process.stdout.columns || 80));
  return EXIT_OK;
}

async function start(flags: ParsedFlags): Promise<number> {
  const dataDir = flags.text('data-dir');
  if (dataDir === '') throw new BxError('usage', '--data-dir needs a directory');
  const { record, wasRunning } = await startHere(
    flags.text('engine') as EngineProgram | null,
    dataDir === null ? null : resolve(dataDir),
    flags.bool('debug'),
  );
  const name = titleOf(record);
  process.stdout.write(
    [
      `${name} ${wasRunning ? 'runs already' : 'runs'} at ${printableLine(record.address)}`,
      'bxtui build finds it by itself. Other programs find it by:',
      `  export ${record.engine === 'dockerd' ? 'DOCKER_HOST' : 'BUILDKIT_HOST'}=${shellWord(record.address)}`,
      'bxtui engine stop ends it.',
      '',
    ].join('\n'),
  );
  return EXIT_OK;
}

/** Starts it, told on standard error, until it answers or a signal ends the wait. Throws `BxError`. */
export async function startHere(engine: EngineProgram | null, dataDir: string | null, isDebug: boolean) {
  const interrupts = listenForInterrupts();
  const abort = new AbortController();
  void interrupts.ending.then(() => abort.abort());
  try {
    const say = (program: string): void => void process.stderr.write(`Starting ${printableLine(program)} …\n`);
    const started = await startEngine({ engine, dataDir, isDebug }, thisMachine(process.env), say, abort.signal);
    for (const note of started.record.notes) process.stderr.write(`NOTE: ${printableLine(note)}\n`);
    return started;
  } finally {
    interrupts.dispose();
  }
}

async function stop(flags: ParsedFlags): Promise<number> {
  const withData = flags.bool('remove-data');
  const { wasRunning, isClean, record } = await stopEngine(withData, { env: process.env });
  const what = record === null ? 'the private engine' : titleOf(record);
  const ended = !wasRunning
    ? 'No private engine runs.'
    : isClean
      ? `${what} has ended.`
      : `${what} did not end in time, and was killed.`;
  const data = withData ? ' Its data is removed.' : '';
  process.stdout.write(`${ended}${data}\n`);
  return EXIT_OK;
}

async function status(flags: ParsedFlags): Promise<number> {
  const found = await engineStatus({ env: process.env });
  process.stdout.write(flags.bool('json') ? `${JSON.stringify(plain(found), null, 2)}\n` : render(found));
  return found.isAnswering === true ? EXIT_OK : EXIT_FAILED;
}

function plain({ state, isAnswering, record, dataDir, dataBytes }: EngineStatus) {
  return {
    state,
    isAnswering,
    engine: record?.engine ?? null,
    program: record?.program ?? null,
    version: record?.version ?? null,
    isRootless: record?.isRootless ?? null,
    address: record?.address ?? null,
    pid: hasEnded(state) ? null : (record?.pid ?? null),
    keeperPid: hasEnded(state) ? null : (record?.keeper.pid ?? null),
    since: record === null ? null : new Date(record.sinceMs).toISOString(),
    dataDir,
    dataBytes,
    log: record?.log ?? null,
    notes: record?.notes ?? [],
    failure: record?.failure ?? null,
    hint: record?.hint ?? null,
  };
}

function render({ state, isAnswering, record, dataDir, dataBytes }: EngineStatus): string {
  const size = dataBytes === null ? 'too much to be counted at once' : sizeText(dataBytes);
  if (record === null) {
    const data = dataBytes === 0 ? '' : ` Data of an earlier one is in ${dataDir} (${size}).`;
    return `No private engine runs.${data} bxtui engine start runs one.\n`;
  }
  const told = state === 'running' && isAnswering === false ? 'running, but it does not answer' : state;
  const rows: Array<readonly [name: string, value: string | null]> = [
    ['State', `${told}, since ${new Date(record.sinceMs).toLocaleString('sv-SE')}`],
    ['Program', `${titleOf(record)} (${record.program})`],
    ['Address', hasEnded(state) ? null : record.address],
    ['Process', hasEnded(state) ? null : `${record.pid ?? '-'} (kept by ${record.keeper.pid})`],
    ['Data', `${dataDir} (${size})`],
    ['Log', record.log],
    ...(hasEnded(state) ? [] : record.notes.map((note) => ['Note', note] as const)),
    [
      'Reason',
      hasEnded(state)
        ? (record.failure ?? (state === 'crashed' ? 'its process is gone: killed, or the machine was restarted' : null))
        : null,
    ],
    [
      'To do',
      state === 'failed' || state === 'crashed'
        ? (record.hint ?? 'bxtui engine start runs it again, bxtui engine stop removes what is left.')
        : null,
    ],
  ];
  const lines = rows.flatMap(([name, value]) => (value === null ? [] : [`${`${name}:`.padEnd(10)}${printableLine(value)}`]));
  return `${lines.join('\n')}\n`;
}

function titleOf({ engine, version, isRootless }: EngineRecord): string {
  return `${engine}${version === null ? '' : ` ${printableLine(version)}`}${isRootless ? ' (rootless)' : ''}`;
}

function sizeText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}
