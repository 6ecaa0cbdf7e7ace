/**
 * Keeps the record of a session that runs: what happens, and what its terminals print. It listens, holds nothing up, and writes in
 * batches; when writing fails it says so once and records no more. What people type is not recorded.
 */
import type { Disposable } from '../../platform/byte-channel.js';
import { type BxError, toBxError } from '../../platform/errors.js';
import type { SessionClient, Terminal } from '../session.js';
import { snapshotLogs } from '../wire/snapshot.js';
import { createEntryScrubber } from './entry-scrubber.js';
import {
  type Entry,
  encodeBytes,
  encodeLine,
  FORMAT,
  FORMAT_VERSION,
  type RecordHeader,
  type TerminalSnapshot,
} from './format.js';
import { createPending, type Happening } from './pending.js';
import { createSegments } from './segments.js';

export interface RecordBounds {
  /** From where a segment is ended; what is written at once comes on top. */
  readonly segmentBytes: number;
  readonly sessionBytes: number;
}

export const RECORD_BOUNDS: RecordBounds = { segmentBytes: 16 << 20, sessionBytes: 64 << 20 };

const FLUSH_MS = 250;
/** Waiting to be written; a disk that is so slow gets no more. */
const MAX_PENDING = 64 << 20;
const SNAPSHOT_LOG_CHARS = 256 << 10;
const SNAPSHOT_LOGS_CHARS = 2 << 20;
const SNAPSHOT_REPLAY_BYTES = 256 << 10;
/** Of all terminals together, those of the newest programs first. */
const SNAPSHOT_REPLAYS_BYTES = 8 << 20;
/** How long what may be the beginning of a secret waits for the rest of it: somebody may be typing it. */
const HELD_MS = 2_000;
const FINISH_WITHIN_MS = 2_000;

export interface RecorderOptions {
  readonly session: SessionClient;
  /** Of this record alone, made already. */
  readonly directory: string;
  readonly header: Pick<RecordHeader, 'program' | 'session' | 'pid' | 'context'>;
  /** Values that must not get on the disk. */
  readonly secrets: readonly string[];
  /** More are on their way: until `conceal` nothing gets on the disk. */
  readonly awaitsSecrets?: boolean;
  readonly bounds?: RecordBounds;
  readonly now: () => number;
  /** Once, and the last call: nothing more is recorded. */
  onFailed(error: BxError): void;
  /** A segment was begun: the records may be too much together. */
  onSegment?(): void;
}

interface Beginning {
  readonly header: RecordHeader;
  readonly snapshot: Entry;
}

export interface Recorder {
  /** Values that must not get on the disk from now on, with what has happened and is not written yet. */
  conceal(secrets: readonly string[]): void;
  /** The session has ended: writes what is left and says so in the record. Resolves within 2 s, whatever the disk does. Never rejects. */
  finish(): Promise<void>;
}

