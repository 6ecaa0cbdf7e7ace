/**
 * Feeds the emulator library without ever passing the limit at which it throws data away (50 MB): what is beyond our own mark waits here.
 * Callers with a source that can be held back use `pipeChannel`, which never gets there.
 */
import type { Terminal } from '@xterm/headless';
import type { Disposable } from '../platform/byte-channel.js';

const MAX_IN_LIBRARY_BYTES = 8 << 20;
/** The library copies none of it and parses in slices; larger pieces would hold `done` callbacks and the loop back. */
const MAX_PIECE_BYTES = 64 << 10;
/** What is as short as the echo of a key, or a redrawn screen, is parsed at once; for the rest the library starts a timer. */
const MAX_PROMPT_BYTES = 16 << 10;

export interface WriteQueue extends Disposable {
  /** Bytes (of text: UTF-16 units) not parsed yet. */
  readonly pendingBytes: number;
  /** `done` may be called before this returns. */
  write(data: Uint8Array | string, done?: () => void): void;
  /** Nothing is passed on until the function that it returns is called. */
  hold(): () => void;
}

/** `parseNext`: the library parses its next piece within `write`. */
export function createWriteQueue(terminal: Pick<Terminal, 'write'>, parseNext: () => void): WriteQueue {
  const waiting: { readonly data: Uint8Array | string; readonly done: (() => void) | undefined }[] = [];
  let inLibraryPieces = 0;
  let inLibraryBytes = 0;
  let waitingBytes = 0;
  let holds = 0;
  let isDisposed = false;

  const mayPass = () => holds === 0 && inLibraryBytes < MAX_IN_LIBRARY_BYTES;
  const pass = (data: Uint8Array | string, done: (() => void) | undefined) => {
    if (inLibraryPieces === 0 && data.length <= MAX_PROMPT_BYTES) parseNext();
    inLibraryPieces++;
    inLibraryBytes += data.length;
    terminal.write(data, () => {
      inLibraryPieces--;
      inLibraryBytes -= data.length;
      if (isDisposed) return;
      passWaiting();
      done?.();
    });
  };
  const passWaiting = () => {
    while (waiting.length > 0 && mayPass()) {
      const next = waiting.shift()!;
      waitingBytes -= next.data.length;
      pass(next.data, next.done);
    }
  };
  const enqueue = (data: Uint8Array | string, done: (() => void) | undefined) => {
    if (waiting.length === 0 && mayPass()) {
      pass(data, done);
      return;
    }
    waitingBytes += data.length;
    waiting.push({ data, done });
  };
  return {
    get pendingBytes() {
      return inLibraryBytes + waitingBytes;
    },
    write(data, done) {
      for (let offset = 0; offset < data.length - MAX_PIECE_BYTES; offset += MAX_PIECE_BYTES) {
        enqueue(slice(data, offset, offset + MAX_PIECE_BYTES), undefined);
      }
      const rest = data.length === 0 ? 0 : Math.floor((data.length - 1) / MAX_PIECE_BYTES) * MAX_PIECE_BYTES;
      enqueue(slice(data, rest, data.length), done);
    },
    hold() {
      let isHeld = true;
      holds++;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        holds--;
        if (!isDisposed) passWaiting();
      };
    },
    dispose() {
      isDisposed = true;
      waiting.length = 0;
    },
  };
}

/** Cutting inside a character is fine: the library's decoders keep half of one (a surrogate, a UTF-8 prefix) for the next piece. */
function slice(data: Uint8Array | string, start: number, end: number): Uint8Array | string {
  if (start === 0 && end === data.length) return data;
  return typeof data === 'string' ? data.slice(start, end) : data.subarray(start, end);
}
