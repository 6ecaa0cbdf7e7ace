/**
 * Bytes of the host terminal to input events, over any chunk borders. Owns what is not complete yet and the short wait that tells the Esc key
 * from the start of a sequence. It decides nothing about where an event goes.
 */
import { key, meaningOfCsi, meaningOfSs3, meaningOfString } from './csi-events.js';
import { withModifiers } from './key-names.js';
import { CONTROL_NAMES } from './key-tables.js';
import { x10MouseEvent } from './mouse-decode.js';
import { createPasteCollector } from './paste-collector.js';
import { isAmbiguous, scanToken, type Token } from './sequence-scanner.js';
import type { InputEvent } from './types.js';

export type * from './types.js';

const ESCAPE_TIMEOUT_MS = 30;
/** Once a sequence has begun for certain, the rest may be late (a slow line). */
const SEQUENCE_TIMEOUT_MS = 250;
/** A paste whose end never comes must not swallow the keyboard. */
const PASTE_TIMEOUT_MS = 1000;

export interface KeyDecoderOptions {
  /** `event` is null for bytes that mean nothing (a key's release); `raw` is always what came, in order and without gaps. */
  readonly onToken: (raw: Uint8Array, event: InputEvent | null) => void;
  /** Asked when a wait begins. Default 30. */
  readonly escapeTimeoutMs?: () => number;
  readonly setTimeout?: (run: () => void, delayMs: number) => unknown;
  readonly clearTimeout?: (handle: unknown) => void;
}

export interface KeyDecoder {
  feed(data: Uint8Array): void;
  /** Takes what is incomplete for what it is now, as after the wait. */
  flush(): void;
  /** Drops what is incomplete. */
  reset(): void;
}

/** Makes a decoder. `reset` it when stdin is given away. */
export function createKeyDecoder(options: KeyDecoderOptions): KeyDecoder {
  const startTimer = options.setTimeout ?? ((run, delayMs) => setTimeout(run, delayMs));
  const stopTimer = options.clearTimeout ?? ((handle) => clearTimeout(handle as NodeJS.Timeout));
  const escapeTimeoutMs = options.escapeTimeoutMs ?? (() => ESCAPE_TIMEOUT_MS);
  const paste = createPasteCollector();
  let rest: Uint8Array = new Uint8Array(0);
  let timer: unknown = null;

  const wait = (delayMs: number) => {
    timer = startTimer(() => {
      timer = null;
      flush();
    }, delayMs);
  };
  const stopWaiting = () => {
    if (timer !== null) stopTimer(timer);
    timer = null;
  };

  const decode = (bytes: Uint8Array): void => {
    let offset = 0;
    while (offset < bytes.length) {
      if (paste.isOpen) {
        offset += paste.feed(bytes.subarray(offset));
        const event = paste.take();
        if (event) options.onToken(event.raw, event);
        continue;
      }
      const token = scanToken(bytes, offset);
      if (!token) break;
      const raw = bytes.slice(offset, token.end);
      offset = token.end;
      emit(token.kind, raw);
    }
    rest = bytes.slice(offset);
  };

  const emit = (kind: Token['kind'], raw: Uint8Array): void => {
    const meaning = meaningOf(kind, raw);
    if (meaning === 'paste-start') {
      paste.open(raw);
      return;
    }
    if (meaning === 'esc-first') {
      // Esc and a sequence that came together, but are no Meta key.
      options.onToken(raw.slice(0, 1), key('esc', raw.slice(0, 1)));
      emit(kind, raw.slice(1));
      return;
    }
    options.onToken(raw, meaning);
  };

  const flush = (): void => {
    stopWaiting();
    const event = paste.abort();
    if (event) {
      options.onToken(event.raw, event);
      return;
    }
    const raw = rest;
    rest = new Uint8Array(0);
    if (raw.length === 0) return;
    if (raw.length === 1 && raw[0] === 0x1b) options.onToken(raw, key('esc', raw));
    else if (raw[0] === 0x1b && raw.length === 2 && raw[1] !== 0x1b) options.onToken(raw, metaKey(raw));
    else if (raw[0] === 0x1b && raw[1] === 0x1b) {
      options.onToken(raw.slice(0, 1), key('esc', raw.slice(0, 1)));
      rest = raw.slice(1);
      flush();
    } else options.onToken(raw, key('unknown', raw));
  };

  return {
    feed(data) {
      if (data.length === 0) return;
      stopWaiting();
      decode(rest.length === 0 ? data : concat(rest, data));
      if (paste.isOpen) wait(PASTE_TIMEOUT_MS);
      else if (rest.length > 0) wait(isAmbiguous(rest, 0) ? escapeTimeoutMs() : SEQUENCE_TIMEOUT_MS);
    },
    flush,
    reset() {
      stopWaiting();
      paste.abort();
      rest = new Uint8Array(0);
    },
  };
}

/** 'esc-first': a press of Esc, then the rest as a sequence of its own. */
function meaningOf(kind: Token['kind'], raw: Uint8Array): InputEvent | null | 'paste-start' | 'esc-first' {
  switch (kind) {
    case 'char': {
      const text = new TextDecoder().decode(raw);
      return key(text === ' ' ? 'space' : text, raw, text);
    }
    case 'control':
      return key(controlName(raw[0]!), raw, raw[0] === 0x0a ? '\n' : '');
    case 'escape':
      return key('esc', raw);
    case 'meta':
      return metaKey(raw);
    case 'csi':
    case 'ss3':
      return raw[1] === 0x1b ? metaSequence(kind, raw) : kind === 'csi' ? meaningOfCsi(raw) : meaningOfSs3(raw);
    case 'string':
      return meaningOfString(raw);
    case 'x10-mouse':
      return x10MouseEvent(raw);
    case 'invalid':
      return key('unknown', raw);
  }
}

/** ESC ESC and a sequence: Meta with that key; anything else than a known key came after a press of Esc. */
function metaSequence(kind: 'csi' | 'ss3', raw: Uint8Array): InputEvent | 'esc-first' {
  const inner = kind === 'csi' ? meaningOfCsi(raw.slice(1)) : meaningOfSs3(raw.slice(1));
  if (inner === null || inner === 'paste-start' || inner.type !== 'key' || inner.key === 'unknown') return 'esc-first';
  return key(withModifiers(inner.key, { ctrl: false, meta: true, shift: false }), raw);
}

function metaKey(raw: Uint8Array): InputEvent {
  const first = raw[1]!;
  const name = first < 0x20 || first === 0x7f ? controlName(first) : new TextDecoder().decode(raw.subarray(1));
  return key(withModifiers(name === ' ' ? 'space' : name, { ctrl: false, meta: true, shift: false }), raw);
}

function controlName(byte: number): string {
  return CONTROL_NAMES[byte] ?? `C-${String.fromCharCode(byte + 0x60)}`;
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
