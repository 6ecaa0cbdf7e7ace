/**
 * The few facts about the emulator library that its public interface does not give: cursor visibility and shape, the mouse encoding, how
 * many lines fell out of the scrollback, and the numbers that make a cell. Read here only, checked at run time, so that an upgrade fails
 * loudly in one place.
 */
import type { IBufferLine, Terminal } from '@xterm/headless';
import type { Disposable } from '../platform/byte-channel.js';
import { BxError } from '../platform/errors.js';
import type { CursorShape, MouseEncoding } from './types.js';

interface CoreLines {
  onTrim(listener: (count: number) => void): Disposable;
}

/** The library's handlers read the first parameter only. */
interface CoreParams {
  readonly params: readonly number[];
  readonly length: number;
}

export type CountedSequence =
  | 'cursorForwardTab'
  | 'cursorBackwardTab'
  | 'insertLines'
  | 'deleteLines'
  | 'scrollUp'
  | 'scrollDown'
  | 'repeatPrecedingCharacter'
  | 'eraseInDisplay';

type CoreInputHandler = Record<CountedSequence, (params: CoreParams) => boolean> & {
  parse(data: string | Uint8Array, promiseResult?: boolean): unknown;
  readonly _parser: { reset(): void };
};

interface Core {
  readonly _inputHandler: CoreInputHandler;
  readonly coreService: {
    isCursorHidden: boolean;
    readonly decPrivateModes: { cursorStyle?: CursorShape; cursorBlink?: boolean };
  };
  readonly coreMouseService: { readonly activeEncoding: string };
  readonly buffers: {
    readonly normal: { readonly lines: CoreLines };
    readonly onBufferActivate: (listener: () => void) => Disposable;
  };
  readonly _bufferService?: { readonly buffers: Core['buffers'] };
  readonly _writeBuffer?: { handleUserInput(): void };
}

export interface XtermInternals extends Disposable {
  readonly isCursorHidden: boolean;
  readonly cursorShape: CursorShape;
  readonly cursorBlink: boolean;
  readonly mouseEncoding: MouseEncoding;
  /** Lines of the normal screen that fell out of the scrollback since the start or the last full reset. */
  readonly trimmedRows: number;
  showCursor(): void;
  /** The next piece is parsed within `write`, as the library does for what follows a key, when none waits. */
  parseNext(): void;
  /** The numbers of a line's cells, three each, and perhaps more behind them; a view, which the next output changes. */
  cellsOf(line: IBufferLine): Uint32Array | null;
  /** Carries out a sequence with a count as if the program had sent it with `count`. */
  runCounted(sequence: CountedSequence, count: number): void;
}

/** `onReset` is called when the library makes new buffers (RIS). */
export function openInternals(terminal: Terminal, onReset: () => void): XtermInternals {
  const core = (terminal as unknown as { readonly _core?: Core })._core;
  const buffers = core?._bufferService?.buffers;
  if (
    !core?.coreService ||
    !core.coreMouseService ||
    !core._inputHandler?.scrollUp ||
    !core._writeBuffer?.handleUserInput ||
    !buffers
  ) {
    throw new BxError('internal', 'the terminal emulator library has changed its insides', {
      hint: 'Install the version of @xterm/headless that package.json names.',
    });
  }
  let trimmedRows = 0;
  let normal = buffers.normal;
  const countTrims = () =>
    normal.lines.onTrim((count) => {
      trimmedRows += count;
    });
  let trims = countTrims();
  const activations = buffers.onBufferActivate(() => {
    if (buffers.normal === normal) return;
    normal = buffers.normal;
    trims.dispose();
    trims = countTrims();
    trimmedRows = 0;
    onReset();
  });
  const { coreService, coreMouseService, _inputHandler: handler, _writeBuffer: writes } = core;
  containParserErrors(handler);
  return {
    get isCursorHidden() {
      return coreService.isCursorHidden;
    },
    get cursorShape() {
      return coreService.decPrivateModes.cursorStyle ?? 'block';
    },
    get cursorBlink() {
      return coreService.decPrivateModes.cursorBlink ?? false;
    },
    get mouseEncoding() {
      if (coreMouseService.activeEncoding === 'SGR') return 'sgr';
      return coreMouseService.activeEncoding === 'SGR_PIXELS' ? 'sgr-pixels' : 'default';
    },
    get trimmedRows() {
      return trimmedRows;
    },
    showCursor() {
      coreService.isCursorHidden = false;
    },
    parseNext: () => writes.handleUserInput(),
    cellsOf(line) {
      const cells = (line as { readonly _line?: { readonly _data?: unknown } })._line?._data;
      return cells instanceof Uint32Array ? cells : null;
    },
    runCounted(sequence, count) {
      handler[sequence]({ params: [count], length: 1 });
    },
    dispose() {
      trims.dispose();
      activations.dispose();
    },
  };
}

/** The library parses in a timer: an error there, caused by a program's output, would end the whole process. The piece is lost instead. */
function containParserErrors(handler: CoreInputHandler): void {
  const parse = handler.parse.bind(handler);
  handler.parse = (data, promiseResult) => {
    try {
      return parse(data, promiseResult);
    } catch {
      handler._parser.reset();
      return undefined;
    }
  };
}
