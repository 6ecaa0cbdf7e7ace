/** `bxtui ls`: the sessions of this person. */
import { basename } from 'node:path';
import { selectCurrent } from '../../core/select/index.js';
import { renderTable } from '../../monitor/table.js';
import { toBxError } from '../../platform/errors.js';
import { printableLine } from '../../platform/printable.js';
import { sessionRoot } from '../../session/records/root-dir.js';
import { type FoundSession, listSessions } from '../../session/records/session-records.js';
import { EXIT_OK } from '../exit-status.js';
import type { FlagSpec } from '../flags/flag-spec.js';
import { connectTo } from '../sessions/connect.js';
import { readSessionFlags } from '../sessions/session-command.js';

const JSON_FLAG: FlagSpec = { name: 'json', kind: 'bool', value: '', summary: 'One JSON array, for programs', status: 'ready' };

const HELP = {
  usage: 'bxtui ls [OPTIONS]',
  about: 'List the sessions: those that run in the background, and those that have crashed.',
  examples: [] as const,
  notes: [] as const,
};

interface Row {
  readonly id: string;
  /** `crashed`, `no answer`, `other version` (only kill works), or the state of the build. */
  readonly state: string;
  /** Of the program that runs it. */
  readonly version: string;
  readonly context: string;
  readonly dockerfile: string;
  readonly startedAtMs: number;
  readonly builder: string | null;
  readonly shells: number;
  readonly clients: number;
  /** When it ends by itself if nobody comes; null: not as things are. */
  readonly endsAtMs: number | null;
}

/** Resolves with the exit status. Throws `BxError`. */
export async function runLs(args: readonly string[]): Promise<number> {
  const flags = readSessionFlags('ls', [JSON_FLAG], HELP, args);
  if (flags === null) return EXIT_OK;
  const found = listSessions(sessionRoot(flags.text('root'), process.env));
  const rows = await Promise.all(found.map(describe));
  if (flags.bool('json')) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else process.stdout.write(render(rows));
  return EXIT_OK;
}

async function describe(session: FoundSession): Promise<Row> {
  const { id, version, context, dockerfile, startedAtMs, cwd } = session.record;
  const about = { id, version, context: context === '.' ? basename(cwd) : context, dockerfile, startedAtMs };
  const unknown = { builder: null, shells: 0, clients: 0, endsAtMs: null };
  if (session.state === 'crashed') return { ...about, state: 'crashed', ...unknown };
  try {
    const remote = await connectTo(session, { kind: 'command', isReadOnly: true });
    const { state, clients, idleEndsAtMs } = remote;
    remote.leave();
    return {
      ...about,
      state: selectCurrent(state)?.status ?? 'starting',
      builder: state.engine?.name ?? null,
      shells: state.processes.filter(({ endedAtMs }) => endedAtMs === null).length,
      clients: clients.filter(({ kind }) => kind === 'screen').length,
      endsAtMs: idleEndsAtMs,
    };
  } catch (error) {
    const isOther = toBxError(error).code === 'unsupported';
    return { ...about, state: isOther ? 'other version' : 'no answer', ...unknown };
  }
}

function render(rows: readonly Row[]): string {
  if (rows.length === 0) return 'No session. bxtui build --detach . starts one.\n';
  const table = rows.map((row) => [
    row.id,
    row.state === 'other version' ? `version ${row.version}` : row.state,
    row.context,
    duration(Date.now() - row.startedAtMs),
    row.builder ?? '-',
    String(row.shells),
    String(row.clients),
    row.endsAtMs === null ? '-' : `in ${duration(row.endsAtMs - Date.now())}`,
  ]);
  return `${renderTable(
    ['ID', 'STATE', 'CONTEXT', 'AGE', 'ENGINE', 'SHELLS', 'SCREENS', 'ENDS'],
    table.map((cells) => cells.map(printableLine)),
  )}\n`;
}

function duration(elapsedMs: number): string {
  const minutes = Math.round(elapsedMs / 60_000);
  if (minutes < 1) return '<1m';
  if (minutes < 60) return `${minutes}m`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)}h` : `${Math.round(minutes / 1440)}d`;
}
