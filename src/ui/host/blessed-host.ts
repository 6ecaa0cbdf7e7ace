/**
 * blessed as the tree of elements and the grid of cells, and nothing more: it gets a dummy input and output, no signal handlers and
 * no modes. Bytes reach the terminal only through `onFrame`. The terminal's modes are the guard's, its input is the router's.
 */
import { PassThrough, Writable } from 'node:stream';
import type { Widgets } from 'blessed';
import type { BlessedCoords, BlessedElement, BlessedScreen } from 'blessed-internal';
import type { AttributeTable } from './attributes.js';
import { box, screen as createScreen } from './blessed-parts.js';
import { drawChanges, frameOf, type HostCursor } from './draw.js';
import { type Rect, Surface } from './surface.js';

export interface HostOptions {
  readonly cols: number;
  readonly rows: number;
  readonly attributes: AttributeTable;
  /** One whole frame. Not called when nothing changed. */
  readonly onFrame: (text: string) => void;
}

export interface PaintElement {
  readonly element: BlessedElement;
  /** Moves and shows it; null hides it. */
  place(rect: Rect | null): void;
  /** Paints it alone, on cells that nothing else has painted over. */
  paint(): void;
}

export interface BlessedHost {
  readonly screen: BlessedScreen;
  readonly attributes: AttributeTable;
  readonly cols: number;
  readonly rows: number;
  /**
   * An element that is painted by `paint` in each frame in which it is visible. Later ones lie above earlier ones. `isAlone`: its cells are as
   * it has painted them last.
   */
  addElement(paint: (surface: Surface, isAlone: boolean) => void): PaintElement;
  setCursor(cursor: HostCursor | null): void;
  resize(cols: number, rows: number): void;
  /** Everything is drawn again with the next frame, whatever the terminal shows. */
  invalidate(): void;
  render(): void;
  /** Draws one element that nothing lies above; all the others stay as they were. */
  renderOnly(element: PaintElement): void;
  /** A view on the cells as they were last rendered. */
  surface(rect: Rect): Surface;
  dispose(): void;
}

function dummyOutput(cols: number, rows: number): Writable & { columns: number; rows: number; isTTY: boolean } {
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  return Object.assign(sink, { columns: cols, rows, isTTY: true });
}

function dummyInput(): PassThrough {
  return Object.assign(new PassThrough(), { isTTY: true, isRaw: true, setRawMode: () => undefined });
}

/**
 * blessed puts handlers of its own on the process (exit, signals, exceptions) with the first screen; the guard owns those. Inside tmux it
 * would run `tmux -V` and wait for it.
 */
function withoutSideEffects<T>(create: () => T): T {
  const { TMUX } = process.env;
  delete process.env.TMUX;
  const names = ['uncaughtException', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'exit'] as const;
  const before = new Map(names.map((name) => [name, new Set(process.listeners(name as 'exit'))]));
  const created = create();
  if (TMUX !== undefined) process.env.TMUX = TMUX;
  for (const name of names) {
    for (const listener of process.listeners(name as 'exit')) {
      if (!before.get(name)?.has(listener)) process.removeListener(name, listener);
    }
  }
  return created;
}

export function createBlessedHost(options: HostOptions): BlessedHost {
  const { attributes } = options;
  const output = dummyOutput(options.cols, options.rows);
  const screen = withoutSideEffects(() =>
    createScreen({
      input: dummyInput(),
      output: output as unknown as NonNullable<Widgets.IScreenOptions['output']>,
      terminal: 'none',
      fullUnicode: true,
      smartCSR: false,
      autoPadding: false,
    }),
  ) as unknown as BlessedScreen;
  let cursor: HostCursor | null = null;
  let shownCursor = '';
  let version = attributes.version;

  screen.draw = () => {
    const cells = drawChanges(screen.lines, screen.olines, attributes);
    const frame = frameOf(cells, cursor, shownCursor);
    shownCursor = frame.cursor;
    if (frame.text !== '') options.onFrame(frame.text);
  };

  const host: BlessedHost = {
    screen,
    attributes,
    get cols() {
      return output.columns;
    },
    get rows() {
      return output.rows;
    },
    addElement: (paint) => addElement(screen, paint),
    setCursor(next) {
      cursor = next;
    },
    resize(cols, rows) {
      output.columns = cols;
      output.rows = rows;
      screen.program.cols = cols;
      screen.program.rows = rows;
      screen.alloc();
      host.invalidate();
    },
    invalidate() {
      shownCursor = '';
      for (const line of screen.olines) for (const cell of line) cell[0] = -1;
      for (const line of screen.lines) line.dirty = true;
    },
    render() {
      screen.render();
      if (version === attributes.version) return;
      version = attributes.version;
      host.invalidate();
      screen.render();
    },
    renderOnly(element) {
      element.paint();
      // The numbers of all the other cells mean something else now.
      if (version !== attributes.version) host.render();
      else screen.draw(0, screen.lines.length - 1);
    },
    surface: (rect) => new Surface(screen.lines, rect),
    dispose() {
      screen.program.destroy();
    },
  };
  return host;
}

function addElement(screen: BlessedScreen, paint: (surface: Surface, isAlone: boolean) => void): PaintElement {
  let isAlone = false;
  const element = box({
    parent: screen,
    top: 0,
    left: 0,
    width: 1,
    height: 1,
    hidden: true,
  }) as unknown as BlessedElement;
  element.render = (): BlessedCoords | undefined => {
    const coords = element._getCoords(true);
    if (coords === undefined) return undefined;
    element.lpos = coords;
    const rect = { x: coords.xi, y: coords.yi, width: coords.xl - coords.xi, height: coords.yl - coords.yi };
    paint(new Surface(screen.lines, rect), isAlone);
    return coords;
  };
  return {
    element,
    paint() {
      isAlone = true;
      element.render();
      isAlone = false;
    },
    place(rect) {
      if (rect === null || rect.width <= 0 || rect.height <= 0) {
        element.hide();
        return;
      }
      Object.assign(element.position, { left: rect.x, top: rect.y, width: rect.width, height: rect.height });
      element.show();
    },
  };
}
