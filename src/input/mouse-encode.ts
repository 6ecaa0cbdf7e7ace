/** Mouse events of the host, as the program inside asked to get them: tracking mode, encoding, coordinates of its own. Pure. */
import type { InnerModes, MouseEvent, PaneRect } from './types.js';

/** The first protocol adds 32 to each value and has one byte for it. */
const MAX_LEGACY = 223;
/** 1005 writes values as UTF-8, at most two bytes long. */
const MAX_UTF8 = 2015;

/**
 * Bytes for the program, or null when it did not ask for this kind of event, or its encoding cannot say the position. Positions outside of
 * the pane are moved to its border (a drag that leaves it goes on).
 */
export function encodeMouse(event: MouseEvent, modes: InnerModes, rect: PaneRect): Uint8Array | null {
  if (!isWanted(event, modes.mouseTracking)) return null;
  const col = clamp(event.x - rect.x, rect.cols) + 1;
  const row = clamp(event.y - rect.y, rect.rows) + 1;
  const isRelease = event.action === 'release';
  const code = buttonCode(event, modes.mouseTracking === 'x10');
  switch (modes.mouseEncoding) {
    case 'sgr':
    // Pixels are not known here; cells keep the program working as far as it can.
    case 'sgr-pixels':
      return bytes(`\x1b[<${code};${col};${row}${isRelease ? 'm' : 'M'}`);
    case 'urxvt':
      return bytes(`\x1b[${32 + oldCode(code, isRelease)};${col};${row}M`);
    case 'utf8':
      if (col > MAX_UTF8 || row > MAX_UTF8) return null;
      return bytes(`\x1b[M${String.fromCharCode(32 + oldCode(code, isRelease), 32 + col, 32 + row)}`);
    case 'default':
      if (col > MAX_LEGACY || row > MAX_LEGACY) return null;
      return Uint8Array.of(0x1b, 0x5b, 0x4d, 32 + oldCode(code, isRelease), 32 + col, 32 + row);
  }
}

/** Wheel on the alternate screen of a program without mouse support: cursor keys, three for each notch. Null: not applicable. */
export function encodeWheelAsKeys(event: MouseEvent, modes: InnerModes): Uint8Array | null {
  if (modes.mouseTracking !== 'none' || !modes.alternateScreen || !modes.alternateScroll) return null;
  const letter = event.action === 'wheel-up' ? 'A' : event.action === 'wheel-down' ? 'B' : null;
  return letter === null ? null : bytes(`\x1b${modes.applicationCursorKeys ? 'O' : '['}${letter}`.repeat(3));
}

export function isInside(event: MouseEvent, rect: PaneRect): boolean {
  return event.x >= rect.x && event.y >= rect.y && event.x < rect.x + rect.cols && event.y < rect.y + rect.rows;
}

function isWanted(event: MouseEvent, tracking: InnerModes['mouseTracking']): boolean {
  switch (tracking) {
    case 'none':
      return false;
    case 'x10':
      return event.action === 'press' && (event.button === 'left' || event.button === 'middle' || event.button === 'right');
    case 'vt200':
      return event.action !== 'drag' && event.action !== 'move';
    case 'drag':
      return event.action !== 'move';
    case 'any':
      return true;
  }
}

/** SGR's code: button, modifiers (none in the X10 mode), motion, wheel, further buttons. */
function buttonCode(event: MouseEvent, isX10: boolean): number {
  const wheel = { 'wheel-up': 64, 'wheel-down': 65, 'wheel-left': 66, 'wheel-right': 67 } as const;
  const buttons = { left: 0, middle: 1, right: 2, none: 3, back: 128, forward: 129 } as const;
  let code = event.action in wheel ? wheel[event.action as keyof typeof wheel] : buttons[event.button];
  if (event.action === 'drag' || event.action === 'move') code += 32;
  if (isX10) return code;
  return code + (event.shift ? 4 : 0) + (event.meta ? 8 : 0) + (event.ctrl ? 16 : 0);
}

/** Before SGR a release did not say which button: 3 stands for all. */
function oldCode(code: number, isRelease: boolean): number {
  return isRelease ? (code & ~0b11000011) | 3 : code;
}

function clamp(value: number, size: number): number {
  return Math.min(Math.max(0, value), Math.max(0, size - 1));
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
