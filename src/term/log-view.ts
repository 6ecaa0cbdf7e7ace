/**
 * The log of one step as a grid that reads like an emulator: progress bars with carriage returns and cursor movement look as in a terminal.
 * It ends with its last line instead of the screen's bottom, and nothing in it has an effect outside.
 */
import { createEmulatorWith } from './emulator.js';
import { fitLog } from './fit-log.js';
import { createListeners } from './listeners.js';
import { applyLogPolicy } from './log-policy.js';
import { createLogViewport } from './log-viewport.js';
import {
  type CellSink,
  DEFAULT_COLOR,
  type Emulator,
  type EmulatorModes,
  type EmulatorOptions,
  type RowMemory,
  type SearchOptions,
} from './types.js';

/** The beginning and the end of a log; `omittedBytes` lie between them. `StepLog` of the session fits. */
export interface LogText {
  readonly head: string;
  readonly tail: string;
  readonly omittedBytes: number;
}

export interface LogViewOptions extends Omit<EmulatorOptions, 'convertEol'> {
  readonly log?: LogText;
}

/** Everything an emulator has; `write` appends output, cut anywhere. Its modes never ask for anything. */
export type LogView = Emulator;

/** Programs that draw several bars move the cursor up by as many lines; the screen they draw on is never lower than this. */
const MIN_SCREEN_ROWS = 60;
/** A tail that begins inside of a line loses the rest of it, so that no half escape sequence is read as text. */
const MAX_PARTIAL_LINE = 4096;
/** Ends whatever sequence was cut off (CAN, ST), and its colours. */
const NEUTRAL = '\x18\x1b\\\x1b[0m\x1b[?7h';
/** In the first row of a grid that could not keep the rows before it. */
const LET_GO = ' earlier output left out here ';
/** What BuildKit writes where it stopped forwarding output. */
const CLIPPED = /^\[output clipped, log (?:limit|speed) /;

const QUIET: Partial<EmulatorModes> = { alternateScreen: false, mouseTracking: 'none', sendFocus: false, cursorVisible: false };

/** Makes a view of a log. `dispose` it when it is not looked at any more. */
export function createLogView(options: LogViewOptions): LogView {
  const dirty = createListeners<void>();
  const { log, ...emulatorOptions } = options;
  let rows = Math.max(1, Math.floor(options.rows) || 1);
  const emulator = createEmulatorWith(
    { ...emulatorOptions, rows: Math.max(rows, MIN_SCREEN_ROWS), convertEol: true, keepsErasedScreen: true },
    applyLogPolicy,
  );
  const viewport = createLogViewport(
    emulator,
    () => rows,
    () => dirty.emit(),
  );
  emulator.onDirty(() => {
    viewport.invalidate();
    dirty.emit();
  });
  const fitted = log === undefined ? null : fitLog(log, options.scrollbackRows, options.cols);
  if (fitted !== null) for (const part of partsOf(fitted)) emulator.write(part);
  const hasLetGo = (): boolean => emulator.viewport.firstRow > 0;

  // The prototype chain gives the emulator's getters their own values, not copies of them.
  return Object.create(emulator, {
    rows: { get: () => rows },
    modes: { value: Object.create(emulator.modes, valueProperties(QUIET)) },
    cursor: {
      get: () => ({ x: emulator.cursor.x, y: emulator.viewport.top + emulator.cursor.y - viewport.top }),
    },
    viewport: { value: viewport },
    isPartial: { get: () => hasLetGo() || (fitted !== null && fitted.omittedBytes > 0) },
    onDirty: { value: dirty.add },
    write: {
      value: (data: Uint8Array | string, done?: () => void) =>
        emulator.write(data, () => {
          viewport.invalidate();
          done?.();
        }),
    },
    // Of what it shows otherwise than it stands in the grid.
    rowMemory: { value: (): RowMemory => ({ hasChanged: () => true, forget: () => undefined }) },
    readRow: {
      value: (row: number, cells: CellSink) => {
        const isThere = emulator.readRow(row, cells) && row < viewport.firstRow + viewport.length;
        if (isThere && hasLetGo() && row === viewport.firstRow) fillWith(LET_GO, cells);
        if (isThere && cells[0]!.chars === '[' && CLIPPED.test(textOf(cells)))
          for (const cell of cells) cell.inverse = cell.chars !== ' ';
        return isThere;
      },
    },
    // What the mark stands on is not seen.
    search: {
      value: (query: string, searchOptions?: SearchOptions) =>
        emulator.search(query, searchOptions).filter(({ start }) => !hasLetGo() || start.row > viewport.firstRow),
    },
    resize: {
      value: (cols: number, nextRows: number) => {
        rows = Math.max(1, Math.floor(nextRows) || 1);
        emulator.resize(cols, Math.max(rows, MIN_SCREEN_ROWS));
        viewport.invalidate();
        dirty.emit();
      },
    },
  }) as LogView;
}

function partsOf(log: LogText): string[] {
  if (log.omittedBytes === 0) return [log.head + log.tail];
  const lineEnd = log.tail.slice(0, MAX_PARTIAL_LINE).indexOf('\n');
  const omittedBytes = log.omittedBytes + Buffer.byteLength(log.tail.slice(0, lineEnd + 1));
  const isAtLineStart = log.head === '' || log.head.endsWith('\n');
  return [
    log.head,
    `${NEUTRAL}${isAtLineStart ? '' : '\n'}\x1b[7m ${formatBytes(omittedBytes)} of output left out here \x1b[0m\n`,
    log.tail.slice(lineEnd + 1),
  ];
}

function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

function fillWith(text: string, cells: CellSink): void {
  for (const [at, cell] of cells.entries()) {
    const isMarked = at < text.length;
    Object.assign(cell, { chars: text[at] ?? ' ', width: 1, fg: DEFAULT_COLOR, bg: DEFAULT_COLOR, inverse: isMarked });
    cell.bold = cell.dim = cell.italic = cell.underline = cell.strike = cell.invisible = false;
  }
}

function textOf(cells: CellSink): string {
  return cells.map((cell) => cell.chars).join('');
}

function valueProperties(values: object): PropertyDescriptorMap {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}
