/** Keys and pastes of the host, as the program inside expects them. Pure. */
import type { InnerModes } from './types.js';

const PASTE_START = new TextEncoder().encode('\x1b[200~');
const PASTE_END = new TextEncoder().encode('\x1b[201~');

/**
 * Unmodified cursor keys, Home and End come as SS3 or as CSI, as the host happens to be set; the program wants the one of its own
 * mode (DECCKM). Everything else is returned as it is.
 */
export function encodeKey(raw: Uint8Array, modes: InnerModes): Uint8Array {
  if (raw.length !== 3 || raw[0] !== 0x1b || (raw[1] !== 0x5b && raw[1] !== 0x4f)) return raw;
  const letter = raw[2]!;
  const isCursorKey = (letter >= 0x41 && letter <= 0x44) || letter === 0x46 || letter === 0x48;
  return isCursorKey ? Uint8Array.of(0x1b, modes.applicationCursorKeys ? 0x4f : 0x5b, letter) : raw;
}

/** Between brackets when the program asked for them, else as it is. */
export function encodePaste(data: Uint8Array, modes: InnerModes): Uint8Array {
  if (!modes.bracketedPaste) return data;
  const body = withoutEnd(data);
  const framed = new Uint8Array(PASTE_START.length + body.length + PASTE_END.length);
  framed.set(PASTE_START);
  framed.set(body, PASTE_START.length);
  framed.set(PASTE_END, PASTE_START.length + body.length);
  return framed;
}

/** Whether a program without brackets would take the paste for several commands. */
export function hasSeveralLines(data: Uint8Array): boolean {
  const last = data.at(-1);
  const end = last === 0x0a || last === 0x0d ? data.length - 1 : data.length;
  for (let i = 0; i < end; i++) if (data[i] === 0x0a || data[i] === 0x0d) return true;
  return false;
}

/** Without closing brackets inside: the rest of the text would count as typed. Removing one can make another; hence the loop. */
function withoutEnd(data: Uint8Array): Uint8Array {
  let body = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  for (let at = body.indexOf(PASTE_END); at >= 0; at = body.indexOf(PASTE_END)) {
    body = Buffer.concat([body.subarray(0, at), body.subarray(at + PASTE_END.length)]);
  }
  return body;
}
