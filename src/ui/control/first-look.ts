/**
 * What a program showed last, before all that it has printed is in its grid, which takes a while for a long scrollback: the end of it in a
 * small emulator of its own, looked at until the real one is ready. It answers nothing and keeps nothing.
 */
import { createEmulator, type Emulator } from '../../term/emulator.js';
import type { EmulatorOptions } from '../../term/types.js';

/** Less is in its grid soon enough. */
const SHORT_BYTES = 64 << 10;
/** More than a screen of anything. */
const LOOK_BYTES = 12 << 10;
const LONGEST_LOOK_BYTES = 128 << 10;
const ALTERNATE = '\x1b[?1049h';
const NORMAL = '\x1b[?1049l';

/** Null: everything is as quick, or the end alone would not show what is there. */
export function createFirstLook(replay: Uint8Array, options: EmulatorOptions): Emulator | null {
  const end = newestOf(replay);
  if (end === null) return null;
  const emulator = createEmulator({ ...options, scrollbackRows: 0, hasPlainWidths: true });
  emulator.write(end);
  return emulator;
}

/** From the beginning of the full-screen program that was there last, else the last lines. */
export function newestOf(replay: Uint8Array): Uint8Array | null {
  if (replay.length <= SHORT_BYTES) return null;
  const bytes = Buffer.from(replay.buffer, replay.byteOffset, replay.byteLength);
  const alternate = bytes.lastIndexOf(ALTERNATE);
  const normal = bytes.lastIndexOf(NORMAL);
  if (alternate > normal) return bytes.length - alternate > LONGEST_LOOK_BYTES ? null : bytes.subarray(alternate);
  const lineEnd = bytes.indexOf(10, bytes.length - LOOK_BYTES);
  const lines = lineEnd < 0 ? bytes.length - LOOK_BYTES : lineEnd + 1;
  return bytes.subarray(Math.max(lines, normal));
}
