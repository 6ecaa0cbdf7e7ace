/**
 * The processes of a session: their ids, life and terminals. It owns the reading side of every process: output goes to the replay ring and
 * to whoever is attached; the slowest attached reader holds the program back, nobody attached holds nothing back.
 */
import type { ProcessState, ProcessSummary } from '../core/model/index.js';
import { type Container, type ContainerProcess, type ProcessExit, type ProcessSpec, RELEASED } from '../engine/engine.js';
import { BxError, toBxError } from '../platform/errors.js';
import { createReplayRing, type ReplayRing } from './replay-ring.js';
import { TERMINAL_REPLAY_BYTES, type Terminal, type TerminalSize } from './session.js';

/** What runs programs: a container, or this machine. */
export type Place = Pick<Container, 'id' | 'start'> & { readonly defaults?: Pick<Container['defaults'], 'user'> };

/** Of all programs together that have ended; those that ended first lose the beginning of theirs first. */
const ENDED_REPLAY_BYTES = 32 << 20;

interface Entry {
  summary: ProcessSummary;
  readonly place: Place;
  readonly ring: ReplayRing;
  readonly listeners: Set<(data: Uint8Array) => void>;
  readonly sizeListeners: Set<(size: TerminalSize) => void>;
  process: ContainerProcess | null;
  /** The last size asked for; given to the program even when it was asked for before the program ran. */
  size: TerminalSize;
}

export interface ProcessTable {
  /**
   * Starts a program; resolves when it runs, throws `BxError` when it cannot (the entry stays, as exited, with the reason). `args`: what
   * it is, for people, where `spec` leaves that to the place.
   */
  start(place: Place, kind: ProcessSummary['kind'], spec: ProcessSpec, args?: readonly string[]): Promise<ProcessSummary>;
  get(id: string): ProcessSummary;
  placeOf(id: string): Place;
  running(container: string): ProcessSummary[];
  terminal(id: string): Terminal;
  signal(id: string, name: string): Promise<void>;
  /** Marks what still runs as lost. */
  loseAll(reason: string): void;
}

export function createProcessTable(publish: (summary: ProcessSummary) => void, now: () => number): ProcessTable {
  const entries = new Map<string, Entry>();
  /** In this order. */
  const ended: Entry[] = [];

  const update = (entry: Entry, change: Partial<ProcessSummary>): void => {
    entry.summary = { ...entry.summary, ...change };
    publish(entry.summary);
  };
  const end = (entry: Entry, change: Pick<ProcessSummary, 'state' | 'exitCode' | 'reason'>): void => {
    update(entry, { ...change, endedAtMs: now() });
    ended.push(entry);
    let room = ENDED_REPLAY_BYTES;
    for (const { ring } of ended.toReversed()) room -= ring.shrink(room);
  };
  const find = (id: string): Entry => {
    return entries.get(matchingId([...entries.keys()], id))!;
  };
  const isOver = (entry: Entry) => entry.summary.endedAtMs !== null;

  return {
    async start(place, kind, spec, args = spec.args) {
      const id = `p${entries.size + 1}`;
      const entry: Entry = {
        summary: {
          id,
          container: place.id,
          kind,
          args,
          command: commandLine(args),
          tty: spec.tty,
          user: spec.user ?? (place.defaults === undefined ? null : place.defaults.user || 'root'),
          state: 'starting',
          startedAtMs: now(),
          endedAtMs: null,
          exitCode: null,
          reason: null,
        },
        place,
        ring: createReplayRing(TERMINAL_REPLAY_BYTES),
        listeners: new Set(),
        sizeListeners: new Set(),
        process: null,
        size: { cols: spec.cols, rows: spec.rows },
      };
      entries.set(id, entry);
      publish(entry.summary);
      try {
        const process = await place.start(spec);
        entry.process = process;
        process.onData((data) => {
          entry.ring.push(data);
          for (const listener of entry.listeners) listener(data);
        });
        if (entry.size.cols !== spec.cols || entry.size.rows !== spec.rows) process.resize(entry.size.cols, entry.size.rows);
        update(entry, { state: 'running' });
        void process.exited.then((exit) => {
          if (isOver(entry)) return;
          end(entry, { state: endState(exit), exitCode: exit.code, reason: exit.reason });
        });
      } catch (error) {
        end(entry, { state: 'exited', exitCode: null, reason: toBxError(error, 'engine').message });
        throw error;
      }
      return entry.summary;
    },
    get: (id) => find(id).summary,
    placeOf: (id) => find(id).place,
    running: (container) => [...entries.values()].filter((e) => e.place.id === container && !isOver(e)).map((e) => e.summary),
    terminal(id) {
      const entry = find(id);
      const listeners = new Set<(data: Uint8Array) => void>();
      const sizeListeners = new Set<(size: TerminalSize) => void>();
      let holds = 0;
      const release = (): void => {
        for (; holds > 0; holds--) entry.process?.resume();
      };
      return {
        process: entry.summary.id,
        replay: () => entry.ring.bytes(),
        onData(listener) {
          listeners.add(listener);
          entry.listeners.add(listener);
          return {
            dispose() {
              listeners.delete(listener);
              entry.listeners.delete(listener);
            },
          };
        },
        get size() {
          return entry.size;
        },
        onSize(listener) {
          sizeListeners.add(listener);
          entry.sizeListeners.add(listener);
          return {
            dispose() {
              sizeListeners.delete(listener);
              entry.sizeListeners.delete(listener);
            },
          };
        },
        write: (data, onTaken) => (entry.process === null ? onTaken?.() : entry.process.write(data, onTaken)),
        closeInput: () => entry.process?.closeInput(),
        resize(cols, rows) {
          const isOther = cols !== entry.size.cols || rows !== entry.size.rows;
          if (isOther) entry.size = { cols, rows };
          entry.process?.resize(cols, rows);
          if (isOther) for (const listener of entry.sizeListeners) listener(entry.size);
        },
        pause() {
          holds++;
          entry.process?.pause();
        },
        resume() {
          if (holds === 0) return;
          holds--;
          entry.process?.resume();
        },
        detach() {
          for (const listener of listeners) entry.listeners.delete(listener);
          for (const listener of sizeListeners) entry.sizeListeners.delete(listener);
          listeners.clear();
          sizeListeners.clear();
          release();
        },
      };
    },
    async signal(id, name) {
      const entry = find(id);
      if (isOver(entry) || entry.process === null) throw new BxError('state', `process ${entry.summary.id} is not running`);
      await entry.process.signal(name);
    },
    loseAll(reason) {
      for (const entry of entries.values())
        if (!isOver(entry)) end(entry, { state: 'lost', exitCode: entry.summary.exitCode, reason });
    },
  };
}

function endState({ code, reason }: ProcessExit): ProcessState {
  if (code !== null) return 'exited';
  return reason === RELEASED ? 'released' : 'lost';
}

/** The one of `ids` that is meant: itself, or the only one that begins so. Throws `BxError('not-found')`. */
export function matchingId(ids: readonly string[], meant: string): string {
  if (ids.includes(meant)) return meant;
  const matches = ids.filter((id) => meant !== '' && id.startsWith(meant));
  if (matches.length === 1) return matches[0]!;
  throw new BxError('not-found', `no process ${meant}`, { hint: 'ps lists the processes of this session' });
}

/** argv as the line a POSIX shell would take. */
export function commandLine(args: readonly string[]): string {
  return args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`)).join(' ');
}
