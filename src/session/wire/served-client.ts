/**
 * One client of a served session: who it is, what it asks, and the bounds on what waits to be sent to it. It must not hold the session or
 * another client up.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { assertNever, BxError, toBxError } from '../../platform/errors.js';
import type { CommandResult, SessionClient, SessionCommand } from '../session.js';
import { createConnection } from './connection.js';
import { notASession } from './frames.js';
import { createHeldOutputs } from './held-outputs.js';
import { createInbox } from './inbox.js';
import { createInputMeter, type InputMeter } from './input-window.js';
import {
  type ClientHello,
  type ClientInfo,
  type ClientMessage,
  HELLO_TIMEOUT_MS,
  mismatchError,
  PROTOCOL,
  parseClientMessage,
  type ServerMessage,
  toWireError,
} from './messages.js';
import { placeOf, type ScreenPlace } from './place.js';
import type { ServeOptions } from './serve-options.js';
import type { SharedTerminal, SharedTerminals } from './shared-terminals.js';
import { exclusiveSteps, snapshotLogs } from './snapshot.js';

/** Unsent, from where the client's terminals are held back. */
export const FULL_BYTES = 1 << 20;
/** Unsent, from where the client is dropped and what it asks for waits; what it was given at once (the snapshot, a replay) comes on top. */
export const DROP_BYTES = 16 << 20;
const MAX_CELLS = 10_000;

export interface ServedClientOptions {
  readonly stream: Duplex;
  readonly isOwn: boolean;
  readonly id: number;
  readonly session: SessionClient;
  readonly options: ServeOptions;
  readonly terminals: SharedTerminals;
  /** Tells those who have a snapshot what has happened up to now. */
  flush(): void;
  clientsWith(info: ClientInfo): readonly ClientInfo[];
  /** Where the person was who was there last. */
  lastPlace(): ScreenPlace | null;
  onPlace(place: ScreenPlace): void;
  /** It has its snapshot. */
  onJoined(): void;
  onLeft(): void;
}

export interface ServedClient {
  /** Null until it has its snapshot; it stays when the client has left. */
  readonly info: ClientInfo | null;
  /** It was left for reading nothing. */
  readonly isDropped: boolean;
  sendFrame(frame: Uint8Array): void;
  fail(error: BxError): void;
  /** `isEnded`: so has the session, and it is told. */
  end(isEnded: boolean): void;
}

