/** Every row of the benchmark, in the order of the table. */
import { ATTACHED } from './attached.mjs';
import { ECHO } from './echo.mjs';
import { ENDPOINT } from './endpoint.mjs';
import { FAR } from './far.mjs';
import { MEMORY } from './memory.mjs';
import { RACES } from './races.mjs';
import { SESSIONS } from './sessions.mjs';

/** @type {readonly import('../bench.mjs').Row[]} */
export const ROWS = [...SESSIONS, ...ECHO, ...ATTACHED, ...RACES, ...ENDPOINT, ...FAR, ...MEMORY];
