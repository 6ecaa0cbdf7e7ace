/**
 * What a program asks its terminal, taken out of its output where somebody else answers it, or where it is shown a second time: two answers
 * to one question would be typed into the program. Pure, over output that is cut anywhere.
 */

export interface RequestFilter {
  /**
   * What can go to a terminal now. A sequence that is not complete is held back; whether it is passed on is decided where it ends, as it is
   * in an emulator. `isAnswering`: this terminal answers, so that nothing is taken out.
   */
  push(data: Uint8Array, isAnswering: boolean): Uint8Array;
}

/** A longer string is judged by its beginning, and not held back any more. */
const STRING_HELD_BYTES = 4096;
const CSI_HELD_BYTES = 256;

const ENQ = 0x05;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;
const ESC = 0x1b;
/** The first of two bytes that are one of the controls U+0080 to U+009F in UTF-8, each of which stands for ESC and a letter. */
const C1 = 0xc2;

const BACKSLASH = 0x5c;
/** What a string begins with behind ESC: DCS, SOS, OSC, PM, APC. */
const STRING_KINDS = ['P', 'X', ']', '^', '_'] as const;
type StringKind = (typeof STRING_KINDS)[number];

/**
 * Device attributes and status, cursor, modes, parameters, the window, the keyboard, graphics, checksums, colours (XTerm Control Sequences;
 * the kitty keyboard protocol).
 */
const CSI_REQUEST =
  /^(?:[>=]?[\d;]*c|\??[\d;]*n|\??[\d;]*\$p|[\d;]*x|[\d;]*t|\?u|>[\d;]*q|\?[\d;]*[gmS]|[\d;]*\$[uw]|&u|[\d;]*\*y|[\d;]*#[|R]|[\d;]*'\|)$/;
/** The clipboard is that of the person who is at the program, so that writing to it counts as well. */
const OSC_REQUEST = /^(?:52;|(?:4|5|1\d|21|50);.*\?|22;\?|99;[^;]*p=\?|1337;(?:Report|Request|Capabilities|Copy))/s;
/** Settings, terminfo, and what tmux hands on to the terminal around it. */
const DCS_REQUEST = /^(?:[\d;]*[$+]q|tmux;)/;
/** Kitty's graphics: all of them are acknowledged. */
const APC_REQUEST = /^G/;

/** `end`: of a sequence that is complete, or of as much of a string as is there; null: more has to come. */
interface Found {
  readonly end: number | null;
  readonly isRequest: boolean;
  /** The string that goes on. */
  readonly open?: StringKind;
}

const INCOMPLETE: Found = { end: null, isRequest: false };

export function createRequestFilter(): RequestFilter {
  let held: Uint8Array = new Uint8Array();
  /** The string that is being left out. */
  let dropped: StringKind | null = null;

  return {
    push(data, isAnswering) {
      if (held.length === 0 && dropped === null && !hasControls(data)) return data;
      const bytes = held.length === 0 ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.concat([held, data]);
      held = new Uint8Array();
      const kept: Uint8Array[] = [];
      let from = 0;
      let at = 0;
      const cut = (end: number): void => {
        if (at > from) kept.push(bytes.subarray(from, at));
        from = end;
      };
      while (at < bytes.length) {
        if (dropped !== null) {
          const { end, isComplete } = endOfString(bytes, at, dropped);
          cut(end);
          at = end;
          if (!isComplete) break;
          dropped = null;
          continue;
        }
        if (!isControl(bytes[at]!)) {
          at++;
          continue;
        }
        const { end, isRequest, open = null } = readSequence(bytes, at);
        if (end === null) break;
        if (isRequest && !isAnswering) {
          cut(end);
          dropped = open;
        }
        at = end;
      }
      held = Uint8Array.from(bytes.subarray(at));
      cut(bytes.length);
      return kept.length === 1 ? kept[0]! : Buffer.concat(kept);
    },
  };
}

function hasControls(data: Uint8Array): boolean {
  return data.includes(ESC) || data.includes(ENQ) || data.includes(C1);
}

function isControl(byte: number): boolean {
  return byte === ESC || byte === ENQ || byte === C1;
}

/** What begins with the control at `at`. */
function readSequence(bytes: Buffer, at: number): Found {
  if (bytes[at] === ENQ) return { end: at + 1, isRequest: true };
  if (at + 1 >= bytes.length) return INCOMPLETE;
  const second = bytes[at + 1]!;
  const isC1 = bytes[at] === C1 && second >= 0x80 && second <= 0x9f;
  // Of any other character both bytes are text.
  if (bytes[at] === C1 && !isC1) return { end: at + 1, isRequest: false };
  const letter = String.fromCharCode(isC1 ? second - 0x40 : second);
  if (letter === '[') return readCsi(bytes, at + 2);
  const kind = STRING_KINDS.find((one) => one === letter);
  if (kind !== undefined) return readString(bytes, at + 2, kind);
  return { end: at + (second === ESC ? 1 : 2), isRequest: letter === 'Z' };
}

function readCsi(bytes: Buffer, begin: number): Found {
  for (let at = begin; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === ESC || at - begin > CSI_HELD_BYTES) return { end: at, isRequest: false };
    if (byte === CAN || byte === SUB) return { end: at + 1, isRequest: false };
    if (byte < 0x40 || byte > 0x7e) continue;
    // Other controls between are carried out, and the sequence goes on.
    const text = bytes.toString('latin1', begin, at + 1).replace(/[\x00-\x1f\x7f]/g, '');
    return { end: at + 1, isRequest: CSI_REQUEST.test(text) };
  }
  return INCOMPLETE;
}

function readString(bytes: Buffer, begin: number, kind: StringKind): Found {
  const { end, isComplete } = endOfString(bytes, begin, kind);
  if (!isComplete && end - begin <= STRING_HELD_BYTES) return INCOMPLETE;
  const isRequest = isRequestString(kind, bytes.toString('latin1', begin, Math.min(end, begin + STRING_HELD_BYTES)));
  return isComplete ? { end, isRequest } : { end, isRequest, open: kind };
}

/** An ESC that begins something else ends a string as well; the half of an end is none yet. */
function endOfString(bytes: Buffer, begin: number, kind: StringKind): { readonly end: number; readonly isComplete: boolean } {
  for (let at = begin; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === CAN || byte === SUB || (byte === BEL && kind === ']')) return { end: at + 1, isComplete: true };
    if (byte !== ESC && byte !== C1) continue;
    const next = bytes[at + 1];
    if (next === undefined) return { end: at, isComplete: false };
    if (byte === ESC) return { end: next === BACKSLASH ? at + 2 : at, isComplete: true };
    if (next === BACKSLASH + 0x40) return { end: at + 2, isComplete: true };
  }
  return { end: bytes.length, isComplete: false };
}

function isRequestString(kind: StringKind, text: string): boolean {
  if (kind === ']') return OSC_REQUEST.test(text);
  if (kind === 'P') return DCS_REQUEST.test(text);
  return kind === '_' && APC_REQUEST.test(text);
}
