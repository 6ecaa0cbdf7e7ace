/**
 * Attribute numbers for cells. blessed's own numbers hold 9-bit colours and five flags; ours start above them and stand for an interned
 * style, so that 24-bit colours, dim, italic and strike go through its cell grid, which only compares numbers.
 */
import { type CellColor, DEFAULT_COLOR, isRgbColor } from '../../term/types.js';
import { type ColorDepth, reduceColor } from '../theme/color.js';
import type { Style } from '../theme/theme.js';

export const BOLD = 1;
export const DIM = 2;
export const ITALIC = 4;
export const UNDERLINE = 8;
export const INVERSE = 16;
export const STRIKE = 32;
export const INVISIBLE = 64;

/** blessed's attributes are below 2^27. */
const FIRST = 2 ** 32;
const BLESSED_DEFAULT = 0x1ff;
/** More different styles than this in one run (a program that paints gradients for hours): the table starts again. */
const MAX_STYLES = 200_000;

interface Entry {
  readonly fg: CellColor;
  readonly bg: CellColor;
  readonly flags: number;
  readonly sgr: string;
}

/** Colours that stand for the terminal's defaults. */
export interface Ground {
  readonly fg: CellColor;
  readonly bg: CellColor;
}

export class AttributeTable {
  readonly #depth: ColorDepth;
  readonly #entries: Entry[] = [];
  readonly #index = new Map<string, number>();
  #ground: Ground | null = null;
  #drawn: string[] = [];
  /** Rises when numbers given out before are void, so that the whole screen has to be drawn again. */
  version = 0;

  constructor(depth: ColorDepth) {
    this.#depth = depth;
    this.intern(DEFAULT_COLOR, DEFAULT_COLOR, 0);
  }

  /** The attribute of default colours without flags. */
  get plain(): number {
    return FIRST;
  }

  intern(fg: CellColor, bg: CellColor, flags: number): number {
    const key = `${fg},${bg},${flags}`;
    const known = this.#index.get(key);
    if (known !== undefined) return known;
    if (this.#entries.length >= MAX_STYLES) this.#reset();
    const sgr = sgrOf(reduceColor(fg, this.#depth), reduceColor(bg, this.#depth), flags);
    const attr = FIRST + this.#entries.length;
    this.#entries.push({ fg, bg, flags, sgr });
    this.#index.set(key, attr);
    return attr;
  }

  internStyle(style: Style): number {
    let flags = 0;
    if (style.bold) flags |= BOLD;
    if (style.dim) flags |= DIM;
    if (style.italic) flags |= ITALIC;
    if (style.underline) flags |= UNDERLINE;
    if (style.inverse) flags |= INVERSE;
    return this.intern(style.fg, style.bg, flags);
  }

  /** The look of `attr` with the background (or the inversion) of `over`: how a selected row is painted over its cells. */
  withBackground(attr: number, over: number): number {
    const cell = this.#entry(attr);
    const ground = this.#entry(over);
    const flags = cell.flags | (ground.flags & (INVERSE | BOLD | UNDERLINE));
    const hasBackground = ground.bg !== DEFAULT_COLOR;
    if (!hasBackground && flags === cell.flags) return attr;
    return this.intern(cell.fg, hasBackground ? ground.bg : cell.bg, flags);
  }

  /** Whether cells of this look have a ground of their own. */
  hasBackground(attr: number): boolean {
    return this.#entry(attr).bg !== DEFAULT_COLOR;
  }

  /** Parameters of the SGR sequence that sets this look from the reset state; empty for plain. */
  sgr(attr: number): string {
    return this.#entry(attr).sgr;
  }

  /** What is drawn where a look has default colours; null: the terminal's own. Whatever is on the screen has to be drawn again. */
  setGround(ground: Ground | null): void {
    this.#ground = ground;
    this.#drawn = [];
  }

  /** As `sgr`, for cells of the screen: with the ground. */
  drawnSgr(attr: number): string {
    const ground = this.#ground;
    if (ground === null) return this.sgr(attr);
    const at = attr >= FIRST ? attr - FIRST : this.fromBlessed(attr) - FIRST;
    const known = this.#drawn[at];
    if (known !== undefined) return known;
    const { fg, bg, flags } = this.#entry(attr);
    const color = (own: CellColor, instead: CellColor): CellColor =>
      reduceColor(own === DEFAULT_COLOR ? instead : own, this.#depth);
    const sgr = sgrOf(color(fg, ground.fg), color(bg, ground.bg), flags);
    this.#drawn[at] = sgr;
    return sgr;
  }

  #entry(attr: number): Entry {
    if (attr >= FIRST) return this.#entries[attr - FIRST] ?? this.#entries[0]!;
    return this.#entries[this.fromBlessed(attr) - FIRST]!;
  }

  /** Our number for an attribute of a stock widget: flags << 18 | foreground << 9 | background, 0x1ff meaning the default. */
  fromBlessed(attr: number): number {
    const color = (value: number): CellColor => (value === BLESSED_DEFAULT ? DEFAULT_COLOR : value);
    const old = attr >> 18;
    const flags = (old & 1 ? BOLD : 0) | (old & 2 ? UNDERLINE : 0) | (old & 8 ? INVERSE : 0) | (old & 16 ? INVISIBLE : 0);
    return this.intern(color((attr >> 9) & 0x1ff), color(attr & 0x1ff), flags);
  }

  #reset(): void {
    this.#entries.length = 0;
    this.#index.clear();
    this.#drawn = [];
    this.version++;
    this.intern(DEFAULT_COLOR, DEFAULT_COLOR, 0);
  }
}

function sgrOf(fg: CellColor, bg: CellColor, flags: number): string {
  const parts: string[] = [];
  if (flags & BOLD) parts.push('1');
  if (flags & DIM) parts.push('2');
  if (flags & ITALIC) parts.push('3');
  if (flags & UNDERLINE) parts.push('4');
  if (flags & INVERSE) parts.push('7');
  if (flags & INVISIBLE) parts.push('8');
  if (flags & STRIKE) parts.push('9');
  if (fg !== DEFAULT_COLOR) parts.push(colorCode(fg, 30));
  if (bg !== DEFAULT_COLOR) parts.push(colorCode(bg, 40));
  return parts.join(';');
}

function colorCode(color: CellColor, base: 30 | 40): string {
  if (isRgbColor(color)) return `${base + 8};2;${(color >> 16) & 0xff};${(color >> 8) & 0xff};${color & 0xff}`;
  if (color < 8) return String(base + color);
  if (color < 16) return String(base + 60 + color - 8);
  return `${base + 8};5;${color}`;
}
