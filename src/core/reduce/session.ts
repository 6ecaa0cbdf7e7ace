/** The session's state as a fold over its events; the only place where it changes. */
import { assertNever } from '../assert-never.js';
import type { EngineEvent, SessionEvent } from '../events.js';
import type { Generation, Notice, SessionState } from '../model/index.js';
import { reduceGeneration, reduceUpdates, startGeneration } from './generation.js';

const NOTICES_KEPT = 50;

export function initialState(): SessionState {
  return {
    id: '',
    startedAtMs: 0,
    contextLabel: '',
    engine: null,
    engineStatus: { kind: 'connecting' },
    line: null,
    generations: [],
    containers: {},
    processes: [],
    notices: [],
  };
}

/** Pure: gives the next state, sharing what did not change. Events for a generation that is not known are ignored. */
export function reduce(state: SessionState, event: SessionEvent): SessionState {
  switch (event.type) {
    case 'session.started':
      return { ...state, id: event.id, startedAtMs: event.atMs, contextLabel: event.contextLabel };
    case 'engine.connected':
      return { ...state, engine: event.engine, engineStatus: { kind: 'ready' }, line: null };
    case 'engine.line':
      return { ...state, line: event.line };
    case 'engine.lost':
      return { ...state, engineStatus: { kind: 'lost', message: event.message, hint: event.hint }, line: null };
    case 'generation.started': {
      const { dockerfile, plan, target } = event;
      const generation = startGeneration({ number: event.generation, startedAtMs: event.atMs, dockerfile, target }, plan);
      return { ...state, generations: [...state.generations, generation] };
    }
    case 'engine.reported':
      return updateGeneration(state, event.generation, (generation) => reduceGeneration(generation, event.event, event.atMs));
    case 'container.updated':
      return { ...state, containers: { ...state.containers, [event.container.id]: event.container } };
    case 'process.updated': {
      const isKnown = state.processes.some((process) => process.id === event.process.id);
      const processes = isKnown
        ? state.processes.map((process) => (process.id === event.process.id ? event.process : process))
        : [...state.processes, event.process];
      return { ...state, processes };
    }
    case 'shell.opened':
    case 'log.spilled':
      return state;
    case 'notice.posted': {
      const notice: Notice = { ...event.notice, atMs: event.atMs };
      return { ...state, notices: [...state.notices, notice].slice(-NOTICES_KEPT) };
    }
    default:
      return assertNever(event);
  }
}

/**
 * The same as `reduce` over the reports of these events one by one, for a batch of `batches`: the records, which a large build makes
 * large, are copied once for all of them.
 */
export function reduceBatch(
  state: SessionState,
  { generation, atMs, events }: { readonly generation: number; readonly atMs: number; readonly events: readonly EngineEvent[] },
): SessionState {
  return updateGeneration(state, generation, (known) => {
    const updates = events.filter((event) => event.type === 'vertex.updated');
    if (updates.length === events.length) return reduceUpdates(known, updates);
    return events.reduce((next, event) => reduceGeneration(next, event, atMs), known);
  });
}

/** Cuts a sequence of events into what may be taken in at once: neighbours that update vertices, each of them once. */
export function batches(events: readonly EngineEvent[]): EngineEvent[][] {
  const result: EngineEvent[][] = [];
  let digests: Set<string> | null = null;
  for (const event of events) {
    const isUpdate = event.type === 'vertex.updated';
    if (isUpdate && digests !== null && !digests.has(event.digest)) result.at(-1)!.push(event);
    else {
      result.push([event]);
      digests = isUpdate ? new Set() : null;
    }
    if (isUpdate) digests?.add(event.digest);
  }
  return result;
}

function updateGeneration(state: SessionState, number: number, update: (generation: Generation) => Generation): SessionState {
  const generations = state.generations.map((generation) => (generation.number === number ? update(generation) : generation));
  return { ...state, generations };
}
