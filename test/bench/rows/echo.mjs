/** Rows of what a person feels at once: the first frame, and the echo of a key in the shell. */
import { inMs } from '../bench.mjs';
import { eightSteps, failingBuild } from '../contexts.mjs';
import { withMonitor, withPty, withSession } from '../debuggers.mjs';
import { PeerMissing } from '../peers.mjs';
import { Pty } from '../pty.mjs';
import { alternate, compare, percentile } from '../statistics.mjs';

/** @typedef {import('../bench.mjs').Bench} Bench */
/** @typedef {import('../bench.mjs').Row} Row */

const KEYS = 200;
/** A held key repeats 25 times a second; somebody who types fast is not faster. The jitter keeps it out of step with frames. */
const KEY_EVERY_MS = 40;
const KEY_JITTER_MS = 30;
export const ECHO_P50_MS = 4;
export const ECHO_P99_MS = 16;
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
      const ours = await withSession(bench, dir, (pty) => echoes(pty));
      const theirs = await echoesOfPeer(bench, dir);
      const [p50, p99] = [percentile(ours, 0.5), percentile(ours, 0.99)];
      const figures = { ours, peer: theirs.ms };
      const isMet = p50 <= ECHO_P50_MS && p99 <= ECHO_P99_MS;
      return [
        {
          row: title,
          ours: summary(ours),
          peer: summary(theirs.ms),
          wall: null,
          cpu: null,
          goal,
          isMet,
          note: theirs.note,
          figures,
        },
      ];
    },
  },
];

/** @param {import('../bench.mjs').Command} command @param {import('../pty.mjs').Test} test */
function firstSight(command, test) {
  return withPty(new Pty(command), async (pty) => (await pty.shows(test, 'the first frame')).atMs - pty.startMs);
}

/** @param {Bench} bench @param {string} dir @returns {Promise<{ ms: number[], note: string }>} */
async function echoesOfPeer(bench, dir) {
  try {
    const { peer, note } = await bench.monitor();
    return { ms: await withMonitor(bench, peer, dir, (pty) => echoes(pty)), note };
  } catch (error) {
    if (!(error instanceof PeerMissing)) throw error;
    return { ms: [], note: error.message };
  }
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
      await pty.settled(100);
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
