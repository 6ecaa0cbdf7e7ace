/** Paints rows of an emulator's grid cell by cell, with search hits. What a program printed comes to the screen only through here. */
import {
  type Cell,
  type CellSink,
  DEFAULT_COLOR,
  type Emulator,
  type GridPosition,
  type Match,
  type RowMemory,
} from '../../term/types.js';
import { BOLD, DIM, INVERSE, INVISIBLE, ITALIC, STRIKE, UNDERLINE } from '../host/attributes.js';
import type { Surface } from '../host/surface.js';
import type { Look } from '../look.js';

export interface GridProps {
  readonly emulator: Emulator;
  readonly matches: readonly Match[];
  /** Index of the current match; -1: none. */
  readonly current: number;
  /** Rows that it does not call changed are left as they were painted; missing: all are painted. */
  readonly memory?: RowMemory | null;
  /** Cells that the mouse has marked. */
  readonly mark: Match | null;
  /** The cell of the view in the upper left corner; missing: the first. */
  readonly origin?: GridPosition;
  /** What lies beyond the program's screen is shown as such. */
  readonly isLarger?: boolean;
  /** Why the program's screen has another size than the pane. */
  readonly sizeReason?: string;
}

const FIRST: GridPosition = { row: 0, col: 0 };

const sink: CellSink = [];

export function paintGrid(surface: Surface, props: GridProps, look: Look): void {
  const {
    emulator,
    memory,
    matches,
    current,
    mark,
    origin = FIRST,
    isLarger = false,
    sizeReason = 'set by another screen',
  } = props;
  const place = { row: emulator.viewport.top + origin.row, col: origin.col };
  const plain = look.attributes.plain;
  for (let y = 0; y < surface.height; y++) {
    if (memory?.hasChanged(y, place.row + y) === false) continue;
    const isBeyond = isLarger && y >= emulator.rows;
    if (isBeyond || !emulator.readRow(place.row + y, sink)) {
      surface.fillRow(y, plain);
      if (isLarger) paintUnused(surface, y, isBeyond ? 0 : emulator.cols, look);
      continue;
    }
    paintRow(surface, y, sink, place.col, emulator.cols, look);
    if (isLarger) paintUnused(surface, y, emulator.cols, look);
  }
  if (isLarger) paintReason(surface, emulator, sizeReason, look);
  if (matches.length > 0) markMatches(surface, place, matches, current, look);
  if (mark !== null) restyleRange(surface, place, mark, (attr) => look.over(attr, 'selection.focus'));
}

function paintUnused(surface: Surface, y: number, from: number, look: Look): void {
  for (let x = from; x < surface.width; x++) surface.put(x, y, look.glyphs.unused, look.attr('border'), 1);
}

/** Where the unused part has room for it: below the program's screen, or beside it. */
function paintReason(surface: Surface, { cols, rows }: Emulator, reason: string, look: Look): void {
  const text = ` ${cols}x${rows}, ${reason} `;
  const x = surface.width - text.length - 1;
  if (x >= (rows < surface.height ? 0 : cols)) surface.text(x, surface.height - 1, text, look.attr('dim'));
}

function paintRow(surface: Surface, y: number, cells: CellSink, firstCol: number, cols: number, look: Look): void {
  const plain = look.attributes.plain;
  let lastFg = DEFAULT_COLOR;
  let lastBg = DEFAULT_COLOR;
  let lastFlags = 0;
  let attr = plain;
  for (let x = 0; x < surface.width; x++) {
    const cell = firstCol + x < cols ? cells[firstCol + x] : undefined;
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

function markMatches(surface: Surface, place: GridPosition, matches: readonly Match[], current: number, look: Look): void {
  matches.forEach((match, index) => {
    const isCurrent = index === current;
    const found = look.attr('search.current');
    restyleRange(surface, place, match, (attr) => (isCurrent ? found : look.over(attr, 'search.match')));
  });
}

/** `place`: the cell of the grid in the upper left corner. */
function restyleRange(
  surface: Surface,
  { row: top, col: left }: GridPosition,
  { start, end }: Match,
  change: (attr: number) => number,
): void {
  if (end.row < top || start.row >= top + surface.height) return;
  for (let row = Math.max(start.row, top); row <= end.row && row < top + surface.height; row++) {
    const from = row === start.row ? Math.max(0, start.col - left) : 0;
    const to = row === end.row ? Math.max(0, end.col - left) : surface.width;
    surface.restyle(row - top, from, to, change);
  }
}
