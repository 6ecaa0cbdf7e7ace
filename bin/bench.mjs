#!/usr/bin/env node
/**
 * `npm run bench`: speed and memory of bxtui beside its peers on one engine, as one table. A measurement and never a test: a missed
 * goal is a word in the table, not an exit status.
 */
import { writeFileSync } from 'node:fs';
import { namedEngine } from '../test/bench/named-engine.mjs';
import { parseOptions, USAGE } from '../test/bench/options.mjs';
import { renderTable } from '../test/bench/table.mjs';
import { acquireEngine } from '../test/setup/engine.mjs';
import { runScript, SetupError, say } from '../test/setup/say.mjs';
import { ensureBuild, ensureDependencies } from '../test/setup/toolchain.mjs';

/** @typedef {import('../test/bench/bench.mjs').Line} Line */
/** @typedef {import('../test/bench/bench.mjs').Row} Row */

await runScript(async () => {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) {
    process.stdout.write(USAGE);
    return 0;
  }
  ensureDependencies();
  // The rows need the dependencies; on a fresh clone there were none until now.
  const { ROWS } = await import('../test/bench/rows/index.mjs');
  if (options.isList) {
    for (const { id, title, goal } of ROWS) process.stdout.write(`${id.padEnd(16)} ${title} (${goal})\n`);
    return 0;
  }
  const unknown = options.only.find((id) => !ROWS.some((row) => row.id === id));
  if (unknown !== undefined) throw new SetupError(`no such row: ${unknown}`, `There are: ${ROWS.map(({ id }) => id).join(', ')}`);
  const rows = ROWS.filter(({ id }) => options.only.length === 0 || options.only.includes(id));
  ensureBuild();
  const engine = options.engineAddress === null ? await acquireEngine({ prefer: 'private' }) : namedEngine(options.engineAddress);
  try {
    const lines = await measureAll(rows, engine, options.pairs);
    process.stdout.write(`\n${renderTable(lines)}`);
    if (options.jsonFile !== null) writeFileSync(options.jsonFile, `${JSON.stringify(lines, null, 2)}\n`);
  } finally {
    await engine.stop();
  }
  return 0;
});

/**
 * @param {readonly Row[]} rows
 * @param {import('../test/setup/engine.mjs').EngineHandle} engine
 * @param {number | null} pairs
 */
async function measureAll(rows, engine, pairs) {
  const { Bench } = await import('../test/bench/bench.mjs');
  const bench = new Bench(engine, pairs);
  // What a signal interrupts is removed as well; a private engine ends by itself when this process does.
  process.once('exit', () => bench.dispose());
  for (const [signal, status] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]))
    process.once(signal, () => process.exit(status));
  /** @type {Line[]} */
  const lines = [];
  try {
    for (const row of rows) {
      say(`measuring: ${row.title}`);
      lines.push(...(await row.measure(bench, row).catch((error) => [notMeasured(row, error)])));
    }
    return lines;
  } finally {
    bench.dispose();
  }
}

/** A row that cannot be measured here costs no other row. @param {Row} row @param {unknown} error @returns {Line} */
function notMeasured({ title, goal }, error) {
  const message = error instanceof Error ? error.message : String(error);
  const [note = '', ...rest] = message.split('\n');
  if (rest.length > 0) process.stderr.write(`${message}\n`);
  return { row: title, ours: '-', peer: '-', wall: null, cpu: null, goal, isMet: null, note };
}
