/** `bxtui record`: the records of sessions listed, exported to a file, removed. */
import { renderTable } from '../../monitor/table.js';
import { BxError } from '../../platform/errors.js';
import { printableLine } from '../../platform/printable.js';
import { writePrivateFile } from '../../platform/private-file.js';
import { writeReasonOf } from '../../platform/reason.js';
import { asciicastOf, terminalsHint, terminalsOf } from '../../session/recording/asciicast.js';
import { packRecord, redacted } from '../../session/recording/export-record.js';
import type { LoadedRecord } from '../../session/recording/read-record.js';
import {
  findRecord,
  isBeingWritten,
  listRecords,
  recordsRoot,
  removeStoredRecord,
} from '../../session/recording/record-store.js';
import { EXIT_OK } from '../exit-status.js';
import type { FlagSpec } from '../flags/flag-spec.js';
import { type CommandHelp, renderHelp } from '../flags/help-text.js';
import { parseFlags } from '../flags/parse-flags.js';
import { renderError } from '../render-error.js';
import { loadRecord } from '../sessions/find-playable.js';
import { JSON_FLAG, readSessionFlags, sessionHelp } from '../sessions/session-command.js';

const EXPORT_FLAGS: readonly FlagSpec[] = [
  {
    name: 'asciicast',
    kind: 'bool',
    value: '',
    summary: 'One terminal as asciicast v2, for asciinema and the like',
  },
  { name: 'no-redact', kind: 'bool', value: '', summary: 'Leave environment values in' },
  { name: 'output', short: 'o', kind: 'string', value: 'FILE', summary: 'The file; - for standard output' },
];
const ALL_FLAG: FlagSpec = {
  name: 'all',
  kind: 'bool',
  value: '',
  summary: 'Every record of a session that has ended',
};

const HELP = {
  usage: 'bxtui record ls | export [OPTIONS] ID|FILE [PROCESS] | rm ID...',
  about:
    'The records of sessions: what happened and what their terminals printed, kept in a directory that only you ' +
    'can enter. What you type is not recorded, secrets are taken out. bxtui replay plays them.',
  examples: [
    ['bxtui record export 3f9a -o session.bxrec', 'One file for a colleague, who plays it with bxtui replay ./session.bxrec'],
    ['bxtui record export --asciicast 3f9a p1 -o shell.cast', 'The terminal of the first program.'],
  ] as const,
  notes: [
    'An exported file has no environment values in it: those that are assigned in the Dockerfile (ENV, ARG) and as NAME=value in commands, ' +
      'logs and terminals, there and wherever else they stand as they are. Not found: values shorter than six characters outside of their ' +
      'assignment, encoded ones, and those that were never assigned in sight. Look at it before you send it. --no-redact leaves all in.',
  ],
};
export const RECORD_HELP: CommandHelp = {
  ...HELP,
  groups: [
    { title: 'Options of ls', flags: [JSON_FLAG], of: 'ls' },
    { title: 'Options of export', flags: EXPORT_FLAGS, of: 'export' },
    { title: 'Options of rm', flags: [ALL_FLAG], of: 'rm' },
    ...sessionHelp([], HELP).groups,
  ],
};

/** Resolves with the exit status. Throws `BxError`. */
export async function runRecord(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case 'ls':
    case 'list':
      return list(rest);
    case 'export':
      return exportRecord(rest);
    case 'rm':
      return remove(rest);
    default: {
      const all = RECORD_HELP.groups.flatMap(({ flags }) => flags);
      if (parseFlags(all, args, 'bxtui record --help').bool('help')) {
        process.stdout.write(renderHelp(RECORD_HELP, process.stdout.columns || 80));
        return EXIT_OK;
      }
      throw new BxError(
        'usage',
        command === undefined ? 'bxtui record needs a command' : `bxtui record has no command ${command}`,
        {
          hint: 'It has ls, export and rm. See bxtui record --help.',
        },
      );
    }
  }
}

