/**
 * A record as a function of its place: state, logs and terminals after any number of its entries. Going back costs no more than going on:
 * states are kept at distances, output is found by its index. It knows no clock and no listeners.
 */
import type { SessionState, StepKey } from '../../core/model/index.js';
import { initialState, reduce, stepsAt } from '../../core/reduce/index.js';
import { createLogStore, type LogStore } from '../log-store.js';
import { type StepLog, TERMINAL_REPLAY_BYTES } from '../session.js';
import { decodeBytes, type Entry } from './format.js';

const CHECKPOINT_ENTRIES = 512;
/** Ends what was cut off in the middle of output, so that the rest is not taken for a part of it. */
const RESUME = Buffer.from('\x18\x1b\\\x1b[0m');

export interface Timeline {
  readonly length: number;
  /** Since the first entry. */
  timeOf(index: number): number;
  readonly durationMs: number;
  readonly startMs: number;
  entry(index: number): Entry;
  /** How many entries have happened by then. */
  countAt(positionMs: number): number;
  /** After so many entries. */
  stateAfter(count: number): SessionState;
  stepLog(count: number, generation: number, step: StepKey): StepLog;
  /** What a terminal has printed, its newest MiB. */
  output(count: number, process: string): Uint8Array;
  size(count: number, process: string): { readonly cols: number; readonly rows: number };
  /** Counts after which something has happened to the session: those of one millisecond are one. */
  readonly stops: readonly number[];
}

/** Bytes that an entry prints on its terminal. */
export function printedBytes(entry: Entry): Uint8Array {
  if (entry.type === 'output') return decodeBytes(entry.data);
  return entry.type === 'dropped' ? RESUME : new Uint8Array();
}

