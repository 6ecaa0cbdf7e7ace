/** The signs on screen, in Unicode (each one cell wide, none an emoji) and in ASCII. Every state has a sign of its own. */
import type { StepState } from '../../core/model/index.js';

export interface Glyphs {
  readonly isAscii: boolean;
  readonly states: Readonly<Record<StepState, string>>;
  readonly paused: string;
  readonly cursor: string;
  readonly open: string;
  readonly folded: string;
  readonly from: string;
  readonly into: string;
  readonly ellipsis: string;
  readonly warning: string;
  readonly separator: string;
  /** Keys, in what is said of a dialog's. */
  readonly upDown: string;
  readonly leftRight: string;
  readonly focus: string;
  readonly line: string;
  /** Left, right; up, down: by bits 1 = left, 2 = right, 4 = up, 8 = down. */
  readonly joints: readonly string[];
  /** Eighths of a cell from the left, 1/8 to 8/8. */
  readonly bars: readonly string[];
  readonly barRest: string;
  /** A mark thinner than a cell for what took next to no time. */
  readonly tick: string;
  /** A cell of a pane that its program does not reach. */
  readonly unused: string;
}

export const UNICODE_GLYPHS: Glyphs = {
  isAscii: false,
  states: {
    pending: '·',
    running: '◐',
    cached: '$',
    done: '✓',
    failed: '✘',
    cancelled: '■',
    'not-needed': '∅',
  },
  paused: '‖',
  cursor: '▌',
  open: '▾',
  folded: '▸',
  from: '◂',
  into: '▸',
  ellipsis: '…',
  warning: '▲',
  separator: '·',
  upDown: '↑↓',
  leftRight: '←→',
  focus: '▸',
  line: '─',
  joints: [' ', '─', '─', '─', '│', '┘', '└', '┴', '│', '┐', '┌', '┬', '│', '┤', '├', '┼'],
  bars: ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
  barRest: '·',
  tick: '▏',
  unused: '·',
};

export const ASCII_GLYPHS: Glyphs = {
  isAscii: true,
  states: { pending: '.', running: '*', cached: '$', done: '+', failed: 'x', cancelled: '#', 'not-needed': '-' },
  paused: '=',
  cursor: '>',
  open: 'v',
  folded: '>',
  from: '<',
  into: '>',
  ellipsis: '~',
  warning: '!',
  separator: '-',
  upDown: 'up/down',
  leftRight: 'left/right',
  focus: '>',
  line: '-',
  joints: [' ', '-', '-', '-', '|', '+', '+', '+', '|', '+', '+', '+', '|', '+', '+', '+'],
  bars: ['=', '=', '=', '=', '=', '=', '=', '='],
  barRest: ' ',
  tick: '|',
  unused: '.',
};
