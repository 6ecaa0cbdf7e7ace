/**
 * The renderer: blessed's two cell grids (wanted and shown) to one string of escape sequences. It replaces `screen.draw`, which knows
 * neither 24-bit colours nor wide clusters and writes piecemeal. It writes nothing itself.
 */
import type { BlessedCell, BlessedLine } from 'blessed-internal';
import type { AttributeTable } from './attributes.js';

const ESC = '\x1b[';
/** Synchronized output (DEC private mode 2026): terminals that know it show the frame at once, others ignore it. */
const BEGIN_FRAME = '\x1b[?2026h';
const END_FRAME = '\x1b[?2026l';

/** Of no cell: the reset state where plain cells are drawn with colours. */
const NO_ATTRIBUTE = -1;

export interface HostCursor {
  readonly x: number;
  readonly y: number;
  readonly shape: 'block' | 'underline' | 'bar';
  readonly isBlinking: boolean;
}

/** DECSCUSR parameter. */
function cursorStyle(cursor: HostCursor): number {
  const base = { block: 2, underline: 4, bar: 6 }[cursor.shape];
  return cursor.isBlinking ? base - 1 : base;
}

/** Changed cells as escape sequences, empty when there are none; makes `shown` equal to `wanted`. */
export function drawChanges(wanted: readonly BlessedLine[], shown: readonly BlessedLine[], attributes: AttributeTable): string {
  let out = '';
  const reset = attributes.drawnSgr(attributes.plain) === '' ? attributes.plain : NO_ATTRIBUTE;
  let attr = reset;
  for (let y = 0; y < wanted.length; y++) {
    const line = wanted[y]!;
    if (!line.dirty) continue;
    line.dirty = false;
    const old = shown[y];
    if (old === undefined) continue;
    // The column at which the terminal's cursor is known to stand in this row; -1: nowhere near.
    let at = -1;
    for (let x = 0; x < line.length; x++) {
      const cell = line[x]!;
      const next = line[x + 1];
      const isWide = next !== undefined && next[1] === '' && cell[1] !== '';
      if (!isChanged(cell, old[x]!) && !(isWide && isChanged(next, old[x + 1]!))) {
        if (isWide) x++;
        continue;
      }
      if (at !== x) out += `${ESC}${y + 1};${x + 1}H`;
      if (cell[0] !== attr) {
        out += changeAttribute(attributes, cell[0]);
        attr = cell[0];
      }
      // A follow-up cell whose wide character was painted over is a blank.
      out += cell[1] === '' ? ' ' : cell[1];
      copyCell(cell, old[x]!);
      at = !isWide && isCertainlyNarrow(cell[1]) ? x + 1 : -1;
      if (isWide) {
        copyCell(next, old[x + 1]!);
        x++;
      }
    }
  }
  if (attr !== reset) out += `${ESC}m`;
  return out;
}

function isChanged(cell: BlessedCell, was: BlessedCell): boolean {
  return cell[0] !== was[0] || cell[1] !== was[1];
}

function copyCell(from: BlessedCell, to: BlessedCell): void {
  to[0] = from[0];
  to[1] = from[1];
}

/**
 * ASCII, lines and blocks. Terminals disagree on the width of the rest, so after it the column is set anew. (Lines are wide in some
 * East Asian setups, for which the ASCII glyphs exist.)
 */
function isCertainlyNarrow(chars: string): boolean {
  return chars.length <= 1 && (chars < '\x7f' || (chars >= '\u2500' && chars <= '\u259f'));
}

function changeAttribute(attributes: AttributeTable, attr: number): string {
  const sgr = attributes.drawnSgr(attr);
  return sgr === '' ? `${ESC}m` : `${ESC}0;${sgr}m`;
}

/** The whole frame: hidden cursor while drawing, cells, then the cursor where the program in the terminal has it. */
export function frameOf(cells: string, cursor: HostCursor | null, wasCursor: string): { text: string; cursor: string } {
  const placed =
    cursor === null ? `${ESC}?25l` : `${ESC}${cursorStyle(cursor)} q${ESC}${cursor.y + 1};${cursor.x + 1}H${ESC}?25h`;
  if (cells === '') return { text: placed === wasCursor ? '' : placed, cursor: placed };
  return { text: `${BEGIN_FRAME}${ESC}?25l${cells}${placed}${END_FRAME}`, cursor: placed };
}
