/** Frames written over each other on a terminal: nothing but relative moves and erasing, so that all that was printed before stays. */
import type { LineColors } from './colors.js';
import { type FrameLine, type FrameSize, rowsTaken } from './frame.js';

/** What is drawn on. */
export interface TtyOutput {
  write(text: string): void;
  readonly size: FrameSize;
}

export interface Painter {
  paint(lines: readonly FrameLine[]): void;
  /** Takes the frame away, so that something else can be printed. */
  clear(): void;
  /** What is drawn stays; the next frame begins below it. */
  leave(): void;
}

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const ERASE_RIGHT = '\x1b[K';
const ERASE_BELOW = '\x1b[J';

export function createPainter(output: TtyOutput, colors: LineColors): Painter {
  let drawn: readonly FrameLine[] = [];

  const home = (): string => {
    const rows = rowsTaken(drawn, output.size.cols);
    return `\r${rows > 0 ? `\x1b[${rows}A` : ''}`;
  };
  const styled = ({ text, style }: FrameLine): string => {
    const rendition = style === null ? '' : style === 'log' ? '2' : colors[style];
    return rendition === '' ? text : `\x1b[${rendition}m${text}\x1b[0m`;
  };

  return {
    paint(lines) {
      const body = lines.map((line) => `${styled(line)}${ERASE_RIGHT}\n`).join('');
      output.write(`${HIDE_CURSOR}${home()}${body}${ERASE_BELOW}${SHOW_CURSOR}`);
      drawn = lines;
    },
    clear() {
      if (drawn.length > 0) output.write(`${home()}${ERASE_BELOW}`);
      drawn = [];
    },
    leave() {
      drawn = [];
    },
  };
}
