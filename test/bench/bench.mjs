/**
 * What every row of the benchmark works with: the engine, bxtui and the peers as commands, a scratch directory, and the shape of a
 * result. Owns no measurement.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../setup/toolchain.mjs';
import { findMonitor } from './debuggers.mjs';
import { Peers } from './peers.mjs';
import { alternate, compare } from './statistics.mjs';
import { timedRun } from './timed-run.mjs';

/** @typedef {import('./timed-run.mjs').Command} Command */
/** @typedef {import('./statistics.mjs').Spread} Spread */

/**
 * @typedef {object} Line one line of the table
 * @property {string} row
 * @property {string} ours
 * @property {string} peer what the peer took, or `-`
 * @property {Spread | null} wall ratio to the peer
 * @property {Spread | null} cpu ratio to the peer
 * @property {string} [resident] of both
 * @property {string} goal
 * @property {boolean | null} isMet null: could not be decided
 * @property {string} [note] what the line leaves out: who the peer was, why there is none
 * @property {unknown} [figures] every single run, for the JSON file
 */

/**
 * @typedef {object} Row
 * @property {string} id as for `--only`
 * @property {string} title
 * @property {string} goal
 * @property {(bench: Bench, row: Row) => Promise<Line[]>} measure
 */

export class Bench {
  /** @type {ReturnType<typeof findMonitor> | undefined} */
  #monitor;

  /**
   * @param {import('../setup/engine.mjs').EngineHandle} engine
   * @param {number | null} pairs
   */
  constructor(engine, pairs) {
    this.engine = engine;
    this.askedPairs = pairs;
    this.scratch = mkdtempSync(join(tmpdir(), 'bxtui-bench-'));
    this.contexts = join(this.scratch, 'contexts');
    mkdirSync(this.contexts);
    const env = withoutSettings(engine.env);
    this.peers = new Peers(this.scratch, env);
    this.env = { ...env, DOCKER_CONFIG: '/nonexistent', XDG_CONFIG_HOME: '/nonexistent' };
  }

  /** @param {number} usual @returns {number} */
  pairs(usual) {
    return this.askedPairs ?? usual;
  }

  /** bxtui as people start it. @param {readonly string[]} args @returns {Command} */
  ours(args) {
    return { file: join(projectRoot, 'bin/bxtui'), args, env: this.env };
  }

  /** @param {import('./peers.mjs').Peer} peer @param {readonly string[]} args @returns {Command} */
  peer(peer, args) {
    return { file: peer.file, args: ['buildx', ...args], env: peer.env };
  }

  /** One run of each kind without a terminal. @param {Command} command @param {number} [expectedStatus] */
  timed(command, expectedStatus = 0) {
    return timedRun(command, { outputFile: join(this.scratch, 'output'), expectedStatus });
  }

  /**
   * Alternating runs of two commands, compared by wall and CPU time.
   * @param {{ pairs: number, ours: Command, peer: Command, before?: () => void }} options `before` every single run
   */
  async race({ pairs, ours, peer, before = () => {} }) {
    const run = (/** @type {Command} */ command) => {
      before();
      return this.timed(command);
    };
    const runs = await alternate(
      this.pairs(pairs),
      () => run(ours),
      () => run(peer),
    );
    return comparison(runs);
  }

  /** The peer of the rows that end with a prompt. Tried once. */
  monitor() {
    this.#monitor ??= findMonitor(this);
    return this.#monitor;
  }

  dispose() {
    rmSync(this.scratch, { recursive: true, force: true });
  }
}

/**
 * No setting of the developer decides a figure; NODE_EXTRA_CA_CERTS alone makes Node parse every certificate before it runs a line,
 * which takes longer than all the rest of its start.
 * @param {NodeJS.ProcessEnv} env
 */
function withoutSettings(env) {
  const isSetting = (/** @type {string} */ name) => /^(NODE|BUILDX|BXTUI)_/.test(name);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isSetting(name)));
}

/** @param {{ ours: import('./timed-run.mjs').Timing[], peer: import('./timed-run.mjs').Timing[] }} runs */
export function comparison(runs) {
  const pick = (/** @type {'wallMs' | 'cpuMs'} */ key) =>
    compare(
      runs.ours.map((timing) => timing[key]),
      runs.peer.map((timing) => timing[key]),
    );
  return { wall: pick('wallMs'), cpu: pick('cpuMs'), runs };
}

/** @param {number} ms */
export function inMs(ms) {
  return ms >= 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

/** @param {number} bytes */
export function inMiB(bytes) {
  return `${(bytes / (1 << 20)).toFixed(0)} MiB`;
}
