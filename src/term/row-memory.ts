/**
 * Tells which rows read otherwise than when they were asked for last, without reading them cell by cell: what follows a key changes one of
 * them. It compares the emulator library's own cells, three numbers each, and is never wrong the other way: what numbers alone do not say
 * counts as changed.
 */
import type { RowMemory } from './types.js';

const CELL_NUMBERS = 3;
const CONTENT = 0;
const BACKGROUND = 2;
/** The character, or the look, of the cell stands elsewhere (xterm.js, src/common/buffer/Constants.ts). */
const IS_COMBINED = 0x200000;
const HAS_EXTENDED = 0x10000000;

/** `cellsOf`: the numbers of the cells of a row, of which the first `3 * cols()` count; null: they are not to be had. */
export function createRowMemory(cols: () => number, cellsOf: (row: number) => Uint32Array | null): RowMemory {
  /** What was read, by place; null: nothing that could be compared. */
  const read: Array<Uint32Array | null> = [];
  return {
    hasChanged(place, row) {
      const cells = cellsOf(row);
      const length = cols() * CELL_NUMBERS;
      const known = read[place] ?? null;
      if (cells !== null && known !== null && known.length === length && isSame(cells, known)) return false;
      read[place] = cells === null || cells.length < length || !saysAll(cells, length) ? null : cells.slice(0, length);
      return true;
    },
    forget() {
      read.length = 0;
    },
  };
}

function isSame(cells: Uint32Array, known: Uint32Array): boolean {
  for (let index = 0; index < known.length; index++) if (cells[index] !== known[index]) return false;
  return true;
}

function saysAll(cells: Uint32Array, length: number): boolean {
  for (let at = 0; at < length; at += CELL_NUMBERS) {
    if ((cells[at + CONTENT]! & IS_COMBINED) !== 0 || (cells[at + BACKGROUND]! & HAS_EXTENDED) !== 0) return false;
  }
  return true;
}