export function createTimeline(entries: readonly Entry[]): Timeline {
  const startMs = entries[0]?.atMs ?? 0;
  const checkpoints: SessionState[] = [initialState()];
  const logIndexes = new Map<string, number[]>();
  const logStores = new Map<string, { store: LogStore; count: number; next: number }>();
  const printed = new Map<string, number[]>();
  const sized = new Map<string, number[]>();
  const snapshots: number[] = [];
  const stops: number[] = [];
  /** Entries up to here have been folded once; the logs' index reaches as far. */
  let folded = 0;

  entries.forEach((entry, index) => {
    if (entry.type === 'snapshot') snapshots.push(index);
    else if (entry.type === 'output' || entry.type === 'dropped') addTo(printed, entry.process, index);
    else if (entry.type === 'resize') addTo(sized, entry.process, index);
    else if (entry.type === 'event' && entries[index + 1]?.atMs === entry.atMs && entries[index + 1]?.type === 'event') return;
    if (entry.type === 'event') stops.push(index + 1);
  });

  /** Takes in the entries from `from` to before `to`, which have no checkpoint between them and are one, or a log's. */
  const fold = (state: SessionState, from: number, to: number): SessionState => {
    const next = taken(state, to === from + 1 ? entries[from]! : joined(entries.slice(from, to)));
    if (to <= folded) return next;
    for (const key of logKeysOf(entries[from]!, next)) {
      for (let index = Math.max(from, folded); index < to; index++) addTo(logIndexes, key, index);
    }
    folded = to;
    if (folded % CHECKPOINT_ENTRIES === 0) checkpoints[folded / CHECKPOINT_ENTRIES] = next;
    return next;
  };
  /** Where what may be taken in together with this entry ends. */
  const endOfRun = (from: number, count: number): number => {
    const log = logOf(entries[from]!);
    const limit = Math.min(count, (Math.floor(from / CHECKPOINT_ENTRIES) + 1) * CHECKPOINT_ENTRIES);
    let to = from + 1;
    if (log !== null) while (to < limit && isSameLog(log, logOf(entries[to]!))) to++;
    return to;
  };
  let last = { count: 0, state: checkpoints[0]! };
  const stateAfter = (count: number): SessionState => {
    const from = Math.min(Math.floor(count / CHECKPOINT_ENTRIES), checkpoints.length - 1);
    let at = from * CHECKPOINT_ENTRIES;
    let state = checkpoints[from]!;
    if (last.count <= count && last.count >= at) ({ count: at, state } = last);
    while (at < count) {
      const to = endOfRun(at, count);
      state = fold(state, at, to);
      at = to;
    }
    last = { count, state };
    return state;
  };
  const snapshotBefore = (count: number) => {
    const index = snapshots[countBelow(snapshots, count) - 1] ?? 0;
    const entry = entries[index];
    return { index, snapshot: entry?.type === 'snapshot' ? entry : null };
  };

  return {
    length: entries.length,
    startMs,
    durationMs: (entries.at(-1)?.atMs ?? startMs) - startMs,
    stops,
    timeOf: (index) => (entries[index]?.atMs ?? startMs) - startMs,
    entry: (index) => entries[index]!,
    countAt(positionMs) {
      let low = 0;
      for (let high = entries.length; low < high; ) {
        const middle = (low + high) >> 1;
        if (entries[middle]!.atMs - startMs <= positionMs) low = middle + 1;
        else high = middle;
      }
      return low;
    },
    stateAfter,
    stepLog(count, generation, step) {
      if (folded < count) stateAfter(count);
      const key = `${generation}/${step}`;
      const { index, snapshot } = snapshotBefore(count);
      let known = logStores.get(key);
      if (known === undefined || known.count > count || known.count <= index) {
        known = { store: createLogStore(null), count: index + 1, next: countBelow(logIndexes.get(key) ?? [], index) };
        const seed = snapshot?.logs.find((one) => one.generation === generation && one.step === step);
        if (seed !== undefined) known.store.seed(generation, step, { ...seed.log, file: null });
        logStores.set(key, known);
      }
      const indexes = logIndexes.get(key) ?? [];
      for (; known.next < indexes.length && indexes[known.next]! < count; known.next++) {
        known.store.append(generation, step, logText(entries[indexes[known.next]!]!));
      }
      known.count = count;
      return known.store.read(generation, step);
    },
    output(count, process) {
      const { index, snapshot } = snapshotBefore(count);
      const indexes = printed.get(process) ?? [];
      const parts: Uint8Array[] = [];
      let bytes = 0;
      for (let at = countBelow(indexes, count) - 1; at >= 0 && indexes[at]! > index && bytes < TERMINAL_REPLAY_BYTES; at--) {
        const part = printedBytes(entries[indexes[at]!]!);
        parts.unshift(part);
        bytes += part.length;
      }
      const before = snapshot?.terminals.find((one) => one.process === process);
      if (bytes < TERMINAL_REPLAY_BYTES && before !== undefined) parts.unshift(decodeBytes(before.replay));
      const all = Buffer.concat(parts);
      if (all.length <= TERMINAL_REPLAY_BYTES) return all;
      const cut = all.subarray(all.length - TERMINAL_REPLAY_BYTES);
      return cut.subarray(cut.indexOf(10) + 1);
    },
    size(count, process) {
      const { index, snapshot } = snapshotBefore(count);
      const indexes = sized.get(process) ?? [];
      const at = indexes[countBelow(indexes, count) - 1];
      const entry = at !== undefined && at > index ? entries[at] : snapshot?.terminals.find((one) => one.process === process);
      return entry !== undefined && 'cols' in entry ? { cols: entry.cols, rows: entry.rows } : { cols: 80, rows: 24 };
    },
  };
}

function taken(state: SessionState, entry: Entry): SessionState {
  if (entry.type === 'snapshot') return entry.state;
  return entry.type === 'event' ? reduce(state, entry.event) : state;
}

interface Log {
  readonly generation: number;
  readonly digest: string;
  readonly text: string;
}

function logOf(entry: Entry): Log | null {
  if (entry.type !== 'event' || entry.event.type !== 'engine.reported') return null;
  const { generation, event } = entry.event;
  return event.type === 'log.appended' ? { generation, digest: event.digest, text: event.text } : null;
}

function isSameLog(a: Log, b: Log | null): boolean {
  return b !== null && a.digest === b.digest && a.generation === b.generation;
}

/** Entries of one log as one, so that a long log costs no more than a short one. */
function joined(entries: readonly Entry[]): Entry {
  const last = entries.at(-1)!;
  if (last.type !== 'event' || last.event.type !== 'engine.reported' || last.event.event.type !== 'log.appended') return last;
  const text = entries.map(logText).join('');
  return { ...last, event: { ...last.event, event: { ...last.event.event, text } } };
}

function logKeysOf(entry: Entry, state: SessionState): string[] {
  const log = logOf(entry);
  if (log === null) return [];
  const generation = state.generations.find(({ number }) => number === log.generation);
  return stepsAt(generation, log.digest).map((step) => `${log.generation}/${step}`);
}

function logText(entry: Entry): string {
  return logOf(entry)?.text ?? '';
}

function addTo(lists: Map<string, number[]>, key: string, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** How many of these ascending numbers are below a limit. */
function countBelow(ascending: readonly number[], limit: number): number {
  let low = 0;
  for (let high = ascending.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
