/** The benchmark: every row on its own, none asserted, one table at the end. Started by `npm run bench`, which brings the engine. */
import { join } from 'node:path';
import { engineEnv, testEngine } from '../helpers/engines.js';
import { removeProjects } from '../helpers/project.js';
import { projectRoot } from '../setup/toolchain.mjs';
import { buildRows } from './build-rows.js';
import { findBuildx, findDebugBuildx, type Peer } from './peers.js';
import { sessionRows } from './session-rows.js';
import { formatTable, type Row, runRow } from './table.js';

export interface Bench {
  readonly bxtui: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pairs: number;
  /** Of the rows with a large context. */
  readonly largePairs: number;
  /** Throws with the reason where there is no peer. */
  peer(): Peer;
  debugPeer(): Peer;
}

const peer = findBuildx();
const debugPeer = findDebugBuildx();
const present = (found: Peer | string): Peer => {
  if (typeof found === 'string') throw new Error(found);
  return found;
};
const pairs = Number(process.env.BXTUI_BENCH_PAIRS ?? 7);
const bench: Bench = {
  bxtui: [process.execPath, join(projectRoot, 'bin/bxtui')],
  env: engineEnv(),
  pairs,
  largePairs: Math.max(1, Math.ceil(pairs / 2)),
  peer: () => present(peer),
  debugPeer: () => present(debugPeer),
};
const chosen = process.argv.slice(2);
const rows: Row[] = [];
try {
  for (const maker of [...buildRows(bench), ...sessionRows(bench)]) {
    if (chosen.length > 0 && !chosen.some((word) => maker.work.includes(word))) continue;
    process.stderr.write(`bench: ${maker.work}\n`);
    rows.push(await runRow(maker));
  }
} finally {
  removeProjects();
}
const name = (found: typeof peer) => (typeof found === 'string' ? `none (${found})` : found.version);
process.stdout.write(
  `\nengine ${testEngine()}; buildx ${name(peer)}, monitor of buildx ${name(debugPeer)}; ${pairs} pairs; medians\n\n`,
);
process.stdout.write(`${formatTable(rows)}\n`);
