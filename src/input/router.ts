/** Where the bytes of the keyboard go; `createRouter(options?: RouterOptions): Router` is made here. */
export type * from './router-types.js';
