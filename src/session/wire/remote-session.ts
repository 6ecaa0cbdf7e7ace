/**
 * A debug session in another process, over a stream: its state folded from a snapshot and the events, as if it were here. It must not
 * know what the stream is, and decides nothing: everything that changes the session is asked of the server.
 */
import type { Duplex } from 'node:stream';
import type { SessionEvent } from '../../core/events.js';
import type { SessionState, StepKey } from '../../core/model/index.js';
import { initialState, stepsAt } from '../../core/reduce/index.js';
import type { Disposable } from '../../platform/byte-channel.js';
import { assertNever, BxError, toBxError } from '../../platform/errors.js';
import { createLogStore } from '../log-store.js';
import { matchingId } from '../process-table.js';
import type { CommandResult, SessionClient, StepLog } from '../session.js';
import { type Closing, createConnection } from './connection.js';
import { notASession } from './frames.js';
import {
  type ClientIdentity,
  type ClientInfo,
  type ClientMessage,
  fromWireError,
  HELLO_TIMEOUT_MS,
  mismatchError,
  PROTOCOL,
  parseServerMessage,
  type ServerMessage,
  type SharedSize,
  silentError,
} from './messages.js';
import type { ScreenPlace } from './place.js';
import { reduceTogether } from './reduce-together.js';
import { createRemoteTerminals } from './remote-terminal.js';

export interface RemoteSession extends SessionClient {
  readonly id: string;
  readonly serverVersion: string;
  /** As it was on arrival: when the session ends by itself if nobody comes; null: not as things were. */
  readonly idleEndsAtMs: number | null;
  /** Which of `clients` this is. */
  readonly clientId: number;
  /** Everybody who is attached, this client too. Same array as long as nothing changed. */
  readonly clients: readonly ClientInfo[];
  onClients(listener: (clients: readonly ClientInfo[]) => void): Disposable;
  /** Something without an answer of its own was not done: typing or sizing as a read-only client. Told once for each terminal. */
  onRefused(listener: (error: BxError) => void): Disposable;
  /** As it was on arrival: where the person was who was there last; null: nobody, or it is not known. */
  readonly lastPlace: ScreenPlace | null;
  /** Where the person is on this screen. */
  tellPlace(place: ScreenPlace): void;
  /** Ends the session for everybody; resolves when it has ended. Throws `BxError('state')` for a read-only client. */
  kill(): Promise<void>;
  /** Closes the stream; the session goes on. */
  leave(): void;
  /** Resolves when the stream is closed: null after `leave` or with the session's end. */
  readonly disconnected: Promise<BxError | null>;
  /** Also when the session's process is lost: nothing more comes of it then. Not after `leave`. */
  readonly ended: Promise<void>;
}

export interface ConnectOptions extends ClientIdentity {
  /** Default: `smallest`. */
  readonly sharedSize?: SharedSize;
  /** For a stream by the session's socket. */
  readonly token?: string;
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: BxError): void;
}

/**
 * Resolves when the session's state and logs are here. Throws `BxError`: 'unsupported' when the server's version has another protocol (a
 * kill still works), 'state' when the stream ends or nobody answers on it.
 */
