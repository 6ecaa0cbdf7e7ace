/**
 * What the two sides of a session's stream tell each other, as plain JSON, and the check that what came has such a shape. It must not
 * know streams.
 *
 * FROZEN FOR EVER, whatever the protocol number: `ClientHello`, `ServerHello`, `Mismatch`, `Kill` and `Refused`, and that the end of the
 * stream is the answer to a kill that was carried out. So a program of any version can end a session of any other. Fields may be added to
 * them, none removed or given another meaning. Anything else may change together with `PROTOCOL`.
 */
import type { SessionEvent } from '../../core/events.js';
import type { SessionState, StepKey } from '../../core/model/index.js';
import { BxError, type ErrorCode } from '../../platform/errors.js';
import type { CommandResult, SessionCommand, StepLog } from '../session.js';
import { notASession } from './frames.js';
import type { ScreenPlace } from './place.js';

export const PROTOCOL = 6;
/** Each side waits so long for the first word of the other. */
export const HELLO_TIMEOUT_MS = 10_000;

/** Who connects. `label`: for people, what tells this client from the others (`tty4`, `bxtui ps`). */
export interface ClientIdentity {
  readonly kind: 'screen' | 'command';
  readonly isReadOnly: boolean;
  readonly label: string;
  /** Of the program. */
  readonly version: string;
}

/**
 * Which size a program has that several screens show: the smallest of theirs, or that of the screen which typed last. Of several clients that
 * one decides which has typed last in the terminal, or came first.
 */
export type SharedSize = 'smallest' | 'typist';

export interface ClientInfo extends ClientIdentity {
  /** Unique within a session's server. */
  readonly id: number;
  readonly connectedAtMs: number;
}

/** An error as data. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}

/** Frozen. The client's first message. */
export interface ClientHello extends ClientIdentity {
  readonly type: 'hello';
  readonly protocol: number;
  /** Missing: `smallest`. */
  readonly sharedSize?: SharedSize;
  /** What lets a client in that has come by the session's socket. A kill from a program of another protocol needs none. */
  readonly token?: string;
}

/** Frozen. The server's first message, sent before it has heard anything. */
export interface ServerHello {
  readonly type: 'hello';
  readonly protocol: number;
  readonly version: string;
}

/** Frozen. The answer to a hello of another protocol; only a kill can follow it. */
export interface Mismatch {
  readonly type: 'mismatch';
  readonly error: WireError;
}

/** Frozen. Ends the session. */
export interface Kill {
  readonly type: 'kill';
}

/** Frozen. Something that has no answer of its own was not done. `isFinal`: the stream ends here. */
export interface Refused {
  readonly type: 'refused';
  readonly error: WireError;
  readonly isFinal: boolean;
}

/**
 * A terminal's bytes go beside the messages, under the channel number that the client has chosen for it, and no more of them than the server
 * has said to be taken (`input-window.ts`).
 */
export type ClientMessage =
  | ClientHello
  | Kill
  /** Answered with `result` or `failed` under the same id. */
  | { readonly type: 'request'; readonly id: number; readonly command: SessionCommand }
  | { readonly type: 'abort'; readonly id: number }
  /** Wants all that the session has of this log. Answered with `log`, behind every event that is in it. */
  | { readonly type: 'log.want'; readonly generation: number; readonly step: StepKey }
  /** Where the person is; only to a server whose snapshot has one. */
  | { readonly type: 'place'; readonly place: ScreenPlace }
  | { readonly type: 'terminal.open'; readonly channel: number; readonly process: string }
  /**
   * `withReplay`: what was printed before comes first, in one piece, also when it is empty. `answers`: this client's terminal can answer
   * what the program asks.
   */
  | { readonly type: 'terminal.listen'; readonly channel: number; readonly withReplay: boolean; readonly answers: boolean }
  /** Answered with `terminal.synced` behind all that was printed before. */
  | { readonly type: 'terminal.sync'; readonly channel: number }
  /** The size of this client's pane. `isShown`: somebody sees it. Answered with `terminal.size`. */
  | {
      readonly type: 'terminal.resize';
      readonly channel: number;
      readonly cols: number;
      readonly rows: number;
      readonly isShown: boolean;
    }
  /** What this client's emulator answers to the program. Typed keys go as bytes, and so do the answers of a real terminal, which are typed. */
  | { readonly type: 'terminal.answer'; readonly channel: number; readonly text: string }
  | { readonly type: 'terminal.pause'; readonly channel: number }
  | { readonly type: 'terminal.resume'; readonly channel: number }
  | { readonly type: 'terminal.closeInput'; readonly channel: number }
  | { readonly type: 'terminal.close'; readonly channel: number };

