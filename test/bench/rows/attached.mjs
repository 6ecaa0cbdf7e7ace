/** Rows of a session in the background: how long until its screen is there again, the echo of a key through its socket, its memory. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inMiB, inMs } from '../bench.mjs';
import { failingBuild, PROMPT } from '../contexts.mjs';
import { openShellAbove, withPty } from '../debuggers.mjs';
import { Pty } from '../pty.mjs';
import { processBytes } from '../resident.mjs';
import { percentile, spread } from '../statistics.mjs';
import { quietest, watchStolen } from '../stolen.mjs';
import { ECHO_P50_MS, ECHO_P99_MS, ECHO_RUNS, echoes, isPrompt, quietestOf, summary } from './echo.mjs';

/** @typedef {import('../bench.mjs').Bench} Bench */
/** @typedef {import('../bench.mjs').Row} Row */
/** @typedef {{ attach: () => Pty, exec: (...args: string[]) => Pty, serverPid: number, heaps: () => number[] }} Background */

const MIB = 1 << 20;
const ATTACH_MS = 150;
const ATTACHES = 7;
const SCROLLBACK_LINES = 10_000;
/** More than in one process. */
const SOCKET_MS = 2;
const SERVER_BYTES = 90 * MIB;
const DRIFT_BYTES = 4 * MIB;
/** Code that is compiled on the way. */
const HEAP_DRIFT_MIB = 0.5;
const IDLE_S = Number(process.env.BXTUI_BENCH_IDLE_S ?? 60);

/** @type {readonly Row[]} */
export const ATTACHED = [
  {
    id: 'attach',
    title: `attach, ${SCROLLBACK_LINES} lines of scrollback`,
    goal: `<= ${ATTACH_MS} ms`,
    measure: async (bench, { id, title, goal }) => {
      const figures = await inBackground(bench, id, async ({ attach }) => {
        await withPty(attach(), printLines);
        const taken = [];
        for (let run = 0; run < bench.pairs(ATTACHES); run++) taken.push(await withPty(attach(), untilWhole));
        return taken;
      });
      const { median } = spread(figures);
      const isMet = median <= ATTACH_MS;
      return [{ row: title, ours: inMs(median), peer: '-', wall: null, cpu: null, goal, isMet, figures }];
    },
  },
  {
    id: 'echo-attached',
    title: 'key echo p50, p99, attached',
    goal: `<= ${ECHO_P50_MS + SOCKET_MS}, ${ECHO_P99_MS + SOCKET_MS} ms`,
    measure: async (bench, { id, title, goal }) => {
      const figures = await inBackground(bench, id, async ({ attach }) => {
        const runs = [];
        for (let run = 0; run < bench.pairs(ECHO_RUNS); run++) {
          const typed = withPty(attach(), async (pty) => {
            await intoShell(pty);
            return await watchStolen(() => echoes(pty));
          });
          runs.push(await typed);
        }
        return runs;
      });
      const { value } = quietest(figures);
      const isMet = isPrompt(value, ECHO_P50_MS + SOCKET_MS, ECHO_P99_MS + SOCKET_MS);
      const note = quietestOf(figures);
      return [{ row: title, ours: summary(value), peer: '-', wall: null, cpu: null, goal, isMet, note, figures }];
    },
  },
  {
    id: 'echo-socket',
    title: 'key echo p50, by socket and in one process',
    goal: `<= ${SOCKET_MS} ms more`,
    measure: async (bench, { id, title, goal }) => {
      // Both in lines: no screen is between the key and the socket.
      const inLines = (/** @type {Pty} */ pty) =>
        withPty(pty, async () => {
          await pty.says((text) => text.includes(PROMPT), 'a prompt');
          return await echoes(pty);
        });
      const dir = failingBuild(bench.contexts, `${id}-here`, 2);
      const here = await inLines(new Pty(bench.ours(['debug', '--detach=false', 'build', dir])));
      const there = await inBackground(bench, id, ({ exec }) => inLines(exec('sh')));
      const [ours, theirs] = [percentile(there, 0.5), percentile(here, 0.5)];
      const figures = { socket: there, process: here };
      const isMet = ours - theirs <= SOCKET_MS;
      const text = `${ours.toFixed(1)}, ${theirs.toFixed(1)} ms`;
      return [{ row: title, ours: text, peer: '-', wall: null, cpu: null, goal, isMet, note: 'without a screen', figures }];
    },
  },
  {
    id: 'memory-server',
    title: `memory, server with two shells, ${IDLE_S} s idle`,
    goal: `<= ${inMiB(SERVER_BYTES)}, flat`,
    measure: async (bench, { id, title, goal }) => {
      const figures = await inBackground(bench, id, async ({ attach, serverPid, heaps }) => {
        await withPty(attach(), (pty) => openShellAbove(pty, 300));
        const bytes = [];
        for (let second = 0; second < IDLE_S; second += IDLE_S / 12) {
          await new Promise((resolve) => setTimeout(resolve, (IDLE_S / 12) * 1000));
          bytes.push(processBytes(serverPid));
        }
        return { bytes, heaps: heaps() };
      });
      const { bytes, heaps } = figures;
      const [third, last] = [bytes.slice(0, 4), bytes.slice(-4)].map((some) => spread(some).median);
      const ours = `${inMiB(third ?? 0)}, then ${inMiB(last ?? 0)}`;
      // Of what is in use: each figure comes behind a collection.
      const part = Math.ceil(heaps.length / 3);
      const [early, late] = [heaps.slice(0, part), heaps.slice(-part)].map((some) => spread(some).median);
      const isFlat = (last ?? 0) - (third ?? 0) <= DRIFT_BYTES && (late ?? 0) - (early ?? 0) <= HEAP_DRIFT_MIB;
      const isMet = Math.max(...bytes) <= SERVER_BYTES && isFlat;
      const note = `heap in use ${early?.toFixed(1)} MiB in the first third, ${late?.toFixed(1)} MiB in the last`;
      return [{ row: title, ours, peer: '-', wall: null, cpu: null, goal, isMet, note, figures }];
    },
  },
];

