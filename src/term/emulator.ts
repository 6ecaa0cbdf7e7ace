/**
 * A terminal emulator for one program: bytes in, a grid of cells out. Owns the emulator library's object; nothing of the program's output
 * reaches the host terminal except through `readRow`. It draws nothing and performs nothing that the program asks for.
 */
import xterm, { type Terminal } from '@xterm/headless';
import type { Disposable } from '../platform/byte-channel.js';
import { boundCounts } from './count-bounds.js';
import { needsGraphemeWidths, useGraphemeWidths } from './grapheme-widths.js';
import { createGridReader } from './grid-reader.js';
import { createListeners } from './listeners.js';
import { watchModes } from './modes.js';
import { applyOscPolicy } from './osc-policy.js';
import { createRowMemory } from './row-memory.js';
import { searchGrid } from './search.js';
import type { Emulator, EmulatorOptions, Viewport } from './types.js';
import { createWriteQueue } from './write-queue.js';
import { openInternals, type XtermInternals } from './xterm-internals.js';

export * from './types.js';

/** Below two columns a wide character has no place; the maximum keeps a mistaken size from taking all memory. */
const MIN_COLS = 2;
const MAX_COLS = 1000;
const MAX_ROWS = 1000;

/** Makes an emulator with Unicode 15 grapheme widths. `dispose` it when its pane goes. */
export function createEmulator(options: EmulatorOptions): Emulator {
  return createEmulatorWith(options, () => []);
}

