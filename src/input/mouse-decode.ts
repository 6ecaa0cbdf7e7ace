/** Mouse reports of the host terminal, as events: SGR (1006), urxvt (1015) and the first protocol. Pure. */
import type { InputEvent, MouseAction, MouseButton, MouseEvent } from './types.js';

const BUTTONS: readonly MouseButton[] = ['left', 'middle', 'right', 'none'];
const WHEELS: readonly MouseAction[] = ['wheel-up', 'wheel-down', 'wheel-left', 'wheel-right'];
const EXTRA: readonly MouseButton[] = ['back', 'forward', 'none', 'none'];

/** `parameters`: `code;column;row`, both 1-based. `offset`: what the encoding adds to the code. */
export function mouseEvent(parameters: string, isRelease: boolean, raw: Uint8Array, offset = 0): InputEvent {
  const [code, column, row] = parameters.split(';').map(Number);
  if (!isCount(code) || !isCount(column) || !isCount(row)) return { type: 'key', key: 'unknown', text: '', raw };
  const isOldRelease = offset !== 0 && ((code - offset) & 0b11100011) === 3;
  return decode(code - offset, column - 1, row - 1, isRelease || isOldRelease, raw);
}

/** `ESC [ M` and three bytes, each with 32 added; coordinates beyond 223 cannot be said in it. */
export function x10MouseEvent(raw: Uint8Array): MouseEvent {
  const code = raw[3]! - 32;
  return decode(code, raw[4]! - 33, raw[5]! - 33, (code & 0b11100011) === 3, raw);
}

/** Bits of the code: 0-1 button, 2 shift, 3 meta, 4 ctrl, 5 motion, 6 wheel, 7 further buttons (xterm's ctlseqs, "Mouse Tracking"). */
function decode(code: number, x: number, y: number, isRelease: boolean, raw: Uint8Array): MouseEvent {
  const low = code & 3;
  const isWheel = (code & 64) !== 0;
  const button = isWheel ? 'none' : (code & 128) !== 0 ? EXTRA[low]! : BUTTONS[low]!;
  const action: MouseAction = isWheel
    ? WHEELS[low]!
    : isRelease
      ? 'release'
      : (code & 32) === 0
        ? 'press'
        : button === 'none'
          ? 'move'
          : 'drag';
  return {
    type: 'mouse',
    action,
    button,
    x: Math.max(0, x),
    y: Math.max(0, y),
    shift: (code & 4) !== 0,
    meta: (code & 8) !== 0,
    ctrl: (code & 16) !== 0,
    raw,
  };
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0;
}
