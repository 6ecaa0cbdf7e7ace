/**
 * Where the records of a person's sessions are: a directory of theirs alone with one directory for each record, which outlives its
 * session. It must not know what is in a record beyond its first line.
 */
import { mkdirSync } from 'node:fs';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BxError } from '../../platform/errors.js';
import { makeDirectory } from '../../platform/make-directory.js';
import { isSameProcess } from '../../platform/process-birth.js';
import { writeReasonOf } from '../../platform/reason.js';
import { stateDirectory } from '../../platform/state-directory.js';
import { checkRoot } from '../records/root-dir.js';
import { parseHeader, type RecordHeader } from './format.js';
import { segmentNames } from './segments.js';

/** All records of a person together, and how many there may be; the oldest go first. */
export const STORE_BOUNDS = { bytes: 512 << 20, count: 200 } as const;

const HEADER_BYTES = 4096;
const END_BYTES = 256;
const END = '{"type":"end",';

export interface StoredRecord {
  readonly id: string;
  readonly directory: string;
  readonly bytes: number;
  /** When something was written to it last. */
  readonly writtenAtMs: number;
  /** Of the oldest segment that is there; null: it cannot be read. */
  readonly header: RecordHeader | null;
  /** Its session has ended in order: nothing more comes. */
  readonly isEnded: boolean;
}

/** `given`: `--root`, whose sessions have their records beside them. Else below XDG_STATE_HOME, which outlives a login and a reboot. */
export function recordsRoot(given: string | null, env: NodeJS.ProcessEnv): string {
  const named = given ?? (env.BXTUI_ROOT || null);
  if (named !== null) return join(resolve(named), 'records');
  return join(stateDirectory(env), 'records');
}

/** Throws `BxError('state')` when there is no place for a record that is this person's alone. */
export function createRecordDirectory(root: string, id: string): string {
  const directory = join(root, id);
  try {
    makeDirectory(root);
    checkRoot(root);
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (error instanceof BxError) throw error;
    throw new BxError('state', `no record can be kept in ${root}: ${writeReasonOf(error)}`, {
      hint: 'Make it writable, or name another place with BXTUI_ROOT.',
      cause: error,
    });
  }
  return directory;
}

/** The oldest first; what is no record is passed over. Throws `BxError('state')` for a directory that is not safe. */
export async function listRecords(root: string): Promise<StoredRecord[]> {
  const names = await namesIn(root);
  const files = (await Promise.all(names.map((name) => measure(join(root, name), name)))).flatMap((one) => one ?? []);
  return (await Promise.all(files.sort(byAge).map(describe))).flatMap((one) => one ?? []);
}

/** By its id or the beginning of just one. Throws `BxError('not-found')`. */
export async function findRecord(root: string, wanted: string): Promise<StoredRecord> {
  const all = await listRecords(root);
  const exact = all.find(({ id }) => id === wanted);
  const matches = exact ? [exact] : all.filter(({ id }) => wanted !== '' && id.startsWith(wanted));
  if (matches[0] !== undefined && matches.length === 1) return matches[0];
  throw new BxError('not-found', matches.length === 0 ? `no record of a session ${wanted}` : `${wanted} begins several records`, {
    hint:
      all.length === 0
        ? 'There is none: sessions of bxtui build --detach are recorded.'
        : 'bxtui record ls lists them; a file is named by its path.',
  });
}

export async function removeStoredRecord({ directory }: StoredRecord): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}

/**
 * Makes room: whole records, the oldest first, none that is still being written. Their sizes are looked at one after another, and only
 * those that may go are opened: somebody types into a shell of this process meanwhile.
 */
export async function pruneRecords(
  root: string,
  bounds: { readonly bytes: number; readonly count: number } = STORE_BOUNDS,
): Promise<void> {
  const all: RecordFiles[] = [];
  for (const name of await namesIn(root)) {
    const files = await measure(join(root, name), name);
    if (files !== null) all.push(files);
  }
  all.sort(byAge);
  let bytes = all.reduce((sum, record) => sum + record.bytes, 0);
  let count = all.length;
  for (const files of all) {
    if (bytes <= bounds.bytes && count <= bounds.count) return;
    const record = await describe(files);
    if (record === null || isBeingWritten(record)) continue;
    await removeStoredRecord(record);
    bytes -= record.bytes;
    count--;
  }
}

/** A process id that was given to another since only keeps a record longer. */
export function isBeingWritten({ header, isEnded }: StoredRecord): boolean {
  if (isEnded || header === null || !Number.isInteger(header.pid) || header.pid <= 0) return false;
  return isSameProcess(header.pid, null);
}

/** What a record takes, without a look into its files. */
interface RecordFiles extends Pick<StoredRecord, 'id' | 'directory' | 'bytes' | 'writtenAtMs'> {
  /** At least one, the oldest first. */
  readonly segments: readonly string[];
}

const byAge = (a: RecordFiles | StoredRecord, b: RecordFiles | StoredRecord): number => a.writtenAtMs - b.writtenAtMs;

/** Throws `BxError('state')` for a directory that is not safe. */
function namesIn(root: string): Promise<string[]> {
  checkRoot(root);
  return readdir(root).catch(() => []);
}

/** Null: it is no record, or goes in this moment. */
async function measure(directory: string, id: string): Promise<RecordFiles | null> {
  try {
    const segments = (await segmentNames(directory)).map((name) => join(directory, name));
    if (segments.length === 0) return null;
    const stats = await Promise.all(segments.map((path) => stat(path)));
    const bytes = stats.reduce((sum, { size }) => sum + size, 0);
    return { id, directory, segments, bytes, writtenAtMs: Math.max(...stats.map(({ mtimeMs }) => mtimeMs)) };
  } catch {
    return null;
  }
}

/** Null: it cannot be opened, or goes in this moment. */
async function describe({ segments, ...files }: RecordFiles): Promise<StoredRecord | null> {
  try {
    return { ...files, header: await firstHeader(segments[0]!), isEnded: await hasEnd(segments.at(-1)!) };
  } catch {
    return null;
  }
}

async function hasEnd(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(END_BYTES), 0, END_BYTES, Math.max(0, size - END_BYTES));
    return buffer.toString('latin1', 0, bytesRead).trimEnd().split('\n').at(-1)!.startsWith(END);
  } finally {
    await file.close();
  }
}

async function firstHeader(path: string): Promise<RecordHeader | null> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return parseHeader(buffer.toString('utf8', 0, bytesRead).split('\n')[0]!);
  } catch {
    return null;
  } finally {
    await file.close();
  }
}
