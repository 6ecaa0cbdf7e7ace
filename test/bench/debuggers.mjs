/** bxtui's session and buildx's debug monitor on a terminal, each opened on a build that fails, up to the prompt of its shell. */
import { SetupError } from '../setup/say.mjs';
import { failingBuild, PROMPT } from './contexts.mjs';
import { PeerMissing } from './peers.mjs';
import { Pty } from './pty.mjs';

/** @typedef {import('./bench.mjs').Bench} Bench */

const OPENS_WITHIN_MS = 20_000;
const MONITOR_GRACE_MS = 300;

/**
 * @template T
 * @param {Bench} bench
 * @param {string} dir
 * @param {(pty: Pty, firstPromptAtMs: number) => Promise<T>} use
 * @param {'error' | 'always'} [on] when the shell opens
 * @returns {Promise<T>}
 */
export function withSession(bench, dir, use, on = 'error') {
  return withPrompt(bench.ours(['build', ...(on === 'error' ? [] : [`--on=${on}`]), dir]), use);
}

/**
 * @template T
 * @param {import('./bench.mjs').Command} command opens a session
 * @param {(pty: Pty, firstPromptAtMs: number) => Promise<T>} use
 * @returns {Promise<T>}
 */
export function withPrompt(command, use) {
  return withPty(new Pty(command), async (pty) => {
    const prompt = await pty.shows((screen) => screen.includes(PROMPT), 'a prompt');
    return await use(pty, prompt.atMs);
  });
}

/**
 * @template T
 * @param {Bench} bench
 * @param {import('./peers.mjs').Peer} peer
 * @param {string} dir
 * @param {(pty: Pty, firstPromptAtMs: number) => Promise<T>} use
 * @param {'error' | 'always'} [on] when the shell opens
 * @returns {Promise<T>}
 */
export function withMonitor(bench, peer, dir, use, on = 'error') {
  const command = bench.peer(peer, ['debug', `--on=${on}`, 'build', '--progress=plain', dir]);
  const measure = async (/** @type {Pty} */ pty) => {
    const prompt = await pty.says((text) => text.includes(PROMPT), 'a prompt', OPENS_WITHIN_MS);
    return await use(pty, prompt.atMs);
  };
  // It does not leave for a SIGTERM while its shell is open.
  return withPty(new Pty(command), measure, MONITOR_GRACE_MS);
}

/**
 * The first of the monitors that opens its prompt on this engine.
 * @param {Bench} bench
 * @returns {Promise<{ peer: import('./peers.mjs').Peer, note: string }>}
 */
export async function findMonitor(bench) {
  const dir = failingBuild(bench.contexts, 'monitor', 1);
  const reasons = [];
  for (const bring of [() => bench.peers.debugMonitor(), () => bench.peers.newestMonitor()]) {
    let version = '';
    try {
      const peer = bring();
      version = `buildx ${peer.version}: `;
      await withMonitor(bench, peer, dir, async () => {});
      return { peer, note: `peer: buildx ${peer.version}, its debug monitor` };
    } catch (error) {
      if (!(error instanceof PeerMissing || error instanceof SetupError)) throw error;
      reasons.push(`${version}${error instanceof PeerMissing ? error.message : 'no prompt'}`);
    }
  }
  throw new PeerMissing(`no debug monitor of buildx opens a shell on this engine: ${reasons.join('; ')}`);
}

/** @template T @param {Pty} pty @param {(pty: Pty) => Promise<T>} use @param {number} [graceMs] @returns {Promise<T>} */
export async function withPty(pty, use, graceMs = 5000) {
  try {
    return await use(pty);
  } finally {
    await pty.close(graceMs);
  }
}

/** Out of the shell, keys go to the list of steps. @param {Pty} pty */
export async function inStepList(pty) {
  await pty.settled(300);
  pty.press('\x1d');
  await pty.shows((screen) => screen.includes(' NORMAL '), 'normal mode');
  pty.press('1');
  await pty.shows((screen) => screen.includes('▸[1] Steps'), 'cursor among the steps');
}

/**
 * A second shell, in a step above the failing one, which was cached.
 * @param {Pty} pty
 * @param {number} restMs how long the cursor is left on the step before Enter; 0: both keys at once
 * @param {number} [above] how many steps above
 * @returns {Promise<number>} milliseconds from Enter to its prompt
 */
export async function openShellAbove(pty, restMs, above = 1) {
  await inStepList(pty);
  if (restMs > 0) {
    pty.press('k'.repeat(above));
    await pty.settled(restMs);
  }
  const startMs = pty.press(restMs > 0 ? '\r' : `${'k'.repeat(above)}\r`);
  return (await promptInSecondTab(pty)) - startMs;
}

/** @param {Pty} pty @returns {Promise<number>} the moment at which the shell of the second tab prompted */
export async function promptInSecondTab(pty) {
  const isThere = (/** @type {string} */ screen) => /\b2:#\d+[^*│]*\*/.test(screen) && screen.includes(PROMPT);
  return (await pty.shows(isThere, 'a prompt in a second tab')).atMs;
}
