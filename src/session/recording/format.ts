/**
 * The record of a session as lines of JSON: a header, a snapshot, then what happened, each with its time. The same lines make up a
 * segment on disk and, compressed, an exported file. It must not touch files.
 */
import type { SessionEvent } from '../../core/events.js';
import type { SessionState, StepKey } from '../../core/model/index.js';
import { BxError } from '../../platform/errors.js';
import type { StepLog } from '../session.js';
import { checkEvent, checkState } from './shapes.js';

export const FORMAT = 'bxtui-record';
/** Raised when an older reader would misunderstand what is written; fields may be added without that. */
export const FORMAT_VERSION = 1;

export interface RecordHeader {
  readonly type: 'header';
  readonly format: typeof FORMAT;
  readonly version: number;
  /** Version of the program that wrote it. */
  readonly program: string;
  readonly session: string;
  /** Of the process that wrote it, on its machine. */
  readonly pid: number;
  /** Counts from 1; one that begins with a later segment has lost its beginning to its bound. */
  readonly segment: number;
  readonly atMs: number;
  readonly context: string;
  /** Set in exported files. */
  readonly isRedacted?: boolean;
}

/** Bytes of a terminal: as text where they are UTF-8, else in base64. */
export type Bytes = { readonly text: string } | { readonly base64: string };

export interface TerminalSnapshot {
  readonly process: string;
  readonly cols: number;
  readonly rows: number;
  readonly replay: Bytes;
}

export interface LogSnapshot {
  readonly generation: number;
  readonly step: StepKey;
  readonly log: StepLog;
}

export interface Snapshot {
  readonly type: 'snapshot';
  readonly atMs: number;
  readonly state: SessionState;
  readonly logs: readonly LogSnapshot[];
  readonly terminals: readonly TerminalSnapshot[];
}

/** What is played; all times are those of the recording's clock, ms since the epoch. */
export type Entry =
  | Snapshot
  | { readonly type: 'event'; readonly atMs: number; readonly event: SessionEvent }
  | { readonly type: 'output'; readonly atMs: number; readonly process: string; readonly data: Bytes }
  | { readonly type: 'resize'; readonly atMs: number; readonly process: string; readonly cols: number; readonly rows: number }
  /** Output that came faster than it could be kept; what follows may begin anywhere. */
  | { readonly type: 'dropped'; readonly atMs: number; readonly process: string; readonly bytes: number }
  /** The session ended in order; a record without it was cut off. */
  | { readonly type: 'end'; readonly atMs: number };

export function encodeLine(entry: Entry | RecordHeader): string {
  return `${JSON.stringify(entry)}\n`;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function encodeBytes(data: Uint8Array): Bytes {
  try {
    return { text: strict.decode(data) };
  } catch {
    return { base64: Buffer.from(data).toString('base64') };
  }
}

export function decodeBytes(bytes: Bytes): Uint8Array {
  return 'text' in bytes ? Buffer.from(bytes.text) : Buffer.from(bytes.base64, 'base64');
}

/** Throws `BxError('input')` for what is no record's first line, and for a record that this version cannot read. */
export function parseHeader(line: string): RecordHeader {
  const value = parseObject(line);
  if (value?.format !== FORMAT) throw new BxError('input', 'it is no record of a session');
  const { version, program } = value;
  if (typeof version !== 'number' || version > FORMAT_VERSION) {
    throw new BxError('unsupported', `the record was made by bxtui ${printed(program)}, which is newer than this program`, {
      hint: `Play it with bxtui ${printed(program)} or newer.`,
    });
  }
  const header = value as unknown as RecordHeader;
  if (typeof header.session !== 'string' || !isTime(header.atMs) || !Number.isInteger(header.segment)) {
    throw new BxError('input', 'the first line of the record is damaged');
  }
  return { ...header, context: printed(header.context), program: printed(program) };
}

/** Null: an entry of a kind that this version does not know. Throws an error whose message says what is wrong with the line. */
export function parseEntry(line: string): Entry | null {
  const value = parseObject(line);
  if (value === null || typeof value.type !== 'string' || !isTime(value.atMs)) throw new Error('a line that is no entry');
  const entry = value as unknown as Entry;
  switch (entry.type) {
    case 'event':
      checkEvent(entry.event);
      return entry;
    case 'output':
      requireThat(typeof entry.process === 'string' && isBytes(entry.data), 'output');
      return entry;
    case 'resize':
      requireThat(typeof entry.process === 'string' && isSize(entry), 'a size');
      return entry;
    case 'dropped':
      requireThat(typeof entry.process === 'string' && typeof entry.bytes === 'number', 'a gap');
      return entry;
    case 'snapshot':
      checkSnapshot(entry);
      return entry;
    case 'end':
      return entry;
    default:
      return null;
  }
}

function checkSnapshot({ state, logs, terminals }: Snapshot): void {
  checkState(state);
  requireThat(Array.isArray(logs) && logs.every(isLog), 'a snapshot without its logs');
  requireThat(
    Array.isArray(terminals) && terminals.every((one) => typeof one?.process === 'string' && isSize(one) && isBytes(one.replay)),
    'a snapshot without its terminals',
  );
}

function isLog(value: LogSnapshot | null): boolean {
  const { generation, step, log } = value ?? {};
  return (
    typeof generation === 'number' &&
    typeof step === 'string' &&
    typeof log?.head === 'string' &&
    typeof log.tail === 'string' &&
    typeof log.omittedBytes === 'number'
  );
}

function parseObject(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function requireThat(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`${what} that makes no sense`);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

const MAX_CELLS = 10_000;

function isSize({ cols, rows }: { readonly cols: unknown; readonly rows: unknown }): boolean {
  const isCount = (value: unknown): boolean =>
    Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_CELLS;
  return isCount(cols) && isCount(rows);
}

function isBytes(value: unknown): boolean {
  const { text, base64 } = (value ?? {}) as { readonly text?: unknown; readonly base64?: unknown };
  return typeof text === 'string' || typeof base64 === 'string';
}

function printed(value: unknown): string {
  return typeof value === 'string' ? value.replace(/[^\x20-\x7e]/g, '').slice(0, 200) : 'of an unknown version';
}
