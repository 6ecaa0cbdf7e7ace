/** The `:` language and the line-mode monitor. */
export { buildEnd, isBuilding } from './build-end.js';
export type { MonitorCommand, MonitorDeps } from './command.js';
export { type CommandLine, createCommandLine, MONITOR_COMMANDS } from './command-line.js';
export type { HostInput, HostOutput, OnInterrupt } from './line/io.js';
export type { LeaveKeys } from './line/leave-scanner.js';
export { type LineDirectory, type LineModeOptions, runLineMode } from './line/line-mode.js';
export { createHistory, HISTORY_MAX, type History } from './line/prompt.js';
export type { LineSession } from './line/seat.js';
export { describePlace } from './place.js';
export { describeEnd, latestContainer } from './resolve-process.js';
export { defaultStep, resolveStep } from './resolve-step.js';
export {
  describeSession,
  type MonitorSessions,
  matchSession,
  renderSessions,
  type SessionDirectory,
  type SessionRow,
} from './sessions.js';
