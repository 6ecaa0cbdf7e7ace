/** Search in a grid: over logical lines (wrapped rows joined), with hits given in rows and cells. Bounded in hits and in time. */
import vm from 'node:vm';
import { BxError } from '../platform/errors.js';
import type { GridReader } from './grid-reader.js';
import type { GridPosition, Match, SearchOptions } from './types.js';

const DEFAULT_MAX_MATCHES = 10_000;
/** A single line can be the whole grid when a program prints no line feed; the rest of it is searched as a further line. */
const MAX_ROWS_PER_LINE = 500;
/** An expression can take exponential time; the person waits for the answer in an interactive program. */
const TIME_LIMIT_MS = 500;

type Grid = Pick<GridReader, 'cols' | 'firstRow' | 'endRow' | 'isWrapped' | 'rowText'>;

/** All hits, oldest first, not overlapping. Throws `BxError('usage')` for a malformed or too slow expression. */
export function searchGrid(grid: Grid, query: string, options: SearchOptions = {}): Match[] {
  if (query === '') return [];
  const pattern = compile(query, options);
  const maxMatches = options.maxMatches ?? DEFAULT_MAX_MATCHES;
  const run = () => searchLines(grid, pattern, maxMatches);
  return options.regex ? runLimited(run, query) : run();
}

function compile(query: string, options: SearchOptions): RegExp {
  const source = options.regex ? query : query.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  const flags = options.caseSensitive ? 'gu' : 'giu';
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw new BxError('usage', `"${query}" is not a regular expression: ${error instanceof Error ? error.message : error}`, {
      hint: 'Correct the expression, or search for it as plain text.',
      cause: error,
    });
  }
}

function searchLines(grid: Grid, pattern: RegExp, maxMatches: number): Match[] {
  const matches: Match[] = [];
  let row = grid.firstRow;
  while (row < grid.endRow && matches.length < maxMatches) {
    let end = row + 1;
    while (end < grid.endRow && end - row < MAX_ROWS_PER_LINE && grid.isWrapped(end)) end += 1;
    searchLine(grid, row, end, pattern, maxMatches, matches);
    row = end;
  }
  return matches;
}

function searchLine(grid: Grid, startRow: number, endRow: number, pattern: RegExp, maxMatches: number, matches: Match[]): void {
  let text = '';
  for (let row = startRow; row < endRow; row++) text += grid.rowText(row, 0, grid.cols);
  text = text.replace(/ +$/, '');
  let positions: GridPosition[] | null = null;
  pattern.lastIndex = 0;
  for (let hit = pattern.exec(text); hit !== null; hit = pattern.exec(text)) {
    if (hit[0] === '') {
      pattern.lastIndex += 1;
      if (pattern.lastIndex > text.length) return;
      continue;
    }
    positions ??= positionsOf(grid, startRow, endRow);
    const start = positions[hit.index];
    const last = positions[hit.index + hit[0].length - 1];
    if (!start || !last) return;
    matches.push({ start, end: { row: last.row, col: endOfCell(positions, hit.index + hit[0].length, last) } });
    if (matches.length >= maxMatches) return;
  }
}

/** For each UTF-16 unit of the joined line, the cell it stands in. */
function positionsOf(grid: Grid, startRow: number, endRow: number): GridPosition[] {
  const positions: GridPosition[] = [];
  for (let row = startRow; row < endRow; row++) {
    const columns: number[] = [];
    grid.rowText(row, 0, grid.cols, columns);
    for (const col of columns) positions.push({ row, col });
  }
  return positions;
}

/** The column after `last`: where the next character stands in its row, so that a wide character is covered whole. */
function endOfCell(positions: readonly GridPosition[], nextIndex: number, last: GridPosition): number {
  for (let i = nextIndex; i < positions.length; i++) {
    const next = positions[i]!;
    if (next.row !== last.row) break;
    if (next.col > last.col) return next.col;
  }
  return last.col + 1;
}

/** Runs under the time limit of a script: the only way to interrupt a regular expression that backtracks for ever. */
function runLimited(run: () => Match[], query: string): Match[] {
  const context = vm.createContext(Object.assign(Object.create(null), { run }));
  try {
    return vm.runInContext('run()', context, { timeout: TIME_LIMIT_MS }) as Match[];
  } catch (error) {
    // Made in the other context, so it is no instance of this one's Error.
    if ((error as { readonly code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      throw new BxError('usage', `searching for "${query}" takes too long`, {
        hint: 'Use a simpler expression without nested repetitions.',
        cause: error,
      });
    }
    throw error;
  }
}
