/** The monitor in lines. */
export type { HostInput, HostOutput, OnInterrupt } from './io.js';
export type { LeaveKeys } from './leave-scanner.js';
export { type LineDirectory, type LineModeOptions, runLineMode } from './line-mode.js';
export { createHistory, HISTORY_MAX, type History } from './prompt.js';
export type { LineSession } from './seat.js';