/**
 * A session in a process of its own, with the shell of its failed step open, and its end.
 * @template T
 * @param {Bench} bench
 * @param {string} name
 * @param {(background: Background) => Promise<T>} use
 * @returns {Promise<T>}
 */
async function inBackground(bench, name, use) {
  // The path of a socket is short.
  const root = mkdtempSync(join(tmpdir(), 'bxb-'));
  const run = (/** @type {string[]} */ ...args) => {
    const { file, args: all, env } = bench.ours(args);
    return execFileSync(file, [...all], { env, encoding: 'utf8' });
  };
  try {
    const config = join(root, 'server.toml');
    writeFileSync(config, 'log_file = "server.log"\nlog_level = "trace"\n');
    const id = run('build', '--detach', '--root', root, '--server-config', config, failingBuild(bench.contexts, name, 2)).trim();
    const serverPid = JSON.parse(readFileSync(join(root, id, 'session.json'), 'utf8')).pid;
    const attach = () => new Pty(bench.ours(['attach', '--root', root, id]));
    await withPty(attach(), (pty) => pty.shows((screen) => screen.includes(PROMPT), 'a prompt'));
    const exec = (/** @type {string[]} */ ...args) => new Pty(bench.ours(['exec', '--root', root, id, ...args]));
    /** MiB, as the server's log tells them. */
    const heaps = () =>
      [...readFileSync(join(root, 'server.log'), 'utf8').matchAll(/memory: heap (\S+) MiB/g)].map(([, mib]) => Number(mib));
    return await use({ attach, exec, serverPid, heaps });
  } finally {
    run('kill', '--root', root, '--all');
    rmSync(root, { recursive: true, force: true });
  }
}

/** @param {Pty} pty */
async function intoShell(pty) {
  // Half a frame has the prompt, and not yet the row below that tells who has the keys.
  await pty.shows((screen) => screen.includes(PROMPT) && / (?:NORMAL|TERMINAL) /.test(screen), 'a prompt');
  if (!pty.screen().includes(' TERMINAL ')) pty.press('i');
  await pty.shows((screen) => screen.includes(' TERMINAL '), 'the keys in the shell');
}

/** @param {Pty} pty */
async function printLines(pty) {
  await intoShell(pty);
  const text = 'the quick brown fox jumps over the lazy dog';
  pty.press(`i=0; while [ $i -lt ${SCROLLBACK_LINES} ]; do i=$((i+1)); echo "$i ${text}"; done\r`);
  await pty.shows((screen) => isWhole(screen), 'the last line');
  await pty.settled(500);
}

/** @param {Pty} pty @returns {Promise<number>} from the start of the program to a screen with nothing missing */
async function untilWhole(pty) {
  return (await pty.shows(isWhole, 'the newest screen')).atMs - pty.startMs;
}

/** @param {string} screen */
function isWhole(screen) {
  return screen.includes('[1] Steps') && screen.includes(`${SCROLLBACK_LINES} the quick`) && /READY> *[│·]/.test(screen);
}
