/**
 * Where one token of terminal input ends: a character, a control byte, an escape sequence. Works on bytes, knows nothing of their meaning.
 * The grammar is ECMA-48's, with the three exceptions that keyboards and mice send.
 */

const ESC = 0x1b;
/** Longer than any answer a terminal gives; what goes on beyond it is no sequence. */
const MAX_STRING_BYTES = 1 << 20;
const MAX_CSI_BYTES = 256;

export type TokenKind = 'char' | 'control' | 'invalid' | 'escape' | 'meta' | 'csi' | 'ss3' | 'string' | 'x10-mouse';

export interface Token {
  readonly kind: TokenKind;
  /** Index after the last byte. */
  readonly end: number;
}

/** The token that starts at `start`; null when its end is not in `bytes` yet. */
export function scanToken(bytes: Uint8Array, start: number): Token | null {
  const first = bytes[start]!;
  if (first === ESC) return scanEscape(bytes, start);
  if (first < 0x20 || first === 0x7f) return { kind: 'control', end: start + 1 };
  if (first < 0x80) return { kind: 'char', end: start + 1 };
  return scanUtf8(bytes, start);
}

/** Whether the incomplete token at `start` may as well be the Esc key (or Meta and a character): then only a short wait is allowed. */
export function isAmbiguous(bytes: Uint8Array, start: number): boolean {
  const rest = bytes.length - start;
  return bytes[start] !== ESC || rest <= 2 || (rest === 3 && bytes[start + 1] === ESC);
}

function scanUtf8(bytes: Uint8Array, start: number): Token | null {
  const first = bytes[start]!;
  const length = first >= 0xf0 && first <= 0xf4 ? 4 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc2 && first < 0xe0 ? 2 : 1;
  if (length === 1) return { kind: 'invalid', end: start + 1 };
  for (let i = 1; i < length; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) return null;
    if ((byte & 0xc0) !== 0x80) return { kind: 'invalid', end: start + i };
  }
  return { kind: 'char', end: start + length };
}

function scanEscape(bytes: Uint8Array, start: number): Token | null {
  const second = bytes[start + 1];
  if (second === undefined) return null;
  switch (second) {
    case 0x5b: // [
      return scanCsi(bytes, start);
    case 0x4f: // O
      return scanSs3(bytes, start);
    case 0x5d: // ]
    case 0x50: // P
    case 0x5f: // _
    case 0x5e: // ^
    case 0x58: // X
      return scanString(bytes, start);
    case ESC:
      return scanDoubleEscape(bytes, start);
    default: {
      if (second < 0x80) return { kind: 'meta', end: start + 2 };
      const character = scanUtf8(bytes, start + 1);
      return character && { kind: character.kind === 'char' ? 'meta' : 'invalid', end: character.end };
    }
  }
}

function scanCsi(bytes: Uint8Array, start: number): Token | null {
  const third = bytes[start + 2];
  if (third === undefined) return null;
  if (third === 0x5b) {
    // The Linux console's F1 to F5: ESC [ [ and a letter.
    const letter = bytes[start + 3];
    if (letter === undefined) return null;
    return letter >= 0x41 && letter <= 0x45 ? { kind: 'csi', end: start + 4 } : { kind: 'csi', end: start + 3 };
  }
  if (third === 0x4d) {
    // The first mouse protocol: three raw bytes, each 32 or more, follow ESC [ M.
    for (let i = 3; i < 6; i++) {
      const byte = bytes[start + i];
      if (byte === undefined) return null;
      if (byte < 0x20) return { kind: 'csi', end: start + 3 };
    }
    return { kind: 'x10-mouse', end: start + 6 };
  }
  for (let i = start + 2; i < start + MAX_CSI_BYTES; i++) {
    const byte = bytes[i];
    if (byte === undefined) return null;
    if (byte >= 0x40 && byte <= 0x7e) return { kind: 'csi', end: i + 1 };
    // rxvt ends a shifted key with $, which is no final byte elsewhere: ESC [ 5 $.
    if (byte === 0x24 && isPlainNumber(bytes, start + 2, i)) return { kind: 'csi', end: i + 1 };
    if (byte < 0x20 || byte > 0x7e) return { kind: i === start + 2 ? 'meta' : 'csi', end: i };
  }
  return { kind: 'csi', end: start + MAX_CSI_BYTES };
}

function isPlainNumber(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i]! < 0x30 || bytes[i]! > 0x39) return false;
  return end - start === 1 || end - start === 2;
}

function scanSs3(bytes: Uint8Array, start: number): Token | null {
  for (let i = start + 2; i < start + 8; i++) {
    const byte = bytes[i];
    if (byte === undefined) return null;
    if (byte >= 0x40 && byte <= 0x7e) return { kind: 'ss3', end: i + 1 };
    const isParameter = (byte >= 0x30 && byte <= 0x39) || byte === 0x3b;
    if (!isParameter) return { kind: i === start + 2 ? 'meta' : 'ss3', end: i };
  }
  return { kind: 'ss3', end: start + 8 };
}

/** OSC, DCS, APC, PM, SOS: up to BEL (OSC only) or ST. Anything that cannot be in one ends it: it was Meta and a character. */
function scanString(bytes: Uint8Array, start: number): Token | null {
  for (let i = start + 2; i < start + MAX_STRING_BYTES; i++) {
    const byte = bytes[i];
    if (byte === undefined) return null;
    if (byte === 0x07 && bytes[start + 1] === 0x5d) return { kind: 'string', end: i + 1 };
    if (byte === ESC) {
      const next = bytes[i + 1];
      if (next === undefined) return null;
      if (next === 0x5c) return i === start + 2 ? { kind: 'meta', end: start + 2 } : { kind: 'string', end: i + 2 };
    }
    if (byte < 0x20) return { kind: 'meta', end: start + 2 };
  }
  return { kind: 'meta', end: start + 2 };
}

/** ESC ESC [ A is Meta and a key in some terminals; ESC ESC and anything else is the Esc key and that. */
function scanDoubleEscape(bytes: Uint8Array, start: number): Token | null {
  const third = bytes[start + 2];
  if (third === undefined) return null;
  if (third !== 0x5b && third !== 0x4f) return { kind: 'escape', end: start + 1 };
  const inner = scanEscape(bytes, start + 1);
  if (!inner) return null;
  return inner.kind === 'csi' || inner.kind === 'ss3' ? inner : { kind: 'escape', end: start + 1 };
}
