/** What each byte and sequence of a keyboard is called. Data only; the sources are the terminals' own descriptions of what they send. */

/** Control bytes that have a key of their own; the others are `C-` and a character. */
export const CONTROL_NAMES: Readonly<Record<number, string>> = {
  0: 'C-space',
  8: 'backspace',
  9: 'tab',
  13: 'enter',
  27: 'esc',
  28: 'C-\\',
  29: 'C-]',
  30: 'C-^',
  31: 'C-_',
  32: 'space',
  127: 'backspace',
};

/** `CSI 1 ; modifier X` and `CSI X` (xterm). */
export const CSI_LETTERS: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  E: 'begin',
  F: 'end',
  H: 'home',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
  Z: 'S-tab',
};

/** `CSI n ; modifier ~` (DEC, xterm, rxvt). */
export const CSI_NUMBERS: Readonly<Record<number, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
  11: 'f1',
  12: 'f2',
  13: 'f3',
  14: 'f4',
  15: 'f5',
  17: 'f6',
  18: 'f7',
  19: 'f8',
  20: 'f9',
  21: 'f10',
  23: 'f11',
  24: 'f12',
  25: 'f13',
  26: 'f14',
  28: 'f15',
  29: 'f16',
  31: 'f17',
  32: 'f18',
  33: 'f19',
  34: 'f20',
};

/** `ESC O X`: application cursor keys, F1 to F4, and the application keypad, whose keys are what is printed on them. */
export const SS3_LETTERS: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  E: 'begin',
  F: 'end',
  H: 'home',
  I: 'tab',
  M: 'enter',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
  X: '=',
  a: 'C-up',
  b: 'C-down',
  c: 'C-right',
  d: 'C-left',
  j: '*',
  k: '+',
  l: ',',
  m: '-',
  n: '.',
  o: '/',
  p: '0',
  q: '1',
  r: '2',
  s: '3',
  t: '4',
  u: '5',
  v: '6',
  w: '7',
  x: '8',
  y: '9',
};

/** `ESC [ a` … with Shift (rxvt). */
export const RXVT_SHIFT_LETTERS: Readonly<Record<string, string>> = { a: 'S-up', b: 'S-down', c: 'S-right', d: 'S-left' };

/** `ESC [ [ A` … (Linux console). */
export const LINUX_CONSOLE_LETTERS: Readonly<Record<string, string>> = { A: 'f1', B: 'f2', C: 'f3', D: 'f4', E: 'f5' };

/** Code points of `CSI code ; modifier u` that are keys and not characters (kitty keyboard protocol, functional key definitions). */
export const KITTY_CODES: Readonly<Record<number, string>> = {
  9: 'tab',
  13: 'enter',
  27: 'esc',
  32: 'space',
  127: 'backspace',
  57409: '.',
  57410: '/',
  57411: '*',
  57412: '-',
  57413: '+',
  57414: 'enter',
  57415: '=',
  57416: ',',
  57417: 'left',
  57418: 'right',
  57419: 'up',
  57420: 'down',
  57421: 'pageup',
  57422: 'pagedown',
  57423: 'home',
  57424: 'end',
  57425: 'insert',
  57426: 'delete',
  57427: 'begin',
};
/** F13 … F35 and the keypad's digits come in runs. */
export const KITTY_F13 = 57376;
export const KITTY_KEYPAD_0 = 57399;
/** Beyond the runs above: lock, media and modifier keys, which are no input. */
export const KITTY_FUNCTIONAL_START = 57344;
export const KITTY_FUNCTIONAL_END = 63743;
