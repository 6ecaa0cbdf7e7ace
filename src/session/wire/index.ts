export { KILL_WITHIN_MS, type KillOutcome, killSession } from './kill-session.js';
export type { ClientIdentity, ClientInfo, SharedSize } from './messages.js';
export { isSilence, PROTOCOL } from './messages.js';
export { refuseSession } from './refuse.js';
export type { ConnectOptions, RemoteSession } from './remote-session.js';
export { connectSession } from './remote-session.js';
export type { ServeOptions } from './serve-options.js';
export type { SessionServer } from './serve-session.js';
export { serveSession } from './serve-session.js';