export function connectSession(stream: Duplex, identity: ConnectOptions): Promise<RemoteSession> {
  const logs = createLogStore(null);
  const caches = new Map<number, ReadonlySet<StepKey>>();
  const listeners = new Set<(event: SessionEvent, state: SessionState) => void>();
  const clientListeners = new Set<(clients: readonly ClientInfo[]) => void>();
  const refusalListeners = new Set<(error: BxError) => void>();
  const pending = new Map<number, Deferred<CommandResult>>();
  const wantedLogs = new Map<string, Deferred<void>>();
  const arrival = deferred<RemoteSession>();
  const disconnection = deferred<BxError | null>();
  const ending = deferred<void>();
  let state = initialState();
  let clients: readonly ClientInfo[] = [];
  let id = '';
  let clientId = 0;
  let serverVersion = '';
  let idleEndsAtMs: number | null = null;
  let lastPlace: ScreenPlace | null | undefined;
  let requestCount = 0;
  let isEnded = false;
  let isLeft = false;
  /** Why the server closes the stream, when it has said so. */
  let farewell: BxError | null = null;
  let refuseKill: ((error: BxError) => void) | null = null;

  const connection = createConnection(stream, {
    onMessage(text) {
      let message: ServerMessage;
      try {
        message = parseServerMessage(text);
      } catch (error) {
        return connection.fail(toBxError(error));
      }
      handle(message);
    },
    onBytes: (channel, data) => terminals.onBytes(channel, data),
    onBroken: (error) => connection.fail(error),
    onDrain: () => undefined,
    onClosed(how) {
      clearTimeout(helloTimer);
      const reason = isLeft || isEnded ? null : (farewell ?? (how.kind === 'broken' ? how.error : goneError(how)));
      terminals.closeAll();
      for (const { reject } of pending.values()) reject(reason ?? overError(isLeft));
      pending.clear();
      for (const { resolve } of wantedLogs.values()) resolve();
      wantedLogs.clear();
      arrival.reject(reason ?? overError(isLeft));
      disconnection.resolve(reason);
      if (!isLeft) ending.resolve();
    },
  });
  const terminals = createRemoteTerminals(() => connection);
  const send = (message: ClientMessage): void => connection.send(message);
  const helloTimer = setTimeout(() => connection.fail(silentError()), HELLO_TIMEOUT_MS);

  function handle(message: ServerMessage): void {
    switch (message.type) {
      case 'hello': {
        clearTimeout(helloTimer);
        serverVersion = message.version;
        if (message.protocol !== PROTOCOL) {
          farewell = mismatchError({ protocol: PROTOCOL, version: identity.version }, message);
          connection.end();
        }
        return;
      }
      case 'mismatch':
        farewell = fromWireError(message.error);
        connection.end();
        return;
      case 'refused':
        takeRefusal(fromWireError(message.error), message.isFinal);
        return;
      case 'snapshot':
        ({ session: id, client: clientId, state, clients, idleEndsAtMs, place: lastPlace } = message);
        return;
      case 'log':
        takeLog(message);
        return;
      case 'ready':
        arrival.resolve(session);
        return;
      case 'events':
        takeEvents(message.events);
        return;
      case 'caches':
        caches.set(message.generation, new Set(message.steps));
        return;
      case 'clients':
        clients = message.clients;
        for (const listener of clientListeners) listener(clients);
        return;
      case 'result':
        pending.get(message.id)?.resolve(message.result);
        pending.delete(message.id);
        return;
      case 'failed':
        pending.get(message.id)?.reject(fromWireError(message.error));
        pending.delete(message.id);
        return;
      case 'terminal.failed':
        terminals.onFailed(message.channel);
        return;
      case 'terminal.synced':
        terminals.onSynced(message.channel);
        return;
      case 'terminal.size':
        terminals.onSize(message.channel, message);
        return;
      case 'terminal.answering':
        terminals.onAnswering(message.channel, message.isAnswering);
        return;
      case 'terminal.taken':
        terminals.onTaken(message.channel, message.bytes);
        return;
      case 'session.ended':
        isEnded = true;
        connection.end();
        return;
      default:
        assertNever(message);
    }
  }

  function takeEvents(events: readonly SessionEvent[]): void {
    const turns = reduceTogether(() => state, events);
    for (;;) {
      let turn: ReturnType<typeof turns.next>;
      try {
        turn = turns.next();
      } catch {
        connection.fail(notASession('an event that cannot be taken in'));
        return;
      }
      if (turn.done) return;
      ({ state } = turn.value);
      for (const event of turn.value.events) {
        for (const listener of listeners) listener(event, state);
        keepLog(event);
      }
    }
  }

  function keepLog(event: SessionEvent): void {
    if (event.type === 'log.spilled') logs.keptIn(event.generation, event.step, event.file);
    if (event.type !== 'engine.reported' || event.event.type !== 'log.appended') return;
    const { generation: number, event: log } = event;
    const known = state.generations.find((generation) => generation.number === number);
    for (const step of stepsAt(known, log.digest)) logs.append(number, step, log.text);
  }

  function takeLog({ generation, step, log }: Extract<ServerMessage, { type: 'log' }>): void {
    logs.seed(generation, step, log);
    const id = `${generation}/${step}`;
    wantedLogs.get(id)?.resolve();
    wantedLogs.delete(id);
  }

  /** Who wants the same log meanwhile gets the same answer. */
  async function wholeLog(generation: number, step: StepKey): Promise<StepLog> {
    const { omittedBytes, file } = logs.read(generation, step);
    if (!connection.isClosed && (omittedBytes > 0 || file !== null)) {
      const id = `${generation}/${step}`;
      const asked = wantedLogs.get(id);
      const answer = asked ?? deferred<void>();
      wantedLogs.set(id, answer);
      if (asked === undefined) send({ type: 'log.want', generation, step });
      await answer.promise;
    }
    return logs.read(generation, step);
  }

  function takeRefusal(error: BxError, isFinal: boolean): void {
    refuseKill?.(error);
    if (isFinal) {
      farewell = error;
      connection.end();
    } else for (const listener of refusalListeners) listener(error);
  }

  const execute: SessionClient['execute'] = (command, signal) => {
    if (connection.isClosed) return Promise.reject(isLeft || isEnded ? overError(isLeft) : goneError(null));
    const request = ++requestCount;
    const abort = (): void => send({ type: 'abort', id: request });
    const answer = deferred<CommandResult>();
    pending.set(request, answer);
    send({ type: 'request', id: request, command });
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    return answer.promise.finally(() => signal?.removeEventListener('abort', abort));
  };

  const session: RemoteSession = {
    get state() {
      return state;
    },
    get id() {
      return id;
    },
    get clientId() {
      return clientId;
    },
    get serverVersion() {
      return serverVersion;
    },
    get idleEndsAtMs() {
      return idleEndsAtMs;
    },
    get clients() {
      return clients;
    },
    get lastPlace() {
      return lastPlace ?? null;
    },
    tellPlace(place) {
      if (lastPlace !== undefined && !connection.isClosed) send({ type: 'place', place });
    },
    onEvent: (listener) => addTo(listeners, listener),
    onClients: (listener) => addTo(clientListeners, listener),
    onRefused: (listener) => addTo(refusalListeners, listener),
    execute,
    terminal(meant) {
      const ids = state.processes.map((process) => process.id);
      return terminals.open(matchingId(ids, meant));
    },
    stepLog: (generation, step) => logs.read(generation, step),
    wholeLog,
    hasExclusiveCache: (generation, step) => caches.get(generation)?.has(step) ?? false,
    async kill() {
      if (connection.isClosed) return;
      const refusal = deferred<never>();
      refuseKill = refusal.reject;
      send({ type: 'kill' });
      await Promise.race([disconnection.promise, refusal.promise]);
    },
    leave() {
      isLeft = true;
      connection.end();
    },
    disconnected: disconnection.promise,
    ended: ending.promise,
  };

  send({ type: 'hello', protocol: PROTOCOL, ...identity });
  return arrival.promise;
}

function addTo<T>(listeners: Set<T>, listener: T): Disposable {
  listeners.add(listener);
  return { dispose: () => void listeners.delete(listener) };
}

function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: BxError) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

function goneError(how: Closing | null): BxError {
  return new BxError('state', "the session's process is gone, or has dropped this client", {
    hint: 'attach again if it is still there; if not, its builds and shells are gone with it: start the build again',
    ...(how === null || how.kind === 'ended' ? {} : { cause: how.error }),
  });
}

function overError(isLeft: boolean): BxError {
  return new BxError('state', isLeft ? 'this client has left the session' : 'the session has ended');
}
