/** What a client of a session needs. A server is in `server.js`: no client loads it. */
export { KILL_WITHIN_MS, type KillOutcome, killSession } from './kill-session.js';
export type { ClientIdentity, ClientInfo, SharedSize } from './messages.js';
export { isSilence, PROTOCOL } from './messages.js';
export type { ScreenPlace } from './place.js';
export type { ConnectOptions, RemoteSession } from './remote-session.js';
export { connectSession } from './remote-session.js';
