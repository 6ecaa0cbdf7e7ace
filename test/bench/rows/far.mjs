/** Rows of an engine that is far away, over a line of real packets with a delay and losses: how many round trips of the line a thing takes. */
import { startFarLink, whyNoFarLink } from '../../setup/far-link.mjs';
import { inMs } from '../bench.mjs';
import { failingBuild, manyFiles } from '../contexts.mjs';
import { openShellAbove, withPrompt } from '../debuggers.mjs';
import { PeerMissing } from '../peers.mjs';
import { percentile, spread } from '../statistics.mjs';
import { echoes } from './echo.mjs';

/** @typedef {import('../bench.mjs').Bench} Bench */
/** @typedef {import('../bench.mjs').Line} Line */
/** @typedef {import('../bench.mjs').Row} Row */
/** @typedef {(args: readonly string[]) => import('../bench.mjs').Command} Ours bxtui at the near end of the line */

const DISTANCES = [
  { roundTripMs: 50, lossPercent: 0 },
  { roundTripMs: 200, lossPercent: 0 },
  { roundTripMs: 200, lossPercent: 1 },
];
/** Nearer, the work beside the line counts; what a loss costs is TCP's. */
const GOAL_MS = 200;
const KEYS = 60;
const FILES = 10_000;
const RUNS = 5;
const STEPS = 6;

/** @type {readonly Row[]} */
export const FAR = [
  far('far-echo', 'echo of a key, p50', 1.1, {
    context: (bench) => failingBuild(bench.contexts, 'far-echo', 1),
    measure: (_, ours, dir) => withPrompt(ours(['build', dir]), async (pty) => percentile(await echoes(pty, KEYS), 0.5)),
  }),
  far('far-rollback', 'rollback to a cached step', 8, {
    context: (bench) => failingBuild(bench.contexts, 'far-rollback', STEPS),
    // The step right above may be prepared already.
    measure: (bench, ours, dir) => medianOf(bench, () => withPrompt(ours(['build', dir]), (pty) => openShellAbove(pty, 0, 2))),
  }),
  far('far-context', `unchanged context of ${FILES} files`, 20, {
    context: (bench) => manyFiles(bench.contexts, FILES),
    // What it takes beside the line is not the line's.
    measure: async (bench, ours, dir) => {
      const args = ['build', '--progress=plain', dir];
      await bench.timed(bench.ours(args));
      const near = await medianOf(bench, async () => (await bench.timed(bench.ours(args))).wallMs);
      return (await medianOf(bench, async () => (await bench.timed(ours(args))).wallMs)) - near;
    },
  }),
];

/** @param {Bench} bench @param {() => Promise<number>} run */
async function medianOf(bench, run) {
  const taken = [];
  for (let index = 0; index < bench.pairs(RUNS); index++) taken.push(await run());
  return spread(taken).median;
}

/**
 * @param {string} id
 * @param {string} title
 * @param {number} goal round trips
 * @param {{ context: (bench: Bench) => string, measure: (bench: Bench, ours: Ours, dir: string) => Promise<number> }} how in milliseconds
 * @returns {Row}
 */
function far(id, title, goal, { context, measure }) {
  const text = `<= ${goal} round trips`;
  return {
    id,
    title: `far away: ${title}`,
    goal: text,
    measure: async (bench) => {
      const why = whyNoFarLink();
      if (why !== null) throw new PeerMissing(why);
      const dir = context(bench);
      /** @type {Line[]} */
      const lines = [];
      for (const { roundTripMs, lossPercent } of DISTANCES) {
        const link = await startFarLink({ engine: bench.engine.address, roundTripMs, lossPercent });
        try {
          const ours = (/** @type {readonly string[]} */ args) => {
            const { env, ...command } = bench.ours(args);
            return { ...link.near(command), env: { ...env, DOCKER_HOST: link.address } };
          };
          const ms = await measure(bench, ours, dir);
          const trips = ms / roundTripMs;
          lines.push({
            row: `${title}, ${roundTripMs} ms${lossPercent > 0 ? `, ${lossPercent} % lost` : ''}`,
            ours: `${trips.toFixed(2)} round trips, ${inMs(ms)}`,
            ...{
              peer: '-',
              wall: null,
              cpu: null,
              goal: text,
              isMet: lossPercent === 0 && roundTripMs === GOAL_MS ? trips <= goal : null,
              figures: ms,
            },
          });
        } finally {
          await link.stop();
        }
      }
      return lines;
    },
  };
}