/** As `createEmulator`; `install` adds handlers of its own before the first byte is parsed. For kinds of emulators within this room. */
export function createEmulatorWith(
  options: EmulatorOptions & { readonly keepsErasedScreen?: boolean },
  install: (terminal: Terminal, internals: XtermInternals) => readonly Disposable[],
): Emulator {
  const terminal = new xterm.Terminal({
    allowProposedApi: true,
    cols: clamp(options.cols, MIN_COLS, MAX_COLS),
    rows: clamp(options.rows, 1, MAX_ROWS),
    scrollback: Math.max(0, Math.floor(options.scrollbackRows)),
    convertEol: options.convertEol ?? false,
    scrollOnEraseInDisplay: options.keepsErasedScreen ?? false,
    logLevel: 'off',
    windowOptions: { getWinSizeChars: true },
  });
  const dirty = createListeners<void>();
  const replies = createListeners<Uint8Array>();
  const titles = createListeners<string>();
  const bells = createListeners<void>();
  const clipboard = createListeners<string>();
  const encoder = new TextEncoder();
  const disposables: Disposable[] = [];
  let isDisposed = false;
  let isDirtyQueued = false;
  let layoutVersion = 0;
  let title = '';

  const markDirty = () => {
    if (isDirtyQueued) return;
    isDirtyQueued = true;
    queueMicrotask(() => {
      isDirtyQueued = false;
      if (!isDisposed) dirty.emit();
    });
  };
  const setTitle = (next: string) => {
    if (next === title) return;
    title = next;
    titles.emit(next);
  };
  const internals = openInternals(terminal, () => {
    layoutVersion += 1;
    setTitle('');
  });
  const reply = (text: string) => replies.emit(encoder.encode(text));
  const osc = applyOscPolicy(terminal, options.palette, {
    onTitle: setTitle,
    onClipboard: (text) => clipboard.emit(text),
    onReply: reply,
  });
  const modes = watchModes(terminal, internals, markDirty);
  // The tables take long to load, and most of what programs print needs none.
  let hasWidths = options.hasPlainWidths ?? false;
  const queue = createWriteQueue(
    {
      write(data, done) {
        if (!hasWidths && needsGraphemeWidths(data)) {
          useGraphemeWidths(terminal);
          hasWidths = true;
        }
        terminal.write(data, done);
      },
    },
    internals.parseNext,
  );
  const grid = createGridReader(terminal, () => (terminal.buffer.active.type === 'normal' ? internals.trimmedRows : 0));
  disposables.push(
    internals,
    boundCounts(terminal, internals),
    ...install(terminal, internals),
    osc,
    modes,
    queue,
    terminal.onData(reply),
    terminal.onBell(() => bells.emit()),
    terminal.onWriteParsed(markDirty),
    terminal.buffer.onBufferChange(() => {
      layoutVersion += 1;
      markDirty();
    }),
  );
  const viewport = createViewport(terminal, () => grid.firstRow, markDirty);

  return {
    get cols() {
      return terminal.cols;
    },
    get rows() {
      return terminal.rows;
    },
    modes: modes.current,
    get cursor() {
      const buffer = terminal.buffer.active;
      return { x: buffer.cursorX, y: buffer.baseY + buffer.cursorY - buffer.viewportY };
    },
    viewport,
    get layoutVersion() {
      return layoutVersion;
    },
    get title() {
      return title;
    },
    get pendingBytes() {
      return queue.pendingBytes;
    },
    write(data, done) {
      if (!isDisposed) queue.write(data, done);
    },
    hold: queue.hold,
    resize(cols, rows) {
      const nextCols = clamp(cols, MIN_COLS, MAX_COLS);
      const nextRows = clamp(rows, 1, MAX_ROWS);
      if (isDisposed || (nextCols === terminal.cols && nextRows === terminal.rows)) return;
      terminal.resize(nextCols, nextRows);
      layoutVersion += 1;
      markDirty();
    },
    reset() {
      if (isDisposed) return;
      terminal.reset();
      internals.showCursor();
      markDirty();
    },
    onDirty: dirty.add,
    onReply: replies.add,
    onTitle: titles.add,
    onBell: bells.add,
    onClipboard: clipboard.add,
    readRow: grid.readRow,
    rowMemory: () =>
      createRowMemory(
        () => terminal.cols,
        (row) => {
          const line = grid.line(row);
          return line === undefined ? null : internals.cellsOf(line);
        },
      ),
    isWrapped: grid.isWrapped,
    text: grid.text,
    search: (query, searchOptions) => searchGrid(grid, query, searchOptions),
    async serialize(scrollbackRows) {
      const { SerializeAddon } = (await import('@xterm/addon-serialize')).default;
      const addon = new SerializeAddon();
      terminal.loadAddon(addon as unknown as Parameters<typeof terminal.loadAddon>[0]);
      try {
        return addon.serialize(scrollbackRows === undefined ? {} : { scrollback: scrollbackRows });
      } finally {
        addon.dispose();
      }
    },
    dispose() {
      if (isDisposed) return;
      isDisposed = true;
      for (const entry of disposables) entry.dispose();
      terminal.dispose();
    },
  };
}

function createViewport(terminal: Terminal, firstRow: () => number, markDirty: () => void): Viewport {
  const moved = (move: () => void) => {
    const before = terminal.buffer.active.viewportY;
    move();
    if (terminal.buffer.active.viewportY !== before) markDirty();
  };
  return {
    get firstRow() {
      return firstRow();
    },
    get length() {
      return terminal.buffer.active.length;
    },
    get top() {
      return firstRow() + terminal.buffer.active.viewportY;
    },
    get isAtBottom() {
      return terminal.buffer.active.viewportY >= terminal.buffer.active.baseY;
    },
    get rowsBelow() {
      return Math.max(0, terminal.buffer.active.baseY - terminal.buffer.active.viewportY);
    },
    scrollLines: (count) => moved(() => terminal.scrollLines(Math.trunc(count))),
    scrollToRow: (row) => moved(() => terminal.scrollToLine(Math.max(0, Math.trunc(row) - firstRow()))),
    scrollToTop: () => moved(() => terminal.scrollToTop()),
    scrollToBottom: () => moved(() => terminal.scrollToBottom()),
  };
}

function clamp(value: number, min: number, max: number): number {
  return Number.isFinite(value) ? Math.min(max, Math.max(min, Math.floor(value))) : min;
}
