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
  /** Cells that the mouse has marked. */
  readonly mark: Match | null;
}

const sink: CellSink = [];

export function paintGrid(surface: Surface, { emulator, matches, current, mark }: GridProps, look: Look): void {
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
  if (mark !== null) restyleRange(surface, viewport.top, mark, (attr) => look.over(attr, 'selection.focus'));
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
    const isCurrent = index === current;
    const found = look.attr('search.current');
    restyleRange(surface, top, match, (attr) => (isCurrent ? found : look.over(attr, 'search.match')));
  });
}

function restyleRange(surface: Surface, top: number, { start, end }: Match, change: (attr: number) => number): void {
  if (end.row < top || start.row >= top + surface.height) return;
  for (let row = Math.max(start.row, top); row <= end.row && row < top + surface.height; row++) {
    const from = row === start.row ? start.col : 0;
    const to = row === end.row ? end.col : surface.width;
    surface.restyle(row - top, from, to, change);
  }
}
