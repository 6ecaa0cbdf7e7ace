/** What a terminal sends for keys and mouse, as xterm does (ctlseqs, "PC-Style Function Keys" and "SGR mouse mode"). */

const NAMED = {
  enter: '\r',
  escape: '\x1b',
  tab: '\t',
  'shift-tab': '\x1b[Z',
  backspace: '\x7f',
  delete: '\x1b[3~',
  insert: '\x1b[2~',
  space: ' ',
  'page-up': '\x1b[5~',
  'page-down': '\x1b[6~',
  f1: '\x1bOP',
  f2: '\x1bOQ',
  f5: '\x1b[15~',
} as const;

/** Keys whose sequence depends on the cursor key mode (DECCKM). */
const CURSOR = { up: 'A', down: 'B', right: 'C', left: 'D', home: 'H', end: 'F' } as const;

type Letter =
  | 'a'
  | 'b'
  | 'c'
  | 'd'
  | 'e'
  | 'f'
  | 'g'
  | 'h'
  | 'k'
  | 'l'
  | 'n'
  | 'o'
  | 'p'
  | 'q'
  | 'r'
  | 's'
  | 't'
  | 'u'
  | 'w'
  | 'x'
  | 'y'
  | 'z';
export type KeyName = keyof typeof NAMED | keyof typeof CURSOR | `ctrl-${Letter | ']' | '\\'}` | `char:${string}`;

/** The bytes of a key; `char:x` is the character itself. */
export function bytesOfKey(key: KeyName, hasApplicationCursorKeys: boolean): string {
  if (key in NAMED) return NAMED[key as keyof typeof NAMED];
  if (key in CURSOR) return `${hasApplicationCursorKeys ? '\x1bO' : '\x1b['}${CURSOR[key as keyof typeof CURSOR]}`;
  if (key.startsWith('char:')) return key.slice('char:'.length);
  return String.fromCharCode(key.slice('ctrl-'.length).toUpperCase().charCodeAt(0) & 0x1f);
}

export interface MouseInput {
  readonly kind: 'press' | 'release' | 'drag' | 'wheel-up' | 'wheel-down';
  readonly col: number;
  readonly row: number;
  readonly button?: 'left' | 'middle' | 'right';
}

const BUTTONS = { left: 0, middle: 1, right: 2 } as const;

/** One SGR mouse report; cells are counted from 1 on the wire. */
export function mouseReport({ kind, col, row, button = 'left' }: MouseInput): string {
  const code = kind === 'wheel-up' ? 64 : kind === 'wheel-down' ? 65 : BUTTONS[button] + (kind === 'drag' ? 32 : 0);
  return `\x1b[<${code};${col + 1};${row + 1}${kind === 'release' ? 'm' : 'M'}`;
}
