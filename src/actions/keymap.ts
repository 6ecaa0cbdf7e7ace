/**
 * The one table of default keys. Keys, help, hints, palette and documentation are all made from it; a key that is not here does
 * nothing. `keys` are names of the key decoder. `hint`: place in the hint row, small numbers survive on narrow screens.
 */
import type { PanelId } from './panels.js';

export interface Binding {
  readonly keys: readonly string[];
  readonly action: string;
  /** Missing: everywhere. A row for a panel wins over one for everywhere. */
  readonly panels?: readonly PanelId[];
  readonly hint?: number;
  /** Pressed right after the terminal was left, it is still about that terminal. */
  readonly afterLeaving?: true;
  /** Only while a record is played, where it wins over every other row. */
  readonly inReplay?: true;
}

export const DEFAULT_KEYMAP: readonly Binding[] = [
  { keys: ['enter'], action: 'step.rollback', panels: ['steps'], hint: 1 },
  { keys: ['t'], action: 'step.rollback', hint: 9 },
  { keys: ['T'], action: 'step.rollbackWith', hint: 10 },
  { keys: ['I'], action: 'step.copyImage', panels: ['steps'] },
  { keys: ['space'], action: 'stage.fold', panels: ['steps'] },
  { keys: ['{'], action: 'stage.previous', panels: ['steps'] },
  { keys: ['}'], action: 'stage.next', panels: ['steps'] },
  { keys: ['H'], action: 'steps.internal', panels: ['steps'] },
  { keys: ['!'], action: 'goto.failure', hint: 12 },
  { keys: ['.'], action: 'goto.running', hint: 13 },
  { keys: ['e'], action: 'source.edit', hint: 4 },

  { keys: ['r'], action: 'build.reload', hint: 3 },
  { keys: ['R'], action: 'build.rebuild' },
  { keys: ['x'], action: 'build.cancel', hint: 3 },
  { keys: ['o'], action: 'generation.older', hint: 11 },

  { keys: ['enter', 'i'], action: 'terminal.interact', panels: ['terminal'], hint: 1 },
  { keys: ['i'], action: 'terminal.interact', hint: 8, afterLeaving: true },
  { keys: ['C-]'], action: 'terminal.sendLeaveKey', panels: ['terminal'], afterLeaving: true },
  { keys: ['C'], action: 'process.rerun', panels: ['terminal'], hint: 2, afterLeaving: true },
  { keys: ['X'], action: 'process.end', panels: ['terminal', 'processes'], hint: 5, afterLeaving: true },
  { keys: ['S'], action: 'tabs.sweep', panels: ['terminal', 'processes'], hint: 8, afterLeaving: true },
  { keys: ['['], action: 'tab.previous', afterLeaving: true },
  { keys: [']'], action: 'tab.next', afterLeaving: true },
  { keys: ['$'], action: 'host.shell' },
  { keys: ['enter'], action: 'process.attach', panels: ['processes'], hint: 1 },
  { keys: ['a'], action: 'process.exec', panels: ['terminal', 'processes'], hint: 6, afterLeaving: true },
  { keys: ['K'], action: 'process.signal', panels: ['terminal', 'processes'], hint: 7, afterLeaving: true },

  { keys: ['F'], action: 'logs.follow', panels: ['logs'], hint: 2 },
  { keys: ['E'], action: 'text.edit', panels: ['terminal', 'logs'], hint: 11, afterLeaving: true },
  { keys: ['W'], action: 'text.write', panels: ['terminal', 'logs'], hint: 12, afterLeaving: true },

  { keys: ['/'], action: 'search.open', hint: 14, afterLeaving: true },
  { keys: ['n'], action: 'search.next' },
  { keys: ['N'], action: 'search.previous' },

  { keys: ['1'], action: 'panel.steps' },
  { keys: ['2'], action: 'panel.terminal' },
  { keys: ['3'], action: 'panel.logs' },
  { keys: ['4'], action: 'panel.processes' },
  { keys: ['5'], action: 'panel.source' },
  { keys: ['tab'], action: 'panel.next', hint: 15 },
  { keys: ['S-tab'], action: 'panel.previous' },
  { keys: ['esc'], action: 'view.back' },
  { keys: ['z'], action: 'layout.zoom', hint: 16, afterLeaving: true },
  { keys: ['L'], action: 'layout.cycle' },
  { keys: ['<'], action: 'layout.narrower' },
  { keys: ['>'], action: 'layout.wider' },
  { keys: ['v'], action: 'copy.enter', panels: ['terminal', 'logs'], hint: 13, afterLeaving: true },
  { keys: ['y'], action: 'copy.line', afterLeaving: true },
  { keys: ['Y'], action: 'copy.panel', afterLeaving: true },

  { keys: ['j', 'down'], action: 'move.down' },
  { keys: ['k', 'up'], action: 'move.up' },
  { keys: ['h', 'left'], action: 'move.left' },
  { keys: ['l', 'right'], action: 'move.right' },
  { keys: ['C-d'], action: 'move.halfDown' },
  { keys: ['C-u'], action: 'move.halfUp' },
  { keys: ['pagedown', 'C-f'], action: 'move.pageDown', afterLeaving: true },
  { keys: ['pageup', 'C-b'], action: 'move.pageUp', afterLeaving: true },
  { keys: ['g', 'home'], action: 'move.first' },
  { keys: ['G', 'end'], action: 'move.last' },

  { keys: [':'], action: 'app.commandLine', hint: 17 },
  { keys: ['C-p'], action: 'app.palette' },
  { keys: ['?'], action: 'app.help', hint: 0 },
  { keys: ['@'], action: 'app.notices' },
  { keys: ['M'], action: 'app.mouse' },
  { keys: ['C-l'], action: 'app.redraw' },
  { keys: ['C-z'], action: 'app.suspend' },
  { keys: ['D'], action: 'app.detach', hint: 19 },
  { keys: ['q', 'C-c'], action: 'app.quit', hint: 18 },
  { keys: ['Q'], action: 'app.quitNow' },

  { keys: ['space'], action: 'replay.play', inReplay: true, hint: 1 },
  { keys: ['left'], action: 'replay.back', inReplay: true, hint: 2 },
  { keys: ['right'], action: 'replay.forward', inReplay: true, hint: 3 },
  { keys: ['S-left'], action: 'replay.minuteBack', inReplay: true },
  { keys: ['S-right'], action: 'replay.minuteForward', inReplay: true },
  { keys: ['home'], action: 'replay.start', inReplay: true },
  { keys: ['end'], action: 'replay.end', inReplay: true },
  { keys: [','], action: 'replay.eventBack', inReplay: true, hint: 10 },
  { keys: ['.'], action: 'replay.eventForward', inReplay: true, hint: 4 },
  { keys: ['-'], action: 'replay.slower', inReplay: true, hint: 6 },
  { keys: ['+', '='], action: 'replay.faster', inReplay: true, hint: 7 },
  { keys: ['J'], action: 'replay.jump', inReplay: true, hint: 8 },
  { keys: ['I'], action: 'replay.idle', inReplay: true, hint: 9 },
  { keys: ['A'], action: 'replay.asciicast', inReplay: true },
];
