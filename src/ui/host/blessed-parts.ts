/**
 * The parts of blessed that the program has, without the terminal below them: its other thirty widgets are found by path at run time, so that blessed as a whole cannot be
 * bundled. In the bundle this stands for `blessed`, for blessed-contrib as well: both must mean the same screen.
 */

import Tput from 'blessed/lib/tput.js';

export { default as box, default as Box } from 'blessed/lib/widgets/box.js';
export { default as Node } from 'blessed/lib/widgets/node.js';
export { default as screen, default as Screen } from 'blessed/lib/widgets/screen.js';

/** Frames are written by `drawChanges`: blessed need not look for what a real terminal can do, read it, and compile it. */
const NO_TERMINAL = { name: 'none', names: ['none'], bools: {}, numbers: {}, strings: {} };

Tput.prototype.setup = function setup() {
  this.inject(this.compile({ ...NO_TERMINAL }));
};
