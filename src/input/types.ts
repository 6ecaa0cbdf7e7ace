/**
 * What comes from the keyboard, as events. Types only; `key-decoder.ts` makes them from bytes, `router.ts` sends them where they
 * belong. A paste is never keys, an answer of the host terminal is never keys.
 */

/**
 * `key` is the one normalised name: printable characters as they are (`a`, `G`, `?`, `é`), else `enter tab backspace esc space up
 * down left right home end pageup pagedown insert delete f1`…`f24`, with the prefixes `C-` `M-` `S-` in this order (`C-a`, `M-x`,
 * `C-M-a`, `S-tab`, `S-f5`, `C-S-up`). A shifted character is the character itself, never `S-g`. Unknown sequences: `unknown`.
 */
export interface KeyEvent {
  readonly type: 'key';
  readonly key: string;
  /** What it would type into a text field; empty for keys that type nothing. */
  readonly text: string;
  readonly raw: Uint8Array;
}

/** One event of any size, also when it came in many chunks. `data` is without the brackets. */
export interface PasteEvent {
  readonly type: 'paste';
  readonly data: Uint8Array;
  readonly text: string;
  readonly raw: Uint8Array;
}

export type MouseButton = 'left' | 'middle' | 'right' | 'back' | 'forward' | 'none';
export type MouseAction = 'press' | 'release' | 'drag' | 'move' | 'wheel-up' | 'wheel-down' | 'wheel-left' | 'wheel-right';

/** `x`, `y`: cell on the host screen, 0-based. Wheels have button `none`. */
export interface MouseEvent {
  readonly type: 'mouse';
  readonly action: MouseAction;
  readonly button: MouseButton;
  readonly x: number;
  readonly y: number;
  readonly shift: boolean;
  readonly meta: boolean;
  readonly ctrl: boolean;
  readonly raw: Uint8Array;
}

export interface FocusEvent {
  readonly type: 'focus';
  readonly isFocused: boolean;
  readonly raw: Uint8Array;
}

/** An answer of the host terminal. `data` is its body: parameters of a CSI, text of an OSC or DCS. */
export interface ReplyEvent {
  readonly type: 'reply';
  readonly kind:
    | 'primary-da'
    | 'secondary-da'
    | 'tertiary-da'
    | 'cursor-position'
    | 'status'
    | 'mode'
    | 'kitty-flags'
    | 'window'
    | 'osc'
    | 'dcs';
  readonly data: string;
  readonly raw: Uint8Array;
}

export type InputEvent = KeyEvent | PasteEvent | MouseEvent | FocusEvent | ReplyEvent;

/** The modes of the program inside that decide how input is encoded for it; `EmulatorModes` fits. */
export interface InnerModes {
  readonly applicationCursorKeys: boolean;
  readonly bracketedPaste: boolean;
  readonly mouseTracking: 'none' | 'x10' | 'vt200' | 'drag' | 'any';
  readonly mouseEncoding: 'default' | 'utf8' | 'sgr' | 'urxvt' | 'sgr-pixels';
  readonly sendFocus: boolean;
  readonly alternateScreen: boolean;
  readonly alternateScroll: boolean;
}

/** Where the program's cells stand on the host screen (inside of the border), in cells. */
export interface PaneRect {
  readonly x: number;
  readonly y: number;
  readonly cols: number;
  readonly rows: number;
}

/** The program that has the keyboard in terminal mode. */
export interface ProgramTarget {
  readonly modes: InnerModes;
  /** Asked for each mouse event, so that layout changes need no call. */
  rect(): PaneRect;
  write(data: Uint8Array): void;
}
