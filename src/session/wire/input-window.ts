/**
 * What a client sends to a program, held back by how much of it the program's side has taken: a program that does not read leaves its
 * input with who sends it, and the session's process with a bounded part of it. Keys wait only behind what was sent before them.
 */

/** More is not sent before some of it is taken. */
export const INPUT_WINDOW_BYTES = 256 << 10;
/** What is written at once stays in one piece, so that nobody types into the middle of a paste, up to this size. */
export const INPUT_PIECE_BYTES = 8 << 20;
/** What a client that keeps to this can have on its way, and some. */
export const INPUT_MAX_BYTES = INPUT_WINDOW_BYTES + 2 * INPUT_PIECE_BYTES;

export interface InputWindow {
  /** `onTaken`: see `ByteChannel.write`. */
  write(data: Uint8Array, onTaken?: () => void): void;
  /** Calls `run` when everything written before is sent. */
  afterWritten(run: () => void): void;
  /** The other side has taken so much more. */
  taken(bytes: number): void;
  /** Nothing more is sent, nor taken. */
  close(): void;
}

interface Sent {
  bytes: number;
  readonly onTaken: (() => void) | undefined;
}

export function createInputWindow(send: (data: Uint8Array) => void): InputWindow {
  const waiting: Array<{ readonly data: Uint8Array; readonly onTaken: (() => void) | undefined } | { readonly run: () => void }> =
    [];
  const sent: Sent[] = [];
  let untaken = 0;
  let isClosed = false;

  const pump = (): void => {
    for (let next = waiting[0]; next !== undefined && (untaken < INPUT_WINDOW_BYTES || 'run' in next); next = waiting[0]) {
      waiting.shift();
      if ('run' in next) next.run();
      else {
        untaken += next.data.length;
        sent.push({ bytes: next.data.length, onTaken: next.onTaken });
        send(next.data);
      }
    }
  };

  return {
    write(data, onTaken) {
      if (isClosed || data.length === 0) {
        onTaken?.();
        return;
      }
      for (let at = 0; at < data.length; at += INPUT_PIECE_BYTES) {
        const isLast = at + INPUT_PIECE_BYTES >= data.length;
        waiting.push({ data: data.subarray(at, at + INPUT_PIECE_BYTES), onTaken: isLast ? onTaken : undefined });
      }
      pump();
    },
    afterWritten(run) {
      if (isClosed) return;
      waiting.push({ run });
      pump();
    },
    taken(bytes) {
      let rest = Math.min(bytes, untaken);
      untaken -= rest;
      while (rest > 0) {
        const first = sent[0]!;
        const part = Math.min(rest, first.bytes);
        first.bytes -= part;
        rest -= part;
        if (first.bytes > 0) break;
        sent.shift();
        first.onTaken?.();
      }
      if (!isClosed) pump();
    },
    close() {
      isClosed = true;
      const given = [...sent.splice(0), ...waiting.splice(0).filter((one) => 'data' in one)];
      untaken = 0;
      for (const { onTaken } of given) onTaken?.();
    },
  };
}

/** The other end: counts what has come in and tells what of it is taken, of much at once and of little after a moment. */
export interface InputMeter {
  /** Throws when the client has sent more than it may. What it returns is to be called when these bytes are taken. */
  add(bytes: number): () => void;
}

const TELL_BYTES = 64 << 10;
const TELL_AFTER_MS = 50;

export function createInputMeter(tell: (bytes: number) => void, tooMuch: () => Error): InputMeter {
  let untaken = 0;
  let untold = 0;
  let timer: NodeJS.Timeout | undefined;
  const tellNow = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const bytes = untold;
    untold = 0;
    tell(bytes);
  };

  return {
    add(bytes) {
      untaken += bytes;
      if (untaken > INPUT_MAX_BYTES) throw tooMuch();
      return () => {
        untaken -= bytes;
        untold += bytes;
        if (untold >= TELL_BYTES) tellNow();
        else timer ??= setTimeout(tellNow, TELL_AFTER_MS).unref();
      };
    },
  };
}