/** Begins with the session as it is now. */
export function startRecording(options: RecorderOptions): Recorder {
  const { session, now, bounds = RECORD_BOUNDS } = options;
  const pending = createPending();
  const secrets = new Set(options.secrets);
  let scrubber = createEntryScrubber(secrets);
  /** What an earlier scrubber has held back. */
  const heldBefore: Entry[] = [];
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const segments = createSegments(options.directory, bounds.sessionBytes);
  const terminals = new Map<string, { readonly terminal: Terminal; cols: number; rows: number }>();
  const listeners: Disposable[] = [];
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();
  let isWriting = false;
  let isStopped = false;
  let snapshotBytes = 0;

  const stop = (): void => {
    isStopped = true;
    if (timer !== null) clearTimeout(timer);
    for (const listener of listeners) listener.dispose();
    for (const { terminal } of terminals.values()) terminal.detach();
  };
  const fail = (error: unknown): void => {
    if (isStopped) return;
    stop();
    void segments.close().catch(() => undefined);
    options.onFailed(toBxError(error, 'state'));
  };
  const schedule = (): void => {
    if (isStopped) return;
    if (pending.size > MAX_PENDING) fail(new Error('the disk is too slow'));
    else timer ??= setTimeout(flush, FLUSH_MS).unref();
  };

  function listenTo(id: string, isNew: boolean): void {
    if (terminals.has(id)) return;
    const terminal = session.terminal(id);
    const entry = { terminal, ...terminal.size };
    terminals.set(id, entry);
    if (isNew) pending.resize(now(), id, entry.cols, entry.rows);
    const onData = entry.terminal.onData((data) => {
      pending.output(now(), id, data);
      schedule();
    });
    const onSize = entry.terminal.onSize(({ cols, rows }) => {
      entry.cols = cols;
      entry.rows = rows;
      pending.resize(now(), id, cols, rows);
      schedule();
    });
    listeners.push(onData, onSize);
  }

  /** The session as it is in this turn, as the beginning of a segment. */
  function beginning(): Beginning {
    const atMs = now();
    const header: RecordHeader = {
      type: 'header',
      format: FORMAT,
      version: FORMAT_VERSION,
      segment: segments.next,
      atMs,
      ...options.header,
    };
    const logs = snapshotLogs(session, SNAPSHOT_LOG_CHARS, SNAPSHOT_LOGS_CHARS).map(({ log, ...at }) => ({
      ...at,
      log: { ...log, file: null },
    }));
    const snapshot: Entry = {
      type: 'snapshot',
      atMs,
      state: session.state,
      logs,
      terminals: terminalSnapshots(),
    };
    return { header, snapshot };
  }

  function terminalSnapshots(): TerminalSnapshot[] {
    let room = SNAPSHOT_REPLAYS_BYTES;
    const newestFirst = [...terminals].toReversed().map(([process, { terminal, cols, rows }]) => {
      const replay = newestOf(terminal, Math.min(room, SNAPSHOT_REPLAY_BYTES));
      room -= replay.length;
      return { process, cols, rows, replay: encodeBytes(replay) };
    });
    return newestFirst.toReversed();
  }

  function encodeBeginning({ header, snapshot }: Beginning): string {
    return encodeLine(header) + scrubbed([snapshot]).map(encodeLine).join('');
  }

  function encode(happenings: readonly Happening[]): string {
    const entries = scrubbed([...heldBefore.splice(0), ...happenings.map(toEntry)]);
    return [...entries, ...scrubber.release(now(), HELD_MS)].map(encodeLine).join('');
  }

  function scrubbed(entries: readonly Entry[]): readonly Entry[] {
    return secrets.size === 0 ? entries : entries.flatMap((entry) => scrubber.push(entry));
  }

  function flush(): void {
    timer = null;
    if (isStopped || isWriting) return;
    isWriting = true;
    writing = write()
      .catch(fail)
      .finally(() => {
        isWriting = false;
        if (pending.size > 0 || scrubber.isHolding) schedule();
      });
  }

  /** All that is encoded is of this turn; only writing it takes its time. */
  async function write(): Promise<void> {
    const text = encode(pending.take());
    const limit = Math.max(bounds.segmentBytes, 2 * snapshotBytes);
    const isFull = segments.bytes + text.length >= limit && !scrubber.isHolding;
    const next = isFull ? encodeBeginning(beginning()) : null;
    if (text !== '') await segments.append(text);
    if (next !== null) await begin(next);
  }

  async function begin(text: string): Promise<void> {
    snapshotBytes = text.length;
    await segments.begin(text);
    options.onSegment?.();
  }

  for (const { id } of session.state.processes) listenTo(id, false);
  listeners.push(
    session.onEvent((event) => {
      pending.event(now(), event);
      if (event.type === 'process.updated') listenTo(event.process.id, true);
      schedule();
    }),
  );
  if (!options.awaitsSecrets) open();
  const first = beginning();
  isWriting = true;
  writing = opened
    .then(() => begin(encodeBeginning(first)))
    .catch(fail)
    .finally(() => {
      isWriting = false;
      if (pending.size > 0) schedule();
    });

  async function end(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    open();
    await writing;
    if (isStopped) return;
    const text = encode(pending.take());
    const last: Entry = { type: 'end', atMs: now() };
    stop();
    await segments.append(text + scrubbed([last]).map(encodeLine).join(''));
    await segments.close();
  }

  return {
    conceal(more) {
      const before = secrets.size;
      for (const secret of more) secrets.add(secret);
      if (secrets.size > before) {
        heldBefore.push(...scrubber.release(now(), 0));
        scrubber = createEntryScrubber(secrets);
        schedule();
      }
      open();
    },
    async finish() {
      const timeout = new Promise<void>((resolve) => setTimeout(resolve, FINISH_WITHIN_MS).unref());
      await Promise.race([end().catch(() => undefined), timeout]);
    },
  };
}

function toEntry(happening: Happening): Entry {
  switch (happening.kind) {
    case 'event':
      return { type: 'event', atMs: happening.atMs, event: happening.event };
    case 'output': {
      const { atMs, process, chunks } = happening;
      return { type: 'output', atMs, process, data: encodeBytes(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)) };
    }
    case 'resize': {
      const { atMs, process, cols, rows } = happening;
      return { type: 'resize', atMs, process, cols, rows };
    }
    case 'dropped':
      return { type: 'dropped', atMs: happening.atMs, process: happening.process, bytes: happening.bytes };
  }
}

/** What it replays, or the whole lines at its end for which there is room. */
function newestOf(terminal: Terminal, maxBytes: number): Uint8Array {
  if (maxBytes === 0) return new Uint8Array(0);
  const replay = terminal.replay();
  if (replay.length <= maxBytes) return replay;
  const cut = replay.subarray(replay.length - maxBytes);
  return cut.subarray(cut.indexOf(10) + 1);
}
