/** The session's state as a fold over its events; the only place where it changes. */
import { assertNever } from '../assert-never.js';
import type { SessionEvent } from '../events.js';
import type { Notice, SessionState } from '../model/index.js';
import { reduceGeneration, startGeneration } from './generation.js';

const NOTICES_KEPT = 50;

export function initialState(): SessionState {
  return {
    id: '',
    startedAtMs: 0,
    contextLabel: '',
    engine: null,
    engineStatus: { kind: 'connecting' },
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
      return { ...state, engine: event.engine, engineStatus: { kind: 'ready' } };
    case 'engine.lost':
      return { ...state, engineStatus: { kind: 'lost', message: event.message, hint: event.hint } };
    case 'generation.started': {
      const { dockerfile, target } = event;
      const generation = startGeneration({ number: event.generation, startedAtMs: event.atMs, dockerfile, target });
      return { ...state, generations: [...state.generations, generation] };
    }
    case 'engine.reported': {
      const generations = state.generations.map((generation) =>
        generation.number === event.generation ? reduceGeneration(generation, event.event, event.atMs) : generation,
      );
      return { ...state, generations };
    }
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
      return state;
    case 'notice.posted': {
      const notice: Notice = { ...event.notice, atMs: event.atMs };
      return { ...state, notices: [...state.notices, notice].slice(-NOTICES_KEPT) };
    }
    default:
      return assertNever(event);
  }
}
