/** The command line of the benchmark. Knows the flags and their words; knows no row. */
import { parseArgs } from 'node:util';
import { SetupError } from '../setup/say.mjs';

/**
 * @typedef {object} BenchOptions
 * @property {readonly string[]} only ids of the rows to measure; empty: all
 * @property {number | null} pairs pairs of runs of every compared row; null: what the row asks for
 * @property {boolean} isList
 * @property {string | null} jsonFile
 * @property {string | null} engineAddress null: the engine that the set-up gives
 */

export const USAGE = `npm run bench -- [--list] [--only ROW[,ROW…]] [--pairs N] [--json FILE] [--docker-host ADDRESS]

  --list                 the rows, with their goals
  --only ROW[,ROW…]      measure these rows alone
  --pairs N              pairs of alternating runs, instead of each row's own number
  --json FILE            write every figure to a file as well
  --docker-host ADDRESS  measure on this engine, instead of a private one
`;

/** @param {readonly string[]} args @returns {BenchOptions | null} null: help was asked for */
export function parseOptions(args) {
  /** @type {Record<string, any>} */
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true },
        pairs: { type: 'string' },
        list: { type: 'boolean' },
        json: { type: 'string' },
        'docker-host': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    throw new SetupError(error instanceof Error ? error.message : String(error), USAGE);
  }
  if (values.help === true) return null;
  const pairs = values.pairs === undefined ? null : Number(values.pairs);
  if (pairs !== null && !(Number.isInteger(pairs) && pairs >= 1)) {
    throw new SetupError(`--pairs ${values.pairs} is no number of pairs`, 'Give a whole number from 1.');
  }
  return {
    only: (values.only ?? [])
      .flatMap((/** @type {string} */ list) => list.split(','))
      .filter((/** @type {string} */ id) => id !== ''),
    pairs,
    isList: values.list === true,
    jsonFile: values.json ?? null,
    engineAddress: values['docker-host'] ?? null,
  };
}
