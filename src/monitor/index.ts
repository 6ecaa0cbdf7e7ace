/** The `:` language. The line-mode monitor, which a screen does not load, is in `line`. */
export { buildEnd, isBuilding } from './build-end.js';
export type { MonitorCommand, MonitorDeps } from './command.js';
export { type CommandLine, createCommandLine, MONITOR_COMMANDS } from './command-line.js';
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
