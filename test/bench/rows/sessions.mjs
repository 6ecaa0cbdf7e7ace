/** Rows of the debugger: how long until a prompt is there, at the start and after each move. The peer is buildx's debug monitor. */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { inMs } from '../bench.mjs';
import { failingBuild, PROMPT, rewriteFailure, succeedingBuild, UPTIME_MARK } from '../contexts.mjs';
import { inStepList, openShellAbove, promptInSecondTab, withMonitor, withSession } from '../debuggers.mjs';
import { PeerMissing } from '../peers.mjs';
import { alternate, compare, spread } from '../statistics.mjs';

/** @typedef {import('../bench.mjs').Bench} Bench */
/** @typedef {import('../bench.mjs').Line} Line */
/** @typedef {import('../bench.mjs').Row} Row */
/** @typedef {import('../pty.mjs').Pty} Pty */
/** @typedef {(pty: Pty, firstPromptAtMs: number, dir: string) => Promise<number>} Measure milliseconds of one session on a context */

const PAIRS = 5;
const STEPS = 6;
/** A glance at a step before Enter. */
const READING_MS = 600;

/** @type {readonly Row[]} */
export const SESSIONS = [
  session('first-prompt', 'command to first prompt', 0.75, {
    ours: async (pty, atMs) => atMs - pty.startMs,
    peer: async (pty, atMs) => atMs - pty.startMs,
  }),
  session('error-to-prompt', 'error to prompt', 1.0, { ours: sinceError, peer: sinceError }),
  session('rollback', 'rollback to a cached step', 1.0, {
    ours: (pty) => openShellAbove(pty, 0),
    peer: (pty) => monitorCommand(pty, 'rollback'),
  }),
  session('rollback-rested', 'rollback, the cursor rested on the step', 0.4, {
    ours: (pty) => openShellAbove(pty, READING_MS),
    peer: (pty) => monitorCommand(pty, 'rollback'),
  }),
  session('reload', 'reload, all of it cached, with its shell', 0.7, { ours: reload, peer: reloadOfPeer }, 'always'),
  session('reload-changed', 'reload of a changed failing step, with its shell', 1.0, {
    ours: (pty, _, dir) => {
      rewriteFailure(dir);
      return reload(pty);
    },
    peer: (pty, _, dir) => {
      rewriteFailure(dir);
      return reloadOfPeer(pty);
    },
  }),
];

/**
 * @param {string} id
 * @param {string} title
 * @param {number} goal
 * @param {{ ours: Measure, peer: Measure }} measures
 * @param {'error' | 'always'} [on] the build fails, or it succeeds and the shell opens all the same
 * @returns {Row}
 */
function session(id, title, goal, measures, on = 'error') {
  const text = `wall <= ${goal}`;
  return {
    id,
    title,
    goal: text,
    measure: async (bench) => {
      const dir = (on === 'error' ? failingBuild : succeedingBuild)(bench.contexts, id, STEPS);
      const runOurs = () => withSession(bench, dir, (pty, atMs) => measures.ours(pty, atMs, dir), on);
      // A first run fills the cache.
      await runOurs();
      try {
        const { peer, note } = await bench.monitor();
        const runs = await alternate(bench.pairs(PAIRS), runOurs, () =>
          withMonitor(bench, peer, dir, (pty, atMs) => measures.peer(pty, atMs, dir), on),
        );
        const { ours, peer: theirs, ratio } = compare(runs.ours, runs.peer);
        const isMet = ratio.median <= goal;
        return [
          {
            row: title,
            ours: inMs(ours.median),
            peer: inMs(theirs.median),
            wall: ratio,
            cpu: null,
            goal: text,
            isMet,
            note,
            figures: runs,
          },
        ];
      } catch (error) {
        if (!(error instanceof PeerMissing)) throw error;
        const figures = [];
        for (let run = 0; run < bench.pairs(PAIRS); run++) figures.push(await runOurs());
        return [
          {
            row: title,
            ours: inMs(spread(figures).median),
            peer: '-',
            wall: null,
            cpu: null,
            goal: text,
            isMet: null,
            note: error.message,
            figures,
          },
        ];
      }
    },
  };
}

/** From the moment at which the failing command said its last word, by the machine's clock. @type {Measure} */
async function sinceError(pty, firstPromptAtMs) {
  const upS = Number(UPTIME_MARK.exec(pty.raw)?.[1] ?? UPTIME_MARK.exec(pty.screen())?.[1]);
  const nowS = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return firstPromptAtMs - (performance.now() - (nowS - upS) * 1000);
}

/** @param {Pty} pty */
async function reload(pty) {
  await inStepList(pty);
  const startMs = pty.press('r');
  return (await promptInSecondTab(pty)) - startMs;
}

/** @param {Pty} pty */
function reloadOfPeer(pty) {
  return monitorCommand(pty, 'reload');
}

/**
 * Leaves the shell by buildx's Ctrl-a c and gives one command to its monitor. One in a session: after a restart of its container
 * version 0.13 no longer listens to Ctrl-a.
 * @param {Pty} pty
 * @param {string} command
 */
async function monitorCommand(pty, command) {
  await pty.settled(300);
  pty.press('\x01c');
  await pty.says((text) => text.includes('(buildx)'), "buildx's monitor");
  await pty.settled(100);
  const startMs = pty.press(`${command}\r`);
  return (await pty.says((text) => text.includes(PROMPT), `a prompt after ${command}`)).atMs - startMs;
}