export type ServerMessage =
  | ServerHello
  | Mismatch
  | Refused
  /** The session as it is in this turn; its logs follow as `log`, then `ready`, then every event from there on. */
  | {
      readonly type: 'snapshot';
      readonly session: string;
      /** The client that this is sent to. */
      readonly client: number;
      readonly state: SessionState;
      readonly clients: readonly ClientInfo[];
      /** When the session ends by itself if nobody comes; null: not as things are. */
      readonly idleEndsAtMs: number | null;
      /** Where the last person was; null: nobody has been there. Missing: the server keeps none. */
      readonly place?: ScreenPlace | null;
    }
  /** All that is known of it up to here; in a snapshot the newest. */
  | { readonly type: 'log'; readonly generation: number; readonly step: StepKey; readonly log: StepLog }
  | { readonly type: 'ready' }
  /** In order. Those that came in one turn come together. */
  | { readonly type: 'events'; readonly events: readonly SessionEvent[] }
  /** The steps of a generation with an exclusive cache: part of the snapshot, and again whenever it may have changed. */
  | { readonly type: 'caches'; readonly generation: number; readonly steps: readonly StepKey[] }
  | { readonly type: 'clients'; readonly clients: readonly ClientInfo[] }
  | { readonly type: 'result'; readonly id: number; readonly result: CommandResult }
  | { readonly type: 'failed'; readonly id: number; readonly error: WireError }
  /** No more comes on this channel. */
  | { readonly type: 'terminal.failed'; readonly channel: number; readonly error: WireError }
  | { readonly type: 'terminal.synced'; readonly channel: number }
  /** The size that the program has: when it is listened to, and whenever it may have changed. What comes behind it was printed for it. */
  | { readonly type: 'terminal.size'; readonly channel: number; readonly cols: number; readonly rows: number }
  /** Whether this client answers what the program asks in the bytes behind this; at first: no. */
  | { readonly type: 'terminal.answering'; readonly channel: number; readonly isAnswering: boolean }
  /** So many more bytes that this client has sent to the program are out of the way: it may send as many (`input-window.ts`). */
  | { readonly type: 'terminal.taken'; readonly channel: number; readonly bytes: number }
  /** Nothing of the session is left on the engine; the stream ends. */
  | { readonly type: 'session.ended' };

type Kind = 'string' | 'boolean' | 'uint' | 'object' | 'array';
type Shapes<T extends { readonly type: string }> = Readonly<Record<T['type'], Readonly<Record<string, Kind>>>>;

const CHANNEL = { channel: 'uint' } as const;

const CLIENT_SHAPES: Shapes<ClientMessage> = {
  hello: { protocol: 'uint', version: 'string', kind: 'string', isReadOnly: 'boolean', label: 'string' },
  kill: {},
  request: { id: 'uint', command: 'object' },
  abort: { id: 'uint' },
  'log.want': { generation: 'uint', step: 'string' },
  place: { place: 'object' },
  'terminal.open': { ...CHANNEL, process: 'string' },
  'terminal.listen': { ...CHANNEL, withReplay: 'boolean', answers: 'boolean' },
  'terminal.sync': CHANNEL,
  'terminal.resize': { ...CHANNEL, cols: 'uint', rows: 'uint', isShown: 'boolean' },
  'terminal.answer': { ...CHANNEL, text: 'string' },
  'terminal.pause': CHANNEL,
  'terminal.resume': CHANNEL,
  'terminal.closeInput': CHANNEL,
  'terminal.close': CHANNEL,
};

const SERVER_SHAPES: Shapes<ServerMessage> = {
  hello: { protocol: 'uint', version: 'string' },
  mismatch: { error: 'object' },
  refused: { error: 'object', isFinal: 'boolean' },
  snapshot: { session: 'string', client: 'uint', state: 'object', clients: 'array' },
  log: { generation: 'uint', step: 'string', log: 'object' },
  ready: {},
  events: { events: 'array' },
  caches: { generation: 'uint', steps: 'array' },
  clients: { clients: 'array' },
  result: { id: 'uint', result: 'object' },
  failed: { id: 'uint', error: 'object' },
  'terminal.failed': { ...CHANNEL, error: 'object' },
  'terminal.synced': CHANNEL,
  'terminal.size': { ...CHANNEL, cols: 'uint', rows: 'uint' },
  'terminal.answering': { ...CHANNEL, isAnswering: 'boolean' },
  'terminal.taken': { ...CHANNEL, bytes: 'uint' },
  'session.ended': {},
};

/** Throws `BxError` for anything that is no message of a client. */
export function parseClientMessage(text: string): ClientMessage {
  return parse<ClientMessage>(text, CLIENT_SHAPES);
}

/** Throws `BxError` for anything that is no message of a server. */
export function parseServerMessage(text: string): ServerMessage {
  return parse<ServerMessage>(text, SERVER_SHAPES);
}

function parse<T extends { readonly type: string }>(text: string, shapes: Shapes<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notASession('a message that is no JSON');
  }
  const fields = value as Readonly<Record<string, unknown>>;
  if (!isOfKind(value, 'object') || typeof fields.type !== 'string') throw notASession('a message without a type');
  if (!Object.hasOwn(shapes, fields.type)) throw notASession(`a message of the unknown type ${fields.type.slice(0, 40)}`);
  const wrong = Object.entries(shapes[fields.type as T['type']]).find(([name, kind]) => !isOfKind(fields[name], kind));
  if (wrong !== undefined) throw notASession(`${fields.type} without its ${wrong[0]}`);
  return value as T;
}

function isOfKind(value: unknown, kind: Kind): boolean {
  if (kind === 'uint') return Number.isSafeInteger(value) && (value as number) >= 0;
  if (kind === 'array') return Array.isArray(value);
  if (kind === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === kind;
}

export function toWireError({ code, message, hint }: BxError): WireError {
  return { code, message, hint };
}

export function fromWireError({ code, message, hint }: WireError): BxError {
  return new BxError(code, String(message), { hint });
}

/** Names both versions and the side that is behind. */
export function mismatchError(client: Pick<ClientHello, 'protocol' | 'version'>, server: Omit<ServerHello, 'type'>): BxError {
  const isClientBehind = client.protocol < server.protocol;
  return new BxError(
    'unsupported',
    `this program (${client.version}) and the session's (${server.version}) do not understand each other`,
    {
      hint: isClientBehind
        ? `upgrade this program to ${server.version}; or end the session with kill`
        : `the session was started by an older program: end it with kill and start it with ${client.version}, or use ${server.version}`,
    },
  );
}

const SILENT = 'the session does not answer';

/** Nobody has said a word, not even who is there. */
export function isSilence(error: unknown): boolean {
  return error instanceof BxError && error.message === SILENT;
}

export function silentError(): BxError {
  return new BxError('state', SILENT, { hint: 'its process may be stopped or busy: try again' });
}
