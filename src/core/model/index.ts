export type * from './files.js';
export type * from './process.js';
export type * from './session-state.js';
export type * from './step.js';
