/** The sequences that take the host terminal for a full-screen program and give it back. Data and pure functions. */

/** Alternate screen with the cursor saved, bracketed paste, focus events; cursor keys as CSI and a numeric keypad, whatever was set before. */
const TAKE = '\x1b[?1049h\x1b[2J\x1b[H\x1b[?1l\x1b>\x1b[?2004h\x1b[?1004h\x1b[?25l';
/** Press, release, drag and wheel with coordinates of any size; never 1003, which reports every movement. */
const MOUSE_ON = '\x1b[?1000h\x1b[?1002h\x1b[?1006h';
const MOUSE_OFF = '\x1b[?1003l\x1b[?1002l\x1b[?1000l\x1b[?1016l\x1b[?1015l\x1b[?1005l\x1b[?1006l';

export function takeSequence(isMouseOn: boolean): string {
  return TAKE + (isMouseOn ? MOUSE_ON : MOUSE_OFF);
}

export function mouseSequence(isOn: boolean): string {
  return isOn ? MOUSE_ON : MOUSE_OFF;
}

/**
 * Everything that this program or a draw that was cut short can have changed: a sequence cut in the middle is cancelled (CAN) and
 * a string closed (ST); synchronized output, mouse, paste, focus, keyboard protocols off; colours, character set, margins, origin,
 * wrap, cursor and keypad as at the start. Each part is harmless where it was not set, and leaving an alternate screen that was not
 * entered is none (`ESC 7` before it makes the restored cursor the current one). The alternate screen is left empty: tmux 3.3 carries
 * rows of it over to the normal one when it was resized meanwhile.
 */
export function restoreSequence(isOnAlternateScreen: boolean): string {
  return [
    '\x18\x1b\\',
    '\x1b[?2026l',
    MOUSE_OFF,
    '\x1b[?2004l\x1b[?1004l\x1b[<u\x1b[>4m',
    '\x1b[0m\x1b(B\x0f\x1b[?6l\x1b[4l\x1b[?7h\x1b[?1l\x1b>',
    isOnAlternateScreen ? '\x1b[r\x1b[H\x1b[2J\x1b[?1049l' : '',
    '\x1b[?25h\x1b[0 q',
  ].join('');
}
