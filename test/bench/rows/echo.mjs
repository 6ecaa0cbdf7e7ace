/** Rows of what a person feels at once: the first frame, and the echo of a key in the shell. */
import { inMs } from '../bench.mjs';
import { eightSteps, failingBuild } from '../contexts.mjs';
import { withMonitor, withPty, withSession } from '../debuggers.mjs';
import { PeerMissing } from '../peers.mjs';
import { Pty } from '../pty.mjs';
import { alternate, compare, percentile } from '../statistics.mjs';
import { inPercent, quietest, watchStolen } from '../stolen.mjs';

/** @typedef {import('../bench.mjs').Bench} Bench */
/** @typedef {import('../bench.mjs').Row} Row */

const KEYS = 200;
/** A held key repeats 25 times a second; somebody who types fast is not faster. The jitter keeps it out of step with frames. */
const KEY_EVERY_MS = 40;
const KEY_JITTER_MS = 30;
const CLEARED_MS = 100;
export const ECHO_P50_MS = 4;
export const ECHO_P99_MS = 16;
/** Somebody else on the same host costs more milliseconds than there are: the run that was disturbed least counts. */
export const ECHO_RUNS = 3;
const FIRST_FRAME_MS = 250;

/** Letters that end no control sequence, so that one in the output is one on the screen. */
const LETTERS = ['o', 'v', 'w', 'y', 'z'];

/** @type {readonly Row[]} */
export const ECHO = [
  {
    id: 'first-frame',
    title: 'first frame',
    goal: `<= ${FIRST_FRAME_MS} ms`,
    measure: async (bench, { title, goal }) => {
      const dir = eightSteps(bench.contexts, 'first-frame');
      const peer = bench.peers.buildx();
      const runs = await alternate(
        bench.pairs(7),
        () =>
          firstSight(bench.ours(['build', dir]), (screen) => screen.includes('[1] Steps') && screen.includes('COPY note.txt')),
        () => firstSight(bench.peer(peer, ['build', '--progress=tty', dir]), (screen) => screen.includes('Building')),
      );
      const { ours, peer: theirs, ratio } = compare(runs.ours, runs.peer);
      const isMet = ours.median <= FIRST_FRAME_MS;
      const note = `every step is on it; peer: first line of docker buildx ${peer.version} --progress=tty`;
      return [
        {
          row: title,
          ours: inMs(ours.median),
          peer: inMs(theirs.median),
          wall: ratio,
          cpu: null,
          goal,
          isMet,
          note,
          figures: runs,
        },
      ];
    },
  },
  {
    id: 'key-echo',
    title: 'key echo p50, p99',
    goal: `<= ${ECHO_P50_MS}, ${ECHO_P99_MS} ms`,
    measure: async (bench, { title, goal }) => {
      const dir = failingBuild(bench.contexts, 'key-echo', 1);
      const monitor = await bench.monitor().catch(missing);
      const runs = await alternate(
        bench.pairs(ECHO_RUNS),
        () => withSession(bench, dir, (pty) => watchStolen(() => echoes(pty))),
        async () => {
          if ('reason' in monitor) return { value: [], stolen: 0 };
          return await withMonitor(bench, monitor.peer, dir, (pty) => watchStolen(() => echoes(pty)));
        },
      );
      const [ours, theirs] = [quietest(runs.ours), quietest(runs.peer)];
      const isMet = isPrompt(ours.value, ECHO_P50_MS, ECHO_P99_MS);
      const quiet = `${quietestOf(runs.ours)}; in the peer's ${inPercent(theirs.stolen)}`;
      return [
        {
          row: title,
          ours: summary(ours.value),
          peer: summary(theirs.value),
          wall: null,
          cpu: null,
          goal,
          isMet,
          note: 'reason' in monitor ? `${monitor.reason}; ${quietestOf(runs.ours)}` : `${monitor.note}; ${quiet}`,
          figures: runs,
        },
      ];
    },
  },
];

/** @param {import('../bench.mjs').Command} command @param {import('../pty.mjs').Test} test */
function firstSight(command, test) {
  return withPty(new Pty(command), async (pty) => (await pty.shows(test, 'the first frame')).atMs - pty.startMs);
}

/** @param {unknown} error @returns {{ reason: string }} */
function missing(error) {
  if (!(error instanceof PeerMissing)) throw error;
  return { reason: error.message };
}

/** @param {readonly number[]} ms @param {number} p50 @param {number} p99 */
export function isPrompt(ms, p50, p99) {
  return percentile(ms, 0.5) <= p50 && percentile(ms, 0.99) <= p99;
}

/** @param {readonly import('../stolen.mjs').Watched<unknown>[]} runs */
export function quietestOf(runs) {
  return `the quietest of ${runs.length} runs, in which others took ${inPercent(quietest(runs).stolen)} of the processor`;
}

/** From the key to the bytes that put it on the terminal, key by key. @param {Pty} pty @param {number} [keys] @returns {Promise<number[]>} */
export async function echoes(pty, keys = KEYS) {
  await pty.settled(500);
  const taken = [];
  for (let key = 0; key < keys; key++) {
    const letter = LETTERS[key % LETTERS.length] ?? 'z';
    // A full line would wrap, and be drawn again as a whole.
    if (key % 20 === 0) {
      pty.press('\x15');
      // The line may begin with this very letter: that it went must be drawn first.
      await new Promise((resolve) => setTimeout(resolve, CLEARED_MS));
    }
    const startMs = pty.press(letter);
    taken.push((await pty.says((bytes) => withoutControls(bytes).includes(letter), `the echo of ${letter}`)).atMs - startMs);
    await new Promise((resolve) => setTimeout(resolve, KEY_EVERY_MS + ((key * 7) % KEY_JITTER_MS)));
  }
  return taken;
}

/** @param {string} bytes */
function withoutControls(bytes) {
  return bytes.replace(/\x1b\[[0-9;:?<=>]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b./g, '');
}

/** @param {readonly number[]} ms */
export function summary(ms) {
  return ms.length === 0 ? '-' : `${percentile(ms, 0.5).toFixed(1)}, ${percentile(ms, 0.99).toFixed(1)} ms`;
}