async function list(args: readonly string[]): Promise<number> {
  const flags = readSessionFlags('record', [JSON_FLAG], HELP, args);
  if (flags === null) return EXIT_OK;
  if (flags.positionals.length > 0) throw new BxError('usage', 'bxtui record ls takes no arguments');
  const records = (await listRecords(recordsRoot(flags.text('root'), process.env))).toReversed();
  const rows = records.map((record) => ({
    id: record.id,
    state: isBeingWritten(record) ? 'recording' : record.header === null ? 'damaged' : record.isEnded ? 'ended' : 'crashed',
    context: record.header?.context ?? '-',
    bytes: record.bytes,
    writtenAtMs: record.writtenAtMs,
    directory: record.directory,
  }));
  if (flags.bool('json')) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else if (rows.length === 0)
    process.stdout.write('No record. Sessions of bxtui build are recorded, unless the setting recordSessions is false.\n');
  else {
    const table = rows.map((row) => [
      row.id,
      row.state,
      row.context,
      new Date(row.writtenAtMs).toISOString().slice(0, 16).replace('T', ' '),
      `${Math.max(1, Math.round(row.bytes / 1000))} kB`,
    ]);
    process.stdout.write(
      `${renderTable(
        ['ID', 'STATE', 'CONTEXT', 'WRITTEN (UTC)', 'SIZE'],
        table.map((cells) => cells.map(printableLine)),
        process.stdout.columns,
      )}\n`,
    );
  }
  return EXIT_OK;
}

async function exportRecord(args: readonly string[]): Promise<number> {
  const flags = readSessionFlags('record', EXPORT_FLAGS, HELP, args);
  if (flags === null) return EXIT_OK;
  const [wanted, process_ = null, ...more] = flags.positionals;
  const isCast = flags.bool('asciicast');
  if (wanted === undefined || more.length > 0 || (process_ !== null && !isCast)) {
    throw new BxError('usage', 'bxtui record export takes one ID or FILE, and with --asciicast a PROCESS', {
      hint: 'For example: bxtui record export 3f9a -o session.bxrec',
    });
  }
  const target = flags.text('output');
  if (target === null) throw new BxError('usage', 'bxtui record export needs a file to write to: -o FILE');
  if (target === '-' && !isCast && process.stdout.isTTY) {
    throw new BxError('usage', 'the file would be written to the terminal', { hint: 'Name one with -o FILE.' });
  }
  const record = await loadRecord(wanted, flags.text('root'));
  const isRedacted = !flags.bool('no-redact');
  const data = isCast ? cast(isRedacted ? redacted(record) : record, process_) : packRecord(record, { isRedacted });
  await write(target, data);
  for (const text of record.breaks) process.stderr.write(`WARNING: the record is damaged: ${printableLine(text)}\n`);
  return EXIT_OK;
}

function cast(record: LoadedRecord, wanted: string | null): string {
  const ids = terminalsOf(record.entries);
  if (wanted === null && ids.length !== 1) {
    throw new BxError('usage', ids.length === 0 ? 'the record has no terminal' : `the record has ${ids.length} terminals`, {
      hint: ids.length === 0 ? null : `Name one behind the ID. ${terminalsHint(record.entries)}`,
    });
  }
  return asciicastOf(record, wanted ?? ids[0]!);
}

/** Nobody else is to read it, whatever is in it. */
async function write(target: string, data: Buffer | string): Promise<void> {
  if (target === '-') {
    process.stdout.write(data);
    return;
  }
  try {
    await writePrivateFile(target, data);
  } catch (error) {
    throw new BxError('input', `cannot write the file ${target}: ${writeReasonOf(error)}`, {
      hint: 'Name another one with -o FILE.',
      cause: error,
    });
  }
}

async function remove(args: readonly string[]): Promise<number> {
  const flags = readSessionFlags('record', [ALL_FLAG], HELP, args);
  if (flags === null) return EXIT_OK;
  const root = recordsRoot(flags.text('root'), process.env);
  const ids = flags.positionals;
  if (ids.length === 0 && !flags.bool('all')) {
    throw new BxError('usage', 'bxtui record rm needs the ID of a record, or --all', { hint: 'bxtui record ls lists them.' });
  }
  const wanted = flags.bool('all') ? await listRecords(root) : await Promise.all(ids.map((id) => findRecord(root, id)));
  for (const record of wanted) {
    if (isBeingWritten(record)) {
      const error = new BxError('state', `the session ${record.id} is still being recorded`, {
        hint: `bxtui kill ${record.id} ends it.`,
      });
      if (!flags.bool('all')) throw error;
      process.stderr.write(renderError(error));
      continue;
    }
    await removeStoredRecord(record);
    process.stdout.write(`${record.id}\n`);
  }
  return EXIT_OK;
}
