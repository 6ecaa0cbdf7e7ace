/** A session without an engine: events that a test tells are reduced as in the real one; terminals play given bytes and keep what is typed. */
import type { EngineEvent, SessionEvent } from '../../src/core/events.js';
import type { SessionState, StepKey } from '../../src/core/model/index.js';
import { initialState, reduce } from '../../src/core/reduce/index.js';
import { BxError } from '../../src/platform/errors.js';
import type { CommandResult, SessionClient, SessionCommand, StepLog, Terminal, TerminalSize } from '../../src/session/session.js';

export interface FakeTerminal extends Terminal {
  readonly typed: string[];
  readonly sizes: Array<readonly [cols: number, rows: number]>;
  /** The program prints. */
  print(text: string): void;
  /** Another screen has a say: whatever is asked for here, the program has this size; null: no longer. */
  fix(size: TerminalSize | null): void;
  readonly isShown: boolean;
}

export interface FakeSession extends SessionClient {
  readonly commands: SessionCommand[];
  /** Steps whose caches are theirs alone. */
  readonly exclusive: Set<StepKey>;
  emit(event: SessionEvent): void;
  report(atMs: number, event: EngineEvent): void;
  fakeTerminal(process: string): FakeTerminal;
  /** What `execute` does; default: nothing, with no process as result. */
  onExecute: (command: SessionCommand) => Promise<CommandResult>;
}

export function createFakeSession(): FakeSession {
  let state: SessionState = initialState();
  const listeners = new Set<(event: SessionEvent, state: SessionState) => void>();
  const terminals = new Map<string, FakeTerminal>();
  const logs = new Map<string, string>();
  const commands: SessionCommand[] = [];
  const logKey = (generation: number, step: StepKey) => `${generation}/${step}`;
  const session: FakeSession = {
    commands,
    exclusive: new Set<StepKey>(),
    onExecute: () => Promise.resolve({ process: null }),
    get state() {
      return state;
    },
    onEvent(listener) {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    execute(command) {
      commands.push(command);
      return session.onExecute(command);
    },
    terminal(process) {
      if (!state.processes.some(({ id }) => id === process)) throw new BxError('not-found', `no process ${process}`);
      return session.fakeTerminal(process);
    },
    stepLog(generation, step): StepLog {
      return { head: logs.get(logKey(generation, step)) ?? '', tail: '', omittedBytes: 0, file: null };
    },
    wholeLog: async (generation, step) => session.stepLog(generation, step),
    hasExclusiveCache: (_generation, step) => session.exclusive.has(step),
    ended: new Promise(() => undefined),
    emit(event) {
      if (event.type === 'engine.reported' && event.event.type === 'log.appended') {
        const { digest, text } = event.event;
        const step = state.generations.find(({ number }) => number === event.generation)?.vertices[digest]?.step;
        if (step !== undefined) {
          const key = logKey(event.generation, step);
          logs.set(key, (logs.get(key) ?? '') + text);
        }
      }
      state = reduce(state, event);
      for (const listener of listeners) listener(event, state);
    },
    report(atMs, event) {
      session.emit({ type: 'engine.reported', atMs, generation: state.generations.at(-1)?.number ?? 0, event });
    },
    fakeTerminal(process) {
      const known = terminals.get(process) ?? createFakeTerminal(process);
      terminals.set(process, known);
      return known;
    },
  };
  return session;
}

function createFakeTerminal(process: string): FakeTerminal {
  const listeners = new Set<(data: Uint8Array) => void>();
  const typed: string[] = [];
  const sizes: Array<readonly [number, number]> = [];
  const sizeListeners = new Set<(size: TerminalSize) => void>();
  let printed = '';
  let wish: TerminalSize = { cols: 80, rows: 24 };
  let fixed: TerminalSize | null = null;
  let isShown = true;
  const tell = (): void => {
    for (const listener of sizeListeners) listener(fixed ?? wish);
  };
  return {
    process,
    typed,
    sizes,
    get isShown() {
      return isShown;
    },
    get size() {
      return fixed ?? wish;
    },
    onSize(listener) {
      sizeListeners.add(listener);
      return { dispose: () => void sizeListeners.delete(listener) };
    },
    fix(size) {
      fixed = size;
      tell();
    },
    setShown(next) {
      isShown = next;
    },
    print(text) {
      printed += text;
      for (const listener of listeners) listener(new TextEncoder().encode(text));
    },
    onData(listener) {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    write(data) {
      typed.push(new TextDecoder().decode(data));
    },
    resize(cols, rows) {
      sizes.push([cols, rows]);
      wish = { cols, rows };
      tell();
    },
    pause: () => undefined,
    resume: () => undefined,
    replay: () => new TextEncoder().encode(printed),
    detach: () => listeners.clear(),
  };
}
