/** The `:` language and the line-mode monitor. */
export { buildEnd, isBuilding } from './build-end.js';
export type { MonitorCommand, MonitorDeps } from './command.js';
export { type CommandLine, createCommandLine, MONITOR_COMMANDS } from './command-line.js';
export type { HostInput, HostOutput, OnInterrupt } from './line/io.js';
export { type LineModeOptions, runLineMode } from './line/line-mode.js';
export { describePlace } from './place.js';
export { describeEnd } from './resolve-process.js';
export { resolveStep } from './resolve-step.js';
