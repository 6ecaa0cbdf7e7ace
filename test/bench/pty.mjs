/**
 * A client on a terminal of its own, with a clock: a headless emulator answers what a terminal is asked and shows the screen, and
 * every wait resolves with the moment at which the deciding bytes arrived, before they were parsed.
 */
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import xterm from '@xterm/headless';
import { SetupError } from '../setup/say.mjs';

/** @typedef {{ atMs: number, text: string }} Sighting */
/** @typedef {(text: string) => boolean} Test */
/** @typedef {'screen' | 'raw'} Source */

const WITHIN_MS = 30_000;

export class Pty {
  /** Everything written since the last `mark`. */
  raw = '';
  #lastDataAtMs = 0;
  #hasEnded = false;
  /** @type {Record<Source, Set<() => void>>} */
  #listeners = { screen: new Set(), raw: new Set() };

  /** @param {import('./timed-run.mjs').Command & { cols?: number, rows?: number }} command */
  constructor(command) {
    const { cols = 160, rows = 48 } = command;
    this.command = command;
    this.terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true, scrollback: 1000 });
    /** @type {Record<string, string>} */
    const env = { TERM: 'xterm-256color', LANG: 'C.UTF-8' };
    for (const [name, value] of Object.entries(command.env)) if (value !== undefined) env[name] = value;
    for (const name of ['NO_COLOR', 'CI', 'TMUX', 'COLORTERM']) delete env[name];
    env.TERM = 'xterm-256color';
    this.startMs = performance.now();
    this.process = loadPty().spawn(command.file, [...command.args], {
      name: 'xterm-256color',
      cols,
      rows,
      cwd: command.cwd ?? process.cwd(),
      env,
    });
    this.pid = this.process.pid;
    this.process.onData((data) => {
      this.#lastDataAtMs = performance.now();
      this.raw += data;
      // Each is asked once, so that the clock takes as little as it can from the client.
      this.terminal.write(data, () => this.#look('screen'));
      this.#look('raw');
    });
    this.terminal.onData((answer) => {
      if (!this.#hasEnded) this.process.write(answer);
    });
    this.ended = new Promise((resolve) => {
      this.process.onExit(({ exitCode }) => {
        this.#hasEnded = true;
        resolve(exitCode);
        this.#look('screen');
        this.#look('raw');
      });
    });
  }

  /** Writes keys and forgets what was written so far. @param {string} keys @returns {number} the moment, in ms */
  press(keys) {
    this.raw = '';
    const atMs = performance.now();
    this.process.write(keys);
    return atMs;
  }

  /** The visible screen. */
  screen() {
    const buffer = this.terminal.buffer.active;
    const rows = Array.from({ length: this.terminal.rows }, (_, row) =>
      buffer.getLine(buffer.baseY + row)?.translateToString(true),
    );
    return rows.join('\n');
  }

  /** @param {Test} test @param {string} what @param {number} [withinMs] @returns {Promise<Sighting>} once the screen passes */
  shows(test, what, withinMs = WITHIN_MS) {
    return this.#until('screen', () => this.screen(), test, what, withinMs);
  }

  /** @param {Test} test @param {string} what @param {number} [withinMs] @returns {Promise<Sighting>} once the bytes since `press` pass */
  says(test, what, withinMs = WITHIN_MS) {
    return this.#until('raw', () => this.raw, test, what, withinMs);
  }

  /** Resolves when nothing was written for a while. @param {number} quietMs */
  async settled(quietMs) {
    while (performance.now() - this.#lastDataAtMs < quietMs) await new Promise((resolve) => setTimeout(resolve, quietMs / 2));
  }

  /** Ends the client, politely first. @param {number} [graceMs] */
  async close(graceMs = 5000) {
    for (const signal of /** @type {const} */ (['SIGTERM', 'SIGKILL'])) {
      if (this.#hasEnded) break;
      try {
        process.kill(this.pid, signal);
      } catch {}
      await Promise.race([this.ended, new Promise((resolve) => setTimeout(resolve, graceMs))]);
    }
    this.terminal.dispose();
  }

  /** @param {Source} source @param {() => string} read @param {Test} test @param {string} what @param {number} withinMs @returns {Promise<Sighting>} */
  #until(source, read, test, what, withinMs) {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        this.#listeners[source].delete(look);
      };
      const look = () => {
        const text = read();
        if (test(text)) {
          settle();
          resolve({ atMs: this.#lastDataAtMs, text });
        } else if (this.#hasEnded) {
          settle();
          reject(this.#complaint(`ended before ${what}`));
        }
      };
      const timer = setTimeout(() => {
        settle();
        reject(this.#complaint(`no ${what} within ${withinMs} ms`));
      }, withinMs);
      this.#listeners[source].add(look);
      look();
    });
  }

  /** @param {string} problem */
  #complaint(problem) {
    const name = [this.command.file, ...this.command.args].join(' ');
    return new SetupError(
      `${name}: ${problem}; the screen:\n${this.screen().replace(/^/gm, '  |')}`,
      'The row cannot be measured.',
    );
  }

  /** @param {Source} source */
  #look(source) {
    for (const listener of [...this.#listeners[source]]) listener();
  }
}

/** @returns {typeof import('@lydell/node-pty')} node-pty where it could be compiled, else the same code with prebuilt binaries */
function loadPty() {
  const require = createRequire(import.meta.url);
  for (const name of ['node-pty', '@lydell/node-pty']) {
    try {
      return require(name);
    } catch {}
  }
  throw new SetupError('neither node-pty nor @lydell/node-pty can be loaded', 'Run npm ci.');
}
