/**
 * Bounds for sequences that repeat an action: the library loops over the count as the program sent it, so `ESC [ 2147483647 L` would stop
 * the whole process for minutes, and `ESC [ 2147483647 b` ends it. Beyond the size of the screen a larger count changes nothing.
 */
import type { Terminal } from '@xterm/headless';
import type { Disposable } from '../platform/byte-channel.js';
import type { CountedSequence, XtermInternals } from './xterm-internals.js';

const COUNTED: readonly {
  readonly final: string;
  readonly sequence: CountedSequence;
  readonly bound: 'cols' | 'rows' | 'cells';
}[] = [
  { final: 'I', sequence: 'cursorForwardTab', bound: 'cols' },
  { final: 'Z', sequence: 'cursorBackwardTab', bound: 'cols' },
  { final: 'L', sequence: 'insertLines', bound: 'rows' },
  { final: 'M', sequence: 'deleteLines', bound: 'rows' },
  { final: 'S', sequence: 'scrollUp', bound: 'rows' },
  { final: 'T', sequence: 'scrollDown', bound: 'rows' },
  { final: 'b', sequence: 'repeatPrecedingCharacter', bound: 'cells' },
];

export function boundCounts(terminal: Terminal, internals: XtermInternals): Disposable {
  const handlers = COUNTED.map(({ final, sequence, bound }) =>
    terminal.parser.registerCsiHandler({ final }, ([count]) => {
      const limit = bound === 'cols' ? terminal.cols : bound === 'rows' ? terminal.rows : terminal.cols * terminal.rows;
      if (typeof count !== 'number' || count <= limit) return false;
      internals.runCounted(sequence, limit);
      return true;
    }),
  );
  return {
    dispose() {
      for (const handler of handlers) handler.dispose();
    },
  };
}
