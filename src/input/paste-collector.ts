/** Collects one bracketed paste, of any size and over any chunk borders, without copying what came before again and again. */
import type { PasteEvent } from './types.js';

const END = new TextEncoder().encode('\x1b[201~');

export interface PasteCollector {
  readonly isOpen: boolean;
  /** `start` is the opening bracket as it came. */
  open(start: Uint8Array): void;
  /** Takes bytes up to the end of the paste; says how many. */
  feed(data: Uint8Array): number;
  /** The paste when its end has come; null before. */
  take(): PasteEvent | null;
  /** The paste as far as it came, without its end; null when none is open. */
  abort(): PasteEvent | null;
}

export function createPasteCollector(): PasteCollector {
  let start: Uint8Array | null = null;
  let chunks: Uint8Array[] = [];
  /** How many bytes of the closing bracket the data ends with. */
  let matched = 0;

  const finish = (bracketLength: number): PasteEvent => {
    const body = Buffer.concat(chunks);
    const data = new Uint8Array(body.subarray(0, body.length - bracketLength));
    const event: PasteEvent = {
      type: 'paste',
      data,
      text: new TextDecoder().decode(data),
      raw: new Uint8Array(Buffer.concat([start!, body])),
    };
    start = null;
    chunks = [];
    matched = 0;
    return event;
  };
  return {
    get isOpen() {
      return start !== null;
    },
    open(opening) {
      start = opening;
    },
    feed(data) {
      for (let i = 0; i < data.length; i++) {
        // The bracket's first byte occurs nowhere else in it, so a mismatch starts again there or nowhere.
        if (data[i] === END[matched]) matched += 1;
        else matched = data[i] === END[0] ? 1 : 0;
        if (matched === END.length) {
          chunks.push(data.slice(0, i + 1));
          return i + 1;
        }
      }
      chunks.push(data.slice());
      return data.length;
    },
    take: () => (start !== null && matched === END.length ? finish(END.length) : null),
    abort: () => (start === null ? null : finish(0)),
  };
}
