/**
 * A rectangle of the cell grid to paint on. Everything that comes here is text for cells: whatever a container or a build printed
 * cannot become a control sequence or a tag. Painting outside of the rectangle is clipped.
 */
import type { BlessedLine } from 'blessed-internal';
import { graphemes, isAscii } from '../../platform/text-width.js';

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export class Surface {
  readonly width: number;
  readonly height: number;
  readonly #lines: readonly BlessedLine[];
  readonly #x: number;
  readonly #y: number;

  constructor(lines: readonly BlessedLine[], rect: Rect) {
    this.#lines = lines;
    this.#x = rect.x;
    this.#y = rect.y;
    this.width = Math.max(0, rect.width);
    this.height = Math.max(0, rect.height);
  }

  /** A part of this surface; its rectangle is relative to this one and clipped to it. */
  part(rect: Rect): Surface {
    const x = Math.max(0, rect.x);
    const y = Math.max(0, rect.y);
    const width = Math.min(rect.x + rect.width, this.width) - x;
    const height = Math.min(rect.y + rect.height, this.height) - y;
    return new Surface(this.#lines, { x: this.#x + x, y: this.#y + y, width, height });
  }

  /** Where this surface's first cell stands on another one. */
  placeOn(other: Surface): { readonly x: number; readonly y: number } {
    return { x: this.#x - other.#x, y: this.#y - other.#y };
  }

  fill(attr: number, char = ' '): void {
    for (let y = 0; y < this.height; y++) this.fillRow(y, attr, char);
  }

  fillRow(y: number, attr: number, char = ' '): void {
    for (let x = 0; x < this.width; x++) this.put(x, y, char, attr, 1);
  }

  /** One grapheme. A wide one that does not fit becomes a blank. */
  put(x: number, y: number, chars: string, attr: number, width: 0 | 1 | 2): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height || width === 0) return;
    const line = this.#lines[this.#y + y];
    const cell = line?.[this.#x + x];
    if (line === undefined || cell === undefined) return;
    const fits = width === 1 || x + 1 < this.width;
    freeHalves(line, this.#x + x);
    cell[0] = attr;
    cell[1] = fits ? chars : ' ';
    line.dirty = true;
    const next = line[this.#x + x + 1];
    if (width === 2 && fits && next !== undefined) {
      const beyond = line[this.#x + x + 2];
      if (next[1] !== '' && beyond !== undefined && beyond[1] === '') beyond[1] = ' ';
      next[0] = attr;
      next[1] = '';
    }
  }

  /** A run of cleaned text; returns the column after it. `max`: cells at most. */
  text(x: number, y: number, text: string, attr: number, max = this.width - x): number {
    let column = x;
    const end = Math.min(this.width, x + max);
    if (isAscii(text)) {
      for (let index = 0; index < text.length && column < end; index++, column++) this.put(column, y, text[index]!, attr, 1);
      return column;
    }
    for (const grapheme of graphemes(text)) {
      if (grapheme.width === 0) continue;
      if (column + grapheme.width > end) break;
      this.put(column, y, grapheme.chars, attr, grapheme.width);
      column += grapheme.width;
    }
    return column;
  }

  /** Changes the look of a row's cells, for selections and marks. */
  restyle(y: number, from: number, to: number, change: (attr: number) => number): void {
    const line = this.#lines[this.#y + y];
    if (line === undefined || y < 0 || y >= this.height) return;
    for (let x = Math.max(0, from); x < Math.min(to, this.width); x++) {
      const cell = line[this.#x + x];
      if (cell === undefined) continue;
      cell[0] = change(cell[0]);
      line.dirty = true;
    }
  }

  attrAt(x: number, y: number): number {
    return this.#lines[this.#y + y]?.[this.#x + x]?.[0] ?? 0;
  }

  charAt(x: number, y: number): string {
    return this.#lines[this.#y + y]?.[this.#x + x]?.[1] ?? ' ';
  }

  /** The text of a row as it stands, trailing blanks removed: what copying a panel gives. */
  rowText(y: number): string {
    const line = this.#lines[this.#y + y];
    if (line === undefined) return '';
    let text = '';
    for (let x = 0; x < this.width; x++) text += line[this.#x + x]?.[1] ?? ' ';
    return text.trimEnd();
  }
}

/** Painting on one half of a wide character leaves a blank of the other. */
function freeHalves(line: BlessedLine, x: number): void {
  const before = line[x - 1];
  const after = line[x + 1];
  if (line[x]![1] === '' && before !== undefined && before[1] !== '') before[1] = ' ';
  if (line[x]![1] !== '' && after !== undefined && after[1] === '') after[1] = ' ';
}
