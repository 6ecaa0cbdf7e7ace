/** Rows that are one command against one command: builds without a terminal, and the version. */
import { randomUUID } from 'node:crypto';
import { renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { comparison, inMiB, inMs } from '../bench.mjs';
import { eightSteps, manyFiles, oneLargeFile, printingBuild, threeHundredSteps } from '../contexts.mjs';
import { alternate } from '../statistics.mjs';

/** @typedef {import('../bench.mjs').Bench} Bench */
/** @typedef {import('../bench.mjs').Line} Line */
/** @typedef {import('../bench.mjs').Row} Row */
/** @typedef {{ wall: number, cpu?: number }} Goal the highest ratios to the peer */

/** In every row. */
const RESIDENT_BYTES = 150 << 20;

/** @type {readonly Row[]} */
export const RACES = [
  cachedBuild('cached', 'cached build, 8 steps', { wall: 0.8, cpu: 0.8 }, eightSteps),
  cachedBuild('cached-300', '300 cached steps', { wall: 0.9 }, threeHundredSteps),
  classicCached('classic', 'cached build, 8 steps, the classic builder', { wall: 1.5 }),
  largeFile('file-1g', 'context: one file of 1 GiB', { wall: 0.75, cpu: 0.35 }),
  manyFilesFirst('files-first', 'context: 100,000 files of 1 KiB, first', { wall: 1.0, cpu: 0.5 }),
  manyFilesAgain('files-again', 'context: 100,000 files, unchanged', { wall: 0.6, cpu: 0.45 }),
  oneChanged('files-one', 'context: 100,000 files, one changed', { wall: 0.6, cpu: 0.45 }),
  oneCopied('files-copied', 'context: 100,000 files, one changed, all copied anew', { wall: 1.0, cpu: 0.5 }),
  logLines('log-lines', '200,000 log lines', { wall: 1.0, cpu: 1.0 }),
  version('version', '--version', { wall: 1.0 }),
];

/** @param {string} id @param {string} title @param {Goal} goal @param {(parent: string) => string} create @returns {Row} */
function cachedBuild(id, title, goal, create) {
  return row(id, title, goal, async (bench) => {
    const dir = create(bench.contexts);
    return await bench.race({ pairs: 7, ...buildsOf(bench, dir) });
  });
}

/** Both by the builder of `DOCKER_BUILDKIT=0`. */
function classicCached(/** @type {string} */ id, /** @type {string} */ title, /** @type {Goal} */ goal) {
  return row(id, title, goal, async (bench) => {
    const dir = eightSteps(bench.contexts, 'eight-steps-classic');
    const peer = bench.peers.classic();
    const ours = bench.ours(['build', '--engine=classic', '--progress=plain', dir]);
    const theirs = { file: peer.file, args: ['build', dir], env: peer.env };
    const raced = await bench.race({ pairs: 7, ours, peer: theirs });
    return { ...raced, note: `peer: docker ${peer.version} build with DOCKER_BUILDKIT=0` };
  });
}

/** The file looks new in every run, so that its bytes are sent again; its content is the same, so that COPY stays cached. */
function largeFile(/** @type {string} */ id, /** @type {string} */ title, /** @type {Goal} */ goal) {
  return row(id, title, goal, async (bench) => {
    const dir = oneLargeFile(bench.contexts, 1024);
    let seconds = Math.floor(Date.now() / 1000) - 100_000;
    const before = () => {
      seconds += 1;
      utimesSync(join(dir, 'large'), seconds, seconds);
    };
    return await bench.race({ pairs: 5, before, ...buildsOf(bench, dir) });
  });
}

/**
 * Clients name a context by its directory: at a path that the engine has not seen it receives every file. Nothing is deleted on the
 * engine between runs, which would make its file system the thing that is measured.
 */
function manyFilesFirst(/** @type {string} */ id, /** @type {string} */ title, /** @type {Goal} */ goal) {
  return row(id, title, goal, async (bench) => {
    let dir = sharedTree(bench);
    let moves = 0;
    const peer = bench.peers.buildx();
    const moved = () => {
      const target = `${join(bench.contexts, 'moved')}-${++moves}`;
      renameSync(dir, target);
      dir = target;
      trees.set(bench, dir);
      return buildsOf(bench, dir, peer);
    };
    const runs = await alternate(
      bench.pairs(5),
      () => bench.timed(moved().ours),
      () => bench.timed(moved().peer),
    );
    return comparison(runs);
  });
}

function manyFilesAgain(/** @type {string} */ id, /** @type {string} */ title, /** @type {Goal} */ goal) {
  return row(id, title, goal, async (bench) => await bench.race({ pairs: 5, ...buildsOf(bench, sharedTree(bench)) }));
}

/**
 * Two contents in turn, one for each pair, and the engine has built both: each run sends a file that changed, and COPY comes from the
 * cache, which also proves that both sides sent the same.
 */
function oneChanged(/** @type {string} */ id, /** @type {string} */ title, /** @type {Goal} */ goal) {
  return row(id, title, goal, async (bench) => {
    const builds = buildsOf(bench, sharedTree(bench));
    const contents = ['one content', 'the other content'];
    for (const content of contents) {
      changeOne(bench, content);
      await bench.timed(builds.peer);
    }
    let runs = 0;
    const before = () => changeOne(bench, contents[(runs++ >> 1) % 2] ?? '');
    return await bench.race({ pairs: 7, before, ...builds });
  });
}

/** A content that the engine has not seen in every run: it copies every file of the context, which takes it far longer than all else. */
function oneCopied(/** @type {string} */ id, /** @type {string} */ title, /** @type {Goal} */ goal) {
  return row(id, title, goal, async (bench) => {
    let runs = 0;
    const before = () => changeOne(bench, `changed ${++runs}`);
    return await bench.race({ pairs: 3, before, ...buildsOf(bench, sharedTree(bench)) });
  });
}

/** @param {Bench} bench @param {string} content */
function changeOne(bench, content) {
  writeFileSync(join(sharedTree(bench), 'tree/d7/f7'), content);
}

/** As many as ten steps print, for an engine drops what one step prints beyond 200 KiB in a second; each run prints them anew. */
function logLines(/** @type {string} */ id, /** @type {string} */ title, /** @type {Goal} */ goal) {
  return row(id, title, goal, async (bench) => {
    const dir = printingBuild(bench.contexts, 10, 20_000);
    const peer = bench.peers.buildx();
    const args = () => ['build', '--progress=plain', '--build-arg', `RUN_ID=${randomUUID()}`, dir];
    const runs = await alternate(
      bench.pairs(5),
      () => bench.timed(bench.ours(args())),
      () => bench.timed(bench.peer(peer, args())),
    );
    return comparison(runs);
  });
}

function version(/** @type {string} */ id, /** @type {string} */ title, /** @type {Goal} */ goal) {
  return row(id, title, goal, async (bench) => {
    const peer = bench.peers.buildx();
    return await bench.race({ pairs: 11, ours: bench.ours(['--version']), peer: bench.peer(peer, ['version']) });
  });
}

/** Where the many files are now; four rows use them. @type {WeakMap<Bench, string>} */
const trees = new WeakMap();

/** @param {Bench} bench */
function sharedTree(bench) {
  const dir = trees.get(bench) ?? manyFiles(bench.contexts, 100_000);
  trees.set(bench, dir);
  return dir;
}

/** @param {Bench} bench @param {string} dir */
function buildsOf(bench, dir, peer = bench.peers.buildx()) {
  const args = ['build', '--progress=plain', dir];
  return { ours: bench.ours(args), peer: bench.peer(peer, args) };
}

/**
 * @param {string} id
 * @param {string} title
 * @param {Goal} goal
 * @param {(bench: Bench) => Promise<ReturnType<typeof comparison> & { readonly note?: string }>} measure
 * @returns {Row}
 */
function row(id, title, goal, measure) {
  const text = goal.cpu === undefined ? `wall <= ${goal.wall}` : `wall <= ${goal.wall}, CPU <= ${goal.cpu}`;
  return {
    id,
    title,
    goal: text,
    measure: async (bench) => {
      const { wall, cpu, runs, note } = await measure(bench);
      const figures = (/** @type {'ours' | 'peer'} */ side) => `${inMs(wall[side].median)}, ${inMs(cpu[side].median)} CPU`;
      const peak = (/** @type {'ours' | 'peer'} */ side) => Math.max(...runs[side].map(({ residentBytes }) => residentBytes));
      return [
        {
          row: title,
          ours: figures('ours'),
          peer: figures('peer'),
          wall: wall.ratio,
          cpu: cpu.ratio,
          resident: `${inMiB(peak('ours'))} / ${inMiB(peak('peer'))}`,
          goal: text,
          isMet:
            wall.ratio.median <= goal.wall &&
            (goal.cpu === undefined || cpu.ratio.median <= goal.cpu) &&
            peak('ours') <= RESIDENT_BYTES,
          note: note ?? `peer: docker buildx ${bench.peers.buildx().version}`,
          figures: runs,
        },
      ];
    },
  };
}
