/** What the process of a session needs. */
export { refuseSession } from './refuse.js';
export type { ServeOptions } from './serve-options.js';
export type { SessionServer } from './serve-session.js';
export { serveSession } from './serve-session.js';
