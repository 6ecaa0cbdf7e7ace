/**
 * What is known on disk of each session: who runs it, where it is reached, what it is about. A record outlives a session that has crashed;
 * one that ended in order is removed by its server. It must not open connections.
 */
import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BxError } from '../../platform/errors.js';
import { makeDirectory } from '../../platform/make-directory.js';
import { isSameProcess, processBirth } from '../../platform/process-birth.js';
import { cannotKeep, checkRoot, prepareRoot } from './root-dir.js';

export interface SessionRecord {
  readonly id: string;
  /** Of the server. */
  readonly pid: number;
  /** A process id is used again; the moment at which its process began is not (proc(5), stat, field 22). Null where it cannot be had. */
  readonly bornAt: string | null;
  readonly version: string;
  readonly startedAtMs: number;
  /** As on the command line. */
  readonly context: string;
  /** Absolute. */
  readonly dockerfile: string;
  /** Empty: it was gone when the session began. */
  readonly cwd: string;
  /** The command line behind `bxtui build`, without the tokens and keys of caches, paths in it as from `cwd`; missing in the records of older programs. */
  readonly args?: readonly string[];
}

export interface FoundSession {
  readonly record: SessionRecord;
  /** `crashed`: its server is gone and has not put things away. */
  readonly state: 'running' | 'crashed';
  readonly socket: string;
  /** A file with what a client has to say at its entrance. */
  readonly token: string;
  readonly log: string;
}

/** Makes the directory and the record of a session; the server fills in the rest. Throws `BxError('state')`. */
export function createRecord(root: string, record: Omit<SessionRecord, 'bornAt'>): FoundSession {
  makeSessionDirectory(root, record.id);
  const whole = { ...record, bornAt: processBirth(record.pid)?.bornAt ?? null };
  const file = join(root, record.id, 'session.json');
  try {
    writeFileSync(`${file}.part`, `${JSON.stringify(whole)}\n`, { mode: 0o600 });
    renameSync(`${file}.part`, file);
  } catch (error) {
    throw cannotKeep(root, error);
  }
  return describe(root, whole);
}

/** The one with this very id; null where there is no record that can be read. */
export function lookUpSession(root: string, id: string): FoundSession | null {
  return readRecord(root, id);
}

/** Safe to call twice. */
export function removeRecord(root: string, id: string): void {
  rmSync(join(root, id), { recursive: true, force: true });
}

/** Where the server of a session says what goes wrong; made before the server is. Throws `BxError('state')`. */
export function prepareLog(root: string, id: string): string {
  makeSessionDirectory(root, id);
  return pathsOf(root, id).log;
}

/** Makes a file part of a session that is about to begin, and gives its new path; it goes with the record. Throws `BxError('state')`. */
export function adoptInput(root: string, id: string, file: string): string {
  makeSessionDirectory(root, id);
  const path = join(root, id, 'stdin');
  try {
    moveFile(file, path);
  } catch (error) {
    throw cannotKeep(root, error);
  }
  return path;
}

function moveFile(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    copyFileSync(from, to);
    rmSync(from);
  }
}

function makeSessionDirectory(root: string, id: string): void {
  prepareRoot(root);
  try {
    makeDirectory(join(root, id));
  } catch (error) {
    throw cannotKeep(root, error);
  }
}

/** For logs that outgrow memory; goes with the record. */
export function spillDirectory(root: string, id: string): string {
  return join(root, id, 'logs');
}

/** The oldest first; what is no session is passed over. Throws `BxError('state')` for a root that is not safe. */
export function listSessions(root: string): FoundSession[] {
  checkRoot(root);
  let names: string[];
  try {
    names = readdirSync(root);
  } catch {
    return [];
  }
  return names.flatMap((name) => readRecord(root, name) ?? []).toSorted((a, b) => a.record.startedAtMs - b.record.startedAtMs);
}

/** `wanted`: an id, the beginning of just one, or the context of just one as the list names it; null: the only running one. Throws `BxError('not-found')`. */
export function findSession(root: string, wanted: string | null): FoundSession {
  const all = listSessions(root);
  if (wanted !== null) {
    const exact = all.find(({ record }) => record.id === wanted);
    const begun = exact ? [exact] : all.filter(({ record }) => record.id.startsWith(wanted));
    const matches = begun.length > 0 ? begun : all.filter(({ record }) => contextLabel(record) === wanted);
    if (matches[0] !== undefined && matches.length === 1) return matches[0];
    const hint =
      all.length === 0
        ? 'There is no session: bxtui build --detach . starts one.'
        : matches.length > 0
          ? `Name one by its ID: ${namesOf(matches)}`
          : `There are: ${namesOf(all)}`;
    throw new BxError(
      'not-found',
      matches.length === 0
        ? `no session ${wanted}`
        : begun.length > 0
          ? `${wanted} begins several sessions`
          : `${wanted} has several sessions`,
      { hint },
    );
  }
  const running = all.filter(({ state }) => state === 'running');
  if (running[0] !== undefined && running.length === 1) return running[0];
  if (running.length === 0) {
    throw new BxError('not-found', 'no session is running', { hint: 'bxtui build --detach . starts one.' });
  }
  throw new BxError('not-found', `${running.length} sessions are running`, { hint: `Name one: ${namesOf(running)}` });
}

/** What people call the context: `.` says nothing elsewhere. */
export function contextLabel({ context, cwd }: Pick<SessionRecord, 'context' | 'cwd'>): string {
  return context === '.' ? basename(cwd) : context;
}

function namesOf(sessions: readonly FoundSession[]): string {
  return sessions.map(({ record }) => `${record.id} (${contextLabel(record)})`).join(', ');
}

function readRecord(root: string, name: string): FoundSession | null {
  try {
    const record = JSON.parse(readFileSync(join(root, name, 'session.json'), 'utf8')) as SessionRecord;
    return record.id === name && Number.isInteger(record.pid) ? describe(root, record) : null;
  } catch {
    return null;
  }
}

function describe(root: string, record: SessionRecord): FoundSession {
  return { record, state: isSameProcess(record.pid, record.bornAt) ? 'running' : 'crashed', ...pathsOf(root, record.id) };
}

function pathsOf(root: string, id: string): Pick<FoundSession, 'socket' | 'token' | 'log'> {
  return { socket: join(root, id, 'socket'), token: join(root, id, 'token'), log: join(root, id, 'server.log') };
}
