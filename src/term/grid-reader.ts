/** Reading the emulator's grid by stable row numbers: cells, text of a range, logical lines. Changes nothing. */
import type { IBufferCell, IBufferLine, Terminal } from '@xterm/headless';
import { cleanCell } from './sanitize.js';
import type { Cell, CellSink } from './types.js';
import { DEFAULT_COLOR, RGB_COLOR } from './types.js';

export interface GridReader {
  readonly cols: number;
  readonly firstRow: number;
  /** Row after the last one. */
  readonly endRow: number;
  line(row: number): IBufferLine | undefined;
  readRow(row: number, cells: CellSink): boolean;
  isWrapped(row: number): boolean;
  text(startRow: number, startCol: number, endRow: number, endCol: number): string;
  /** Text of one row from `startCol` to `endCol`, and for each UTF-16 unit of it the cell it stands in when `columns` is given. */
  rowText(row: number, startCol: number, endCol: number, columns?: number[]): string;
}

/** `firstRow` gives the number of the oldest row that is still in the active buffer. */
export function createGridReader(terminal: Terminal, firstRow: () => number): GridReader {
  const scratch = terminal.buffer.active.getNullCell();
  const line = (row: number): IBufferLine | undefined => {
    const index = row - firstRow();
    return index >= 0 ? terminal.buffer.active.getLine(index) : undefined;
  };

  /** A wide character that did not fit leaves its row's last cell empty: that cell is no blank of the text. */
  const contentEnd = (row: number, current: IBufferLine): number => {
    const next = line(row + 1);
    if (!next?.isWrapped) return terminal.cols;
    const isLastEmpty = current.getCell(terminal.cols - 1, scratch)?.getChars() === '' && scratch.getWidth() === 1;
    return isLastEmpty && next.getCell(0, scratch)?.getWidth() === 2 ? terminal.cols - 1 : terminal.cols;
  };

  const rowText = (row: number, startCol: number, endCol: number, columns?: number[]): string => {
    const current = line(row);
    if (!current) return '';
    const end = Math.min(endCol, contentEnd(row, current), current.length);
    if (!columns) return current.translateToString(false, startCol, Math.max(startCol, end));
    let text = '';
    for (let col = startCol; col < end; col++) {
      const cell = current.getCell(col, scratch);
      if (!cell || cell.getWidth() === 0) continue;
      const chars = cell.getChars() || ' ';
      for (let i = 0; i < chars.length; i++) columns.push(col);
      text += chars;
    }
    return text;
  };

  const reader: GridReader = {
    get cols() {
      return terminal.cols;
    },
    get firstRow() {
      return firstRow();
    },
    get endRow() {
      return firstRow() + terminal.buffer.active.length;
    },
    line,
    readRow(row, cells) {
      const current = line(row);
      const cols = terminal.cols;
      while (cells.length < cols) cells.push(blankCell());
      cells.length = cols;
      for (let col = 0; col < cols; col++) {
        const source = current?.getCell(col, scratch);
        if (source) fill(cells[col]!, source);
        else clear(cells[col]!);
      }
      return current !== undefined;
    },
    isWrapped: (row) => line(row)?.isWrapped ?? false,
    rowText,
    text(startRow, startCol, endRow, endCol) {
      const lines: string[] = [];
      const first = Math.max(startRow, firstRow());
      const last = Math.min(endRow, reader.endRow - 1);
      let current = '';
      for (let row = first; row <= last; row++) {
        const from = row === startRow ? Math.max(0, startCol) : 0;
        const to = row === endRow ? Math.max(0, endCol) : terminal.cols;
        current += rowText(row, from, to);
        if (row < last && reader.isWrapped(row + 1)) continue;
        lines.push(current.replace(/ +$/, ''));
        current = '';
      }
      return lines.join('\n');
    },
  };
  return reader;
}

function blankCell(): Cell {
  return {
    chars: ' ',
    width: 1,
    fg: DEFAULT_COLOR,
    bg: DEFAULT_COLOR,
    bold: false,
    dim: false,
    italic: false,
    underline: false,
    inverse: false,
    strike: false,
    invisible: false,
  };
}

function clear(cell: Cell): void {
  cell.chars = ' ';
  cell.width = 1;
  cell.fg = DEFAULT_COLOR;
  cell.bg = DEFAULT_COLOR;
  cell.bold = cell.dim = cell.italic = cell.underline = cell.inverse = cell.strike = cell.invisible = false;
}

function fill(cell: Cell, source: IBufferCell): void {
  const width = source.getWidth();
  cell.width = width === 0 ? 0 : width === 2 ? 2 : 1;
  cell.chars = width === 0 ? '' : source.getCode() === 0 ? ' ' : cleanCell(source.getChars());
  if (source.isAttributeDefault()) {
    cell.fg = DEFAULT_COLOR;
    cell.bg = DEFAULT_COLOR;
    cell.bold = cell.dim = cell.italic = cell.underline = cell.inverse = cell.strike = cell.invisible = false;
    return;
  }
  cell.fg = source.isFgDefault() ? DEFAULT_COLOR : source.isFgRGB() ? RGB_COLOR | source.getFgColor() : source.getFgColor();
  cell.bg = source.isBgDefault() ? DEFAULT_COLOR : source.isBgRGB() ? RGB_COLOR | source.getBgColor() : source.getBgColor();
  cell.bold = source.isBold() !== 0;
  cell.dim = source.isDim() !== 0;
  cell.italic = source.isItalic() !== 0;
  cell.underline = source.isUnderline() !== 0;
  cell.inverse = source.isInverse() !== 0;
  cell.strike = source.isStrikethrough() !== 0;
  cell.invisible = source.isInvisible() !== 0;
}
