/**
 * The serving side of a session's stream: any number of clients on one `SessionClient`. It tells each of them every event, in the same
 * frames, and must not know what a client shows or how its stream was opened.
 */
import type { Duplex } from 'node:stream';
import type { SessionEvent } from '../../core/events.js';
import { type BxError, toBxError } from '../../platform/errors.js';
import type { SessionClient } from '../session.js';
import { encodeMessage } from './frames.js';
import type { ClientInfo, ServerMessage } from './messages.js';
import type { ScreenPlace } from './place.js';
import type { ServeOptions } from './serve-options.js';
import { createServedClient, type ServedClient } from './served-client.js';
import { createSharedTerminals } from './shared-terminals.js';
import { exclusiveSteps } from './snapshot.js';

export interface SessionServer {
  /** `isOwn`: nobody else can be at its other end, so that no token is asked for. */
  accept(stream: Duplex, isOwn?: boolean): void;
  /** Those that have the snapshot. Same array as long as nothing changed. */
  readonly clients: readonly ClientInfo[];
  /** Every client is told why the session could not begin, and its stream ends. */
  fail(error: BxError): void;
  /** Ends the streams; the session goes on. */
  dispose(): void;
}

const HOLD_LIMIT_MS = 10_000;
/** More at once makes more than one message. */
const EVENTS_PER_MESSAGE = 1_000;
const LOG_CHARS_PER_MESSAGE = 1 << 20;

/** What of a session's events makes another answer of `hasExclusiveCache` possible. */
const CACHE_EVENTS: ReadonlySet<string> = new Set(['plan.resolved', 'build.succeeded', 'build.failed', 'build.cancelled']);

/** Ends by itself with the session. */
export function serveSession(session: SessionClient, options: ServeOptions): SessionServer {
  const terminals = createSharedTerminals(session, options.holdLimitMs ?? HOLD_LIMIT_MS);
  /** All connections, also those that have not said yet who they are. */
  const connected = new Set<ServedClient>();
  let clients: readonly ClientInfo[] = [];
  let pending: SessionEvent[] = [];
  let clientCount = 0;
  let place: ScreenPlace | null = null;
  let isOver = false;

  const tell = (message: ServerMessage): void => {
    const ready = [...connected].filter((client) => client.info !== null);
    if (ready.length === 0) return;
    try {
      const frame = encodeMessage(message);
      for (const client of ready) client.sendFrame(frame);
    } catch (error) {
      for (const client of ready) client.fail(toBxError(error));
    }
  };
  const flush = (): void => {
    const events = pending;
    pending = [];
    for (const some of inMessages(events)) tell({ type: 'events', events: some });
    for (const generation of new Set(events.flatMap(generationOfCacheEvent))) {
      tell({ type: 'caches', generation, steps: exclusiveSteps(session, generation) });
    }
  };
  const subscription = session.onEvent((event) => {
    // A shell that opens by itself takes whoever is there to it, and whoever comes next.
    if (event.type === 'shell.opened' && !clients.some(({ kind }) => kind === 'screen')) place = null;
    pending.push(event);
    if (pending.length === 1) queueMicrotask(flush);
  });
  const clientsChanged = (): void => {
    clients = [...connected].flatMap((client) => client.info ?? []);
    tell({ type: 'clients', clients });
    options.onClientsChanged?.(clients);
  };
  const stop = (): void => {
    if (isOver) return;
    isOver = true;
    flush();
    subscription.dispose();
  };
  // The answers to what ended the session are on their way by then.
  void session.ended.then(() =>
    setImmediate(() => {
      stop();
      for (const client of connected) client.end(true);
    }),
  );

  return {
    accept(stream, isOwn = false) {
      const client = createServedClient({
        stream,
        isOwn,
        id: ++clientCount,
        session,
        options,
        terminals,
        flush,
        clientsWith: (info) => [...clients, info],
        lastPlace: () => place,
        onPlace(told) {
          place = told;
        },
        onJoined: clientsChanged,
        onLeft() {
          connected.delete(client);
          if (client.info === null) return;
          clientsChanged();
          if (client.isDropped) options.onDropped?.(client.info);
        },
      });
      connected.add(client);
      if (isOver) client.end(true);
    },
    get clients() {
      return clients;
    },
    fail(error) {
      stop();
      for (const client of connected) client.fail(error);
    },
    dispose() {
      stop();
      for (const client of connected) client.end(false);
    },
  };
}

function generationOfCacheEvent(event: SessionEvent): number[] {
  return event.type === 'engine.reported' && CACHE_EVENTS.has(event.event.type) ? [event.generation] : [];
}

function* inMessages(events: readonly SessionEvent[]): Generator<SessionEvent[]> {
  let message: SessionEvent[] = [];
  let chars = 0;
  for (const event of events) {
    message.push(event);
    if (event.type === 'engine.reported' && event.event.type === 'log.appended') chars += event.event.text.length;
    if (message.length < EVENTS_PER_MESSAGE && chars < LOG_CHARS_PER_MESSAGE) continue;
    yield message;
    message = [];
    chars = 0;
  }
  if (message.length > 0) yield message;
}
