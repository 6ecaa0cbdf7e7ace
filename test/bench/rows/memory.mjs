/** Rows of resident memory. */
import { join } from 'node:path';
import { inMiB } from '../bench.mjs';
import { eightSteps, failingBuild } from '../contexts.mjs';
import { openShellAbove, withSession } from '../debuggers.mjs';
import { PeerMissing } from '../peers.mjs';
import { residentBytes, watchResident } from '../resident.mjs';
import { spread } from '../statistics.mjs';
import { peakOfRun } from '../timed-run.mjs';

/** @typedef {import('../bench.mjs').Bench} Bench */
/** @typedef {import('../bench.mjs').Row} Row */
/** @typedef {import('../pty.mjs').Pty} Pty */

const MIB = 1 << 20;
const SESSION_BYTES = 150 * MIB;
const DRIFT_BYTES = 16 * MIB;
const PRINTED_BYTES = 1_000_000_000;
/** An engine passes on some 4 to 8 MB/s of what is printed on a terminal. */
const PRINTS_WITHIN_MS = 600_000;

/** @type {readonly Row[]} */
export const MEMORY = [
  {
    id: 'memory-build',
    title: 'peak memory, plain build',
    goal: `<= ${inMiB(SESSION_BYTES)}`,
    measure: async (bench, { title, goal }) => {
      const args = ['build', '--progress=plain', eightSteps(bench.contexts, 'memory')];
      const outputFile = join(bench.scratch, 'output');
      const ours = await peakOfRun(bench.ours(args), { outputFile });
      const { peer, note } = await peakOfPeer(bench, args, outputFile);
      return [{ row: title, ours: inMiB(ours), peer, wall: null, cpu: null, goal, isMet: ours <= SESSION_BYTES, note }];
    },
  },
  {
    id: 'memory-idle',
    title: 'memory, session with two shells',
    goal: `<= ${inMiB(SESSION_BYTES)}`,
    measure: async (bench, { title, goal }) => {
      const dir = failingBuild(bench.contexts, 'memory-idle', 2);
      const bytes = await withSession(bench, dir, async (pty) => {
        await openShellAbove(pty, 300);
        await new Promise((resolve) => setTimeout(resolve, 3000));
        return residentBytes(pty.pid);
      });
      return [{ row: title, ours: inMiB(bytes), peer: '-', wall: null, cpu: null, goal, isMet: bytes <= SESSION_BYTES }];
    },
  },
  {
    id: 'memory-1g',
    title: 'memory while a shell prints 1 GB',
    goal: `flat within ${inMiB(DRIFT_BYTES)}`,
    measure: async (bench, { title, goal }) => {
      const dir = failingBuild(bench.contexts, 'memory-1g', 1);
      const { samples, elapsedMs } = await withSession(bench, dir, printed);
      const tenth = Math.floor(samples.length / 10);
      // The young generations of both processes have their size after the first tenth.
      const [early, late] = [samples.slice(tenth, 2 * tenth), samples.slice(-tenth)].map((some) => spread(some).median);
      const drift = (late ?? 0) - (early ?? 0);
      const ours = `${inMiB(early ?? 0)}, then ${inMiB(late ?? 0)}`;
      const speed = `${(PRINTED_BYTES / 1000 / elapsedMs).toFixed(0)} MB/s to the screen`;
      const note = `screen and server; ${inMiB(samples[0] ?? 0)} before, at most ${inMiB(Math.max(...samples))}; ${speed}`;
      const isMet = drift <= DRIFT_BYTES;
      return [{ row: title, ours, peer: '-', wall: null, cpu: null, goal, isMet, note }];
    },
  },
];

/** @param {Bench} bench @param {readonly string[]} args @param {string} outputFile */
async function peakOfPeer(bench, args, outputFile) {
  try {
    const peer = bench.peers.buildx();
    const bytes = await peakOfRun(bench.peer(peer, args), { outputFile });
    return { peer: inMiB(bytes), note: `peer: docker buildx ${peer.version}, both of its processes` };
  } catch (error) {
    if (!(error instanceof PeerMissing)) throw error;
    return { peer: '-', note: error.message };
  }
}

/** @param {Pty} pty */
async function printed(pty) {
  await pty.settled(1000);
  const line = '0123456789'.repeat(9);
  const startMs = performance.now();
  // The mark on the command line is spelled differently from the one that is printed.
  pty.press(`yes ${line} | head -c ${PRINTED_BYTES}; echo ALL'-'PRINTED\r`);
  const watch = watchResident(pty.pid);
  try {
    const { atMs } = await pty.shows((screen) => screen.includes('ALL-PRINTED'), 'the end of the output', PRINTS_WITHIN_MS);
    return { samples: watch.stop(), elapsedMs: atMs - startMs };
  } finally {
    watch.stop();
  }
}
