/** Every row of the benchmark, in the order of the table. */
import { RACES } from './races.mjs';

/** @type {readonly import('../bench.mjs').Row[]} */
export const ROWS = [...RACES];
