/** Paints rows of an emulator's grid cell by cell, with search hits. What a program printed comes to the screen only through here. */
import { type Cell, type CellSink, DEFAULT_COLOR, type Emulator, type Match } from '../../term/types.js';
import { BOLD, DIM, INVERSE, INVISIBLE, ITALIC, STRIKE, UNDERLINE } from '../host/attributes.js';
import type { Surface } from '../host/surface.js';
import type { Look } from '../look.js';

export interface GridProps {
  readonly emulator: Emulator;
  readonly matches: readonly Match[];
  /** Index of the current match; -1: none. */
  readonly current: number;
}

const sink: CellSink = [];

export function paintGrid(surface: Surface, { emulator, matches, current }: GridProps, look: Look): void {
  const { viewport } = emulator;
  const plain = look.attributes.plain;
  for (let y = 0; y < surface.height; y++) {
    const row = viewport.top + y;
    if (!emulator.readRow(row, sink)) {
      surface.fillRow(y, plain);
      continue;
    }
    paintRow(surface, y, sink, emulator.cols, look);
  }
  if (matches.length > 0) markMatches(surface, viewport.top, matches, current, look);
}

function paintRow(surface: Surface, y: number, cells: CellSink, cols: number, look: Look): void {
  const plain = look.attributes.plain;
  let lastFg = DEFAULT_COLOR;
  let lastBg = DEFAULT_COLOR;
  let lastFlags = 0;
  let attr = plain;
  for (let x = 0; x < surface.width; x++) {
    const cell = x < cols ? cells[x] : undefined;
    if (cell === undefined) {
      surface.put(x, y, ' ', plain, 1);
      continue;
    }
    const flags = flagsOf(cell);
    if (cell.fg !== lastFg || cell.bg !== lastBg || flags !== lastFlags) {
      lastFg = cell.fg;
      lastBg = cell.bg;
      lastFlags = flags;
      attr = look.attributes.intern(cell.fg, cell.bg, flags);
    }
    surface.put(x, y, cell.chars === '' ? ' ' : cell.chars, attr, cell.width === 0 ? 1 : cell.width);
    if (cell.width === 2) x++;
  }
}

function flagsOf(cell: Cell): number {
  return (
    (cell.bold ? BOLD : 0) |
    (cell.dim ? DIM : 0) |
    (cell.italic ? ITALIC : 0) |
    (cell.underline ? UNDERLINE : 0) |
    (cell.inverse ? INVERSE : 0) |
    (cell.invisible ? INVISIBLE : 0) |
    (cell.strike ? STRIKE : 0)
  );
}

function markMatches(surface: Surface, top: number, matches: readonly Match[], current: number, look: Look): void {
  matches.forEach((match, index) => {
    if (match.end.row < top || match.start.row >= top + surface.height) return;
    for (let row = Math.max(match.start.row, top); row <= match.end.row && row < top + surface.height; row++) {
      const from = row === match.start.row ? match.start.col : 0;
      const to = row === match.end.row ? match.end.col : surface.width;
      const role = index === current ? 'search.current' : 'search.match';
      surface.restyle(row - top, from, to, (attr) => (index === current ? look.attr(role) : look.over(attr, role)));
    }
  });
}
