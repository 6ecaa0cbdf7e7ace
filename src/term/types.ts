/**
 * The terminal emulator as the rest of the program sees it: a grid of cells, its modes, and what the program in it asks for.
 * Types only; `emulator.ts` makes one. Nothing here may perform what a program asks for (clipboard, titles): it is reported.
 */
import type { Disposable } from '../platform/byte-channel.js';

/** A colour: `DEFAULT_COLOR`, a palette index 0..255, or `RGB_COLOR | 0xrrggbb`. A number, so that a cell costs no allocation. */
export type CellColor = number;
export const DEFAULT_COLOR: CellColor = -1;
export const RGB_COLOR = 0x1000000;

/** Whether `color` is a 24-bit colour; its value is then `color & 0xffffff`. */
export function isRgbColor(color: CellColor): boolean {
  return color >= RGB_COLOR;
}

/** One cell of the grid. Objects are reused by `readRow`: copy what must live longer than the call. */
export interface Cell {
  /** What stands in the cell: one grapheme; `' '` for an empty cell, `''` for the follow-up cell of a wide one (width 0). */
  chars: string;
  width: 0 | 1 | 2;
  fg: CellColor;
  bg: CellColor;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  inverse: boolean;
  strike: boolean;
  invisible: boolean;
}

/** A row's cells, kept by the reader and filled again for each row; it grows to the number of columns by itself. */
export type CellSink = Cell[];

export type MouseTracking = 'none' | 'x10' | 'vt200' | 'drag' | 'any';
/** default: `ESC [ M` + 3 bytes. utf8: 1005. sgr: 1006. urxvt: 1015. sgr-pixels: 1016. */
export type MouseEncoding = 'default' | 'utf8' | 'sgr' | 'urxvt' | 'sgr-pixels';
export type CursorShape = 'block' | 'underline' | 'bar';

/** The modes that the program in the terminal has switched on, at this moment (a live view, not a copy). */
export interface EmulatorModes {
  readonly applicationCursorKeys: boolean;
  readonly applicationKeypad: boolean;
  readonly bracketedPaste: boolean;
  readonly mouseTracking: MouseTracking;
  readonly mouseEncoding: MouseEncoding;
  readonly sendFocus: boolean;
  readonly alternateScreen: boolean;
  /** Wheel becomes cursor keys on the alternate screen (DECSET 1007); true unless the program switched it off. */
  readonly alternateScroll: boolean;
  readonly cursorVisible: boolean;
  readonly cursorShape: CursorShape;
  readonly cursorBlink: boolean;
  /** The program draws a frame (DECSET 2026): do not repaint until it ends. Ends by itself after a short time. */
  readonly synchronizedOutput: boolean;
}

/**
 * Grid rows are numbered since the start of the terminal: row 0 is the first line ever, and the number of a line does not change
 * when older lines fall out of the scrollback. `firstRow` is the oldest that is still there. The alternate screen has numbers of its
 * own, from 0. A resize or a change of screen renumbers: `layoutVersion` then rises, and positions from before are void.
 */
export interface Viewport {
  readonly firstRow: number;
  /** Rows in the grid: scrollback and screen. Rows are `firstRow` … `firstRow + length - 1`. */
  readonly length: number;
  /** The grid row shown at the top. */
  readonly top: number;
  /** True: it follows the output. */
  readonly isAtBottom: boolean;
  /** Rows that came in below since the view left the bottom. */
  readonly rowsBelow: number;
  /** Positive: towards the newest. Stays within the grid. Resolves to nothing; `onDirty` is called when it moved. */
  scrollLines(count: number): void;
  /** Brings `row` to the top of the view, as far as the grid allows. */
  scrollToRow(row: number): void;
  scrollToTop(): void;
  scrollToBottom(): void;
}

export interface GridPosition {
  readonly row: number;
  /** 0-based cell. */
  readonly col: number;
}

