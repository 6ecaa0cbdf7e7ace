/** What the commands know of sessions beside their own: rows for `list`, and which one people mean. It must not open connections. */
import type { SessionState } from '../core/model/index.js';
import { selectCurrent } from '../core/select/index.js';
import { BxError } from '../platform/errors.js';
import { printableLine } from '../platform/printable.js';
import { renderTable } from './table.js';

export interface SessionRow {
  readonly id: string;
  /** `crashed`, `no answer`, `other version` (only ending it works), or the state of the newest build. */
  readonly state: string;
  /** Of the program that runs it; null: this one. */
  readonly version: string | null;
  readonly context: string;
  readonly dockerfile: string;
  readonly startedAtMs: number;
  /** The engine; null when it is not known. */
  readonly builder: string | null;
  /** Processes that run. */
  readonly shells: number;
  /** Screens and monitors that are attached. */
  readonly clients: number;
  /** When it ends by itself if nobody comes; null: not as things are. */
  readonly endsAtMs: number | null;
}

export interface SessionDirectory {
  /** Cheap. Throws `BxError('state')` for a place that is not safe. */
  ids(): readonly string[];
  list(): Promise<readonly SessionRow[]>;
  /** Ends a session and its server, by force if need be; puts away what a crashed one has left. Throws `BxError`. */
  end(id: string): Promise<void>;
}

/** The directory as the commands of a front end use it. */
export interface MonitorSessions extends SessionDirectory {
  /** Goes to another session; returns what is said about it. Throws `BxError`. */
  attach(id: string): Promise<string>;
}

/** A session as it sees itself: this program is its only client. */
export function describeSession(state: SessionState): SessionRow {
  const generation = selectCurrent(state);
  return {
    id: state.id,
    state: generation?.status ?? 'starting',
    version: null,
    context: state.contextLabel,
    dockerfile: generation?.dockerfile.path ?? '',
    startedAtMs: state.startedAtMs,
    builder: state.engine?.name ?? null,
    shells: state.processes.filter(({ endedAtMs }) => endedAtMs === null).length,
    clients: 1,
    endsAtMs: null,
  };
}

/** `current`: the id that is marked; undefined: none is the current one, and there is no column for it. `width`: columns that there are. */
export function renderSessions(rows: readonly SessionRow[], nowMs: number, width?: number, current?: string | null): string {
  const table = rows.map((row) => [
    row.id,
    ...(current === undefined ? [] : [row.id === current ? 'yes' : '']),
    row.state === 'other version' ? `version ${row.version}` : row.state,
    sessionAge(nowMs - row.startedAtMs),
    engineInShort(row.builder),
    String(row.shells),
    String(row.clients),
    row.endsAtMs === null ? '-' : `in ${sessionAge(row.endsAtMs - nowMs)}`,
    // The last one, because it may be as long as a path.
    row.context,
  ]);
  return renderTable(
    ['ID', ...(current === undefined ? [] : ['CURRENT']), 'STATE', 'AGE', 'ENGINE', 'SHELLS', 'CLIENTS', 'ENDS', 'CONTEXT'],
    table.map((cells) => cells.map(printableLine)),
    width,
  );
}

/** Without the packager's suffix: `Docker 26.1.5`. */
function engineInShort(name: string | null): string {
  return name?.replace(/^Docker Engine/, 'Docker').replace(/[+~]\S+/, '') ?? '-';
}

/** `<1m`, `5m`, `3h`, `2d`. */
function sessionAge(elapsedMs: number): string {
  const minutes = Math.round(elapsedMs / 60_000);
  if (minutes < 1) return '<1m';
  if (minutes < 60) return `${minutes}m`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)}h` : `${Math.round(minutes / 1440)}d`;
}

/** The id that is meant by it or by its beginning; null: there is none. Throws `BxError('not-found')` for a beginning of several. */
export function matchSession(ids: readonly string[], wanted: string): string | null {
  if (ids.includes(wanted)) return wanted;
  const matches = wanted === '' ? [] : [...new Set(ids.filter((id) => id.startsWith(wanted)))];
  if (matches.length <= 1) return matches[0] ?? null;
  throw new BxError('not-found', `several sessions begin with ${wanted}: ${matches.join(', ')}`, {
    hint: 'list shows the sessions.',
  });
}

export function unknownId(id: string): BxError {
  return new BxError('not-found', `there is no process and no session ${id}`, {
    hint: 'ps lists the processes of this session, list the sessions.',
  });
}