export function createServedClient(given: ServedClientOptions): ServedClient {
  const { session, options } = given;
  const requests = new Map<number, AbortController>();
  const channels = new Map<number, SharedTerminal>();
  /** What each channel was opened for. */
  const names = new Map<number, string>();
  const meters = new Map<number, InputMeter>();
  const refused = new Set<number>();
  const held = createHeldOutputs(session);
  let hello: ClientHello | null = null;
  let info: ClientInfo | null = null;
  let isFull = false;
  let isDropped = false;
  let allowance = DROP_BYTES;

  const connection = createConnection(given.stream, {
    onMessage: (text) =>
      attempt(() => {
        const message = parseClientMessage(text);
        inbox.take(() => attempt(() => handle(message)), message.type === 'log.want' || message.type === 'terminal.listen');
      }),
    onBytes: (channel, data) => inbox.take(() => attempt(() => write(channel, data))),
    onBroken: (error) => refuse(error, true),
    onDrain() {
      allowance = DROP_BYTES;
      setFull(false);
      inbox.proceed();
    },
    onClosed() {
      clearTimeout(helloTimer);
      inbox.clear();
      for (const abort of requests.values()) abort.abort(new BxError('cancelled', 'the client has left the session'));
      for (const terminal of channels.values()) terminal.close();
      channels.clear();
      names.clear();
      meters.clear();
      held.releaseAll();
      given.onLeft();
    },
  });
  const inbox = createInbox({
    isBehind: () => connection.unsentBytes > DROP_BYTES,
    hold: connection.hold,
    release: connection.release,
  });
  const timeout = (): NodeJS.Timeout => setTimeout(() => refuse(notASession('no hello'), true), HELLO_TIMEOUT_MS).unref();
  let helloTimer = timeout();

  /** After everything that was sent: more than a client may leave unread ends its terminals' flow, then itself. */
  const measure = (): void => {
    if (connection.isClosed) return;
    if (connection.unsentBytes > FULL_BYTES) setFull(true);
    if (connection.unsentBytes <= allowance) return;
    isDropped = true;
    connection.fail(new BxError('state', 'the client reads nothing'));
  };
  const setFull = (next: boolean): void => {
    if (isFull === next) return;
    isFull = next;
    for (const terminal of [...channels.values()]) terminal.fullnessChanged();
  };
  const send = (message: ServerMessage): void => {
    connection.send(message);
    measure();
  };
  /** What `give` sends may be as much as it is. */
  const allow = (give: () => void): void => {
    allowance = Number.POSITIVE_INFINITY;
    give();
    allowance = Math.max(DROP_BYTES, connection.unsentBytes + DROP_BYTES);
  };
  const refuse = (error: BxError, isFinal: boolean): void => {
    send({ type: 'refused', error: toWireError(error), isFinal });
    if (isFinal) connection.end();
  };
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      refuse(toBxError(error), true);
    }
  };

  function handle(message: ClientMessage): void {
    if (message.type === 'hello') {
      greet(message);
      return;
    }
    if (hello === null) throw notASession('no hello');
    if (message.type === 'kill') {
      if (hello.isReadOnly) refuse(readOnlyError('end the session'), false);
      else options.onKill();
      return;
    }
    // The rest of another protocol is nothing to be judged here.
    if (info === null) return;
    if (message.type === 'request') void request(message.id, message.command);
    else if (message.type === 'abort') requests.get(message.id)?.abort(new BxError('cancelled', 'cancelled'));
    else if (message.type === 'place') takePlace(message.place);
    else if (message.type === 'log.want') giveLog(message);
    else handleTerminal(message);
  }

  function greet(message: ClientHello): void {
    if (hello !== null) throw notASession('a second hello');
    hello = message;
    clearTimeout(helloTimer);
    if (message.protocol !== PROTOCOL) {
      const error = mismatchError(message, { protocol: PROTOCOL, version: options.version });
      send({ type: 'mismatch', error: toWireError(error) });
      helloTimer = timeout();
      return;
    }
    if (!given.isOwn && !isSame(options.token, message.token)) {
      hello = null;
      refuse(strangerError(), true);
      return;
    }
    given.flush();
    const { kind, isReadOnly, label, version } = message;
    const joining: ClientInfo = { id: given.id, kind, isReadOnly, label, version, connectedAtMs: options.now() };
    allow(() => {
      const { state } = session;
      const clients = given.clientsWith(joining);
      const idleEndsAtMs = options.idleEndsAtMs?.() ?? null;
      const place = given.lastPlace();
      send({ type: 'snapshot', session: options.id, client: given.id, state, clients, idleEndsAtMs, place });
      for (const { number } of state.generations) {
        send({ type: 'caches', generation: number, steps: exclusiveSteps(session, number) });
      }
      for (const log of snapshotLogs(session)) send({ type: 'log', ...log });
      send({ type: 'ready' });
    });
    info = joining;
    given.onJoined();
  }

  function giveLog({ generation, step }: Extract<ClientMessage, { type: 'log.want' }>): void {
    given.flush();
    allow(() => send({ type: 'log', generation, step, log: session.stepLog(generation, step) }));
  }

  /** Who only looks leads nobody anywhere. */
  function takePlace(told: unknown): void {
    const place = placeOf(told);
    if (place !== null && hello?.isReadOnly === false) given.onPlace(place);
  }

  async function request(id: number, command: SessionCommand): Promise<void> {
    if (requests.has(id)) return refuse(notASession('two requests with one id'), true);
    const abort = new AbortController();
    requests.set(id, abort);
    const answer = await carryOut(id, command, abort.signal);
    requests.delete(id);
    // Its effects come first.
    given.flush();
    send(answer);
  }

  async function carryOut(id: number, command: SessionCommand, signal: AbortSignal): Promise<ServerMessage> {
    try {
      if (hello?.isReadOnly) {
        // It says what is looked at, and asks for nothing.
        if (command.type === 'step.prepare') return { type: 'result', id, result: { process: null } };
        throw readOnlyError(command.type);
      }
      const result = (await session.execute(command, signal)) as CommandResult | undefined;
      if (result === undefined) throw new BxError('unsupported', `the session knows no command ${String(command.type)}`);
      const isPiped = 'tty' in command && command.tty === false && result.process !== null;
      if (isPiped && !connection.isClosed) held.hold(result.process!);
      return { type: 'result', id, result };
    } catch (error) {
      return { type: 'failed', id, error: toWireError(toBxError(error, 'engine')) };
    }
  }

  function handleTerminal(message: Extract<ClientMessage, { channel: number }>): void {
    const { channel } = message;
    if (message.type === 'terminal.open') {
      open(channel, message.process);
      return;
    }
    const terminal = channels.get(channel);
    switch (message.type) {
      case 'terminal.listen':
        if (terminal !== undefined) listen(terminal, message);
        return;
      case 'terminal.sync':
        send({ type: 'terminal.synced', channel });
        return;
      case 'terminal.resize': {
        const { cols, rows, isShown } = message;
        const isSize = cols >= 1 && rows >= 1 && cols <= MAX_CELLS && rows <= MAX_CELLS;
        if (isSize) terminal?.resize({ cols, rows }, isShown);
        return;
      }
      case 'terminal.answer':
        terminal?.answer(Buffer.from(message.text));
        return;
      case 'terminal.pause':
        terminal?.pause();
        return;
      case 'terminal.resume':
        terminal?.resume();
        return;
      case 'terminal.closeInput':
        if (mayChange(channel)) terminal?.closeInput();
        return;
      case 'terminal.close':
        channels.delete(channel);
        names.delete(channel);
        meters.delete(channel);
        refused.delete(channel);
        terminal?.close();
        return;
      default:
        assertNever(message);
    }
  }

  function open(channel: number, process: string): void {
    if (channels.has(channel)) throw notASession('two terminals on one channel');
    const onData = (data: Uint8Array): void => {
      connection.sendBytes(channel, data);
      measure();
    };
    try {
      const shared = given.terminals.open(process, {
        client: given.id,
        mayChange: !hello?.isReadOnly,
        sizeRule: hello?.sharedSize === 'typist' ? 'typist' : 'smallest',
        isFull: () => isFull,
        onData,
        onSize: ({ cols, rows }) => send({ type: 'terminal.size', channel, cols, rows }),
        onAnswering: (isAnswering) => send({ type: 'terminal.answering', channel, isAnswering }),
      });
      channels.set(channel, shared);
      names.set(channel, process);
      const tell = (bytes: number): void => send({ type: 'terminal.taken', channel, bytes });
      meters.set(
        channel,
        createInputMeter(tell, () => notASession('more input than the program takes')),
      );
    } catch (error) {
      send({ type: 'terminal.failed', channel, error: toWireError(toBxError(error)) });
    }
  }

  function listen(
    terminal: SharedTerminal,
    { channel, withReplay, answers }: Extract<ClientMessage, { type: 'terminal.listen' }>,
  ): void {
    terminal.listen(answers, withReplay ? (replay) => allow(() => connection.sendBytes(channel, replay)) : null);
    held.release(names.get(channel) ?? '');
  }

  function write(channel: number, data: Uint8Array): void {
    const terminal = channels.get(channel);
    const meter = meters.get(channel);
    if (info === null || terminal === undefined || meter === undefined) return;
    const onTaken = meter.add(data.length);
    if (mayChange(channel)) terminal.write(data, onTaken);
    else onTaken();
  }

  /** Says it once for each terminal: nobody waits for an answer to a key. */
  function mayChange(channel: number): boolean {
    if (!hello?.isReadOnly) return true;
    if (!refused.has(channel)) refuse(readOnlyError('type into a program'), false);
    refused.add(channel);
    return false;
  }

  send({ type: 'hello', protocol: PROTOCOL, version: options.version });
  return {
    get info() {
      return info;
    },
    get isDropped() {
      return isDropped;
    },
    sendFrame(frame) {
      connection.sendFrame(frame);
      measure();
    },
    fail: (error) => refuse(error, true),
    end(isEnded) {
      if (isEnded) connection.send({ type: 'session.ended' });
      connection.end();
    },
  };
}

function isSame(wanted: string | undefined, given: unknown): boolean {
  if (wanted === undefined) return true;
  if (typeof given !== 'string' || given.length !== wanted.length) return false;
  return timingSafeEqual(Buffer.from(given), Buffer.from(wanted));
}

function strangerError(): BxError {
  return new BxError('state', 'this program may not enter the session: it does not know its token', {
    hint: "the token lies beside the session's socket, for its user alone",
  });
}

function readOnlyError(what: string): BxError {
  return new BxError('state', `a client that only looks cannot do this: ${what}`, { hint: 'attach again, not read-only' });
}