/** A hit, in grid rows and cells. `end` is exclusive in `col` and may be on a later row where a line is wrapped. */
export interface Match {
  readonly start: GridPosition;
  readonly end: GridPosition;
}

export interface SearchOptions {
  readonly regex?: boolean;
  readonly caseSensitive?: boolean;
  /** Default 10,000. */
  readonly maxMatches?: number;
}

/** Colours that the program can ask for, `#rrggbb`. */
export interface EmulatorPalette {
  readonly foreground: string;
  readonly background: string;
  readonly cursor?: string;
  /** Palette entries for OSC 4, as far as known; the xterm defaults otherwise. */
  readonly ansi?: readonly string[];
}

export interface EmulatorOptions {
  readonly cols: number;
  readonly rows: number;
  readonly scrollbackRows: number;
  /** Treat a line feed as carriage return + line feed: for logs, which come without a tty. */
  readonly convertEol?: boolean;
  readonly palette?: EmulatorPalette;
  /** Each code point on its own, with the widths of Unicode 11 at most: for what is looked at for a moment. */
  readonly hasPlainWidths?: boolean;
}

/** Of one reader, who shows rows at places of its own. */
export interface RowMemory {
  /** Whether `row` reads otherwise than the row that was at `place` when it was asked last; true at first, and where that cannot be told. */
  hasChanged(place: number, row: number): boolean;
  /** Every row counts as changed, once. */
  forget(): void;
}

export interface Emulator extends Disposable {
  readonly cols: number;
  readonly rows: number;
  readonly modes: EmulatorModes;
  /** Relative to the viewport; `y` is outside of 0..rows-1 while scrolled away. `x` may equal `cols` (pending wrap). */
  readonly cursor: { readonly x: number; readonly y: number };
  readonly viewport: Viewport;
  /** Of a log: not all of it is in the grid. */
  readonly isPartial?: boolean;
  /** Rises when row numbers change their meaning: resize, change of screen, reset. */
  readonly layoutVersion: number;
  /** Last title the program set, cleaned and capped; empty when none. */
  readonly title: string;
  /** Bytes or text written and not parsed yet. */
  readonly pendingBytes: number;

  /**
   * Parses at once what is short and has nothing before it, the rest later, in slices; `done` is called when this data is in the grid,
   * perhaps before this returns. The array must not be changed before.
   */
  write(data: Uint8Array | string, done?: () => void): void;
  /** What is written waits, unparsed, until the function that it returns is called. */
  hold(): () => void;
  /** Both at least 1, larger values are clamped to a sane maximum. */
  resize(cols: number, rows: number): void;
  /** RIS: grid, modes and title as at the start; the scrollback is emptied. */
  reset(): void;

  /** Something visible changed: cells, cursor, modes, viewport. At most once per turn of the event loop. */
  onDirty(listener: () => void): Disposable;
  /** Answers that the program waits for (DA, DSR, CPR, colours): write them to the program. */
  onReply(listener: (data: Uint8Array) => void): Disposable;
  onTitle(listener: (title: string) => void): Disposable;
  onBell(listener: () => void): Disposable;
  /** The program wants to set the clipboard (OSC 52). Decoded, capped, never performed here. Reading is never answered. */
  onClipboard(listener: (text: string) => void): Disposable;

  /** Fills `cells` with one grid row. False (and blank cells) when there is no such row. */
  readRow(row: number, cells: CellSink): boolean;
  /** For `readRow` of this emulator. */
  rowMemory(): RowMemory;
  /** Whether `row` continues the line of the row above. */
  isWrapped(row: number): boolean;
  /** Text of a range as copied: wrapped rows joined, trailing blanks removed. `endCol` is exclusive. */
  text(startRow: number, startCol: number, endRow: number, endCol: number): string;
  /** All hits, oldest first. An invalid expression throws `BxError('usage')`. */
  search(query: string, options?: SearchOptions): Match[];
  /** The grid as a stream that draws it again in another emulator. */
  serialize(scrollbackRows?: number): Promise<string>;
}
