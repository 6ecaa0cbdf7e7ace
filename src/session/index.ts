export type { LocalSession, LocalSessionOptions } from './local-session.js';
export { createLocalSession } from './local-session.js';
export type { Invoke } from './process-spec.js';
export type { CommandResult, SessionClient, SessionCommand, StepLog, Terminal, TerminalSize } from './session.js';
export { TERMINAL_REPLAY_BYTES } from './session.js';
export type { FilesAnswer, FilesQuestion } from './step-files.js';
