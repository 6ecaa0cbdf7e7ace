/**
 * The engine behind demo, tests and bench: one that answers already, or a private dockerd that lives as long as the script that
 * asked for it. Never pulls, prunes or configures anything on an engine that it did not start.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { installDebianPackages } from './apt.mjs';
import { which } from './command.mjs';
import { SetupError, say } from './say.mjs';

const KEEPER = join(dirname(fileURLToPath(import.meta.url)), 'engine-keeper.mjs');
const PROBE_WITHIN_MS = 3000;
const INSTALL_HINT =
  'Install a container engine (Debian: apt-get install docker.io busybox-static) and start it, or point DOCKER_HOST or BUILDKIT_HOST at one that runs.';

/**
 * @typedef {object} EngineHandle
 * @property {string} address as for DOCKER_HOST or BUILDKIT_HOST
 * @property {boolean} isPrivate started here, and gone after `stop`
 * @property {string | null} cgroup the control group above all its containers; null when the engine is not ours
 * @property {NodeJS.ProcessEnv} env this process's environment with the engine as the only one named
 * @property {() => Promise<void>} kill the daemon dies as in a crash; only for a private engine
 * @property {() => Promise<void>} start a private engine again after `kill`
 * @property {() => Promise<import('./engine-traces.mjs').Leftovers | null>} stop resolves when every trace is gone; what is left, else null
 * @property {() => readonly string[]} deaths for each time that a private engine, or its keeper, ended by itself, what it said; it runs again then
 */

/**
 * @param {{ prefer: 'answering' | 'private' }} options tests prefer a private engine, so that nobody's images or caches are touched
 * @returns {Promise<EngineHandle>}
 */
export async function acquireEngine({ prefer }) {
  if (prefer === 'private') {
    if (canStartPrivate()) return await startPrivateEngine();
    const answering = await findAnsweringEngine();
    if (answering !== null) {
      say(`using ${answering.address} (${answering.source}): a private engine needs root on Linux`);
      return answering.handle;
    }
    return await startPrivateEngine();
  }
  const answering = await findAnsweringEngine();
  if (answering !== null) {
    say(`using the engine at ${answering.address} (${answering.source})`);
    return answering.handle;
  }
  return await startPrivateEngine();
}

function canStartPrivate() {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

/**
 * Starts a dockerd of our own; installs Debian's docker.io first where there is none.
 * @param {{ dockerd?: string, features?: readonly string[] }} [options] the daemon's binary, else BXTUI_DOCKERD, else the one in PATH; what is switched
 *   on in it
 * @returns {Promise<EngineHandle>}
 */
export async function startPrivateEngine(options = {}) {
  if (!canStartPrivate()) {
    throw new SetupError('no container engine answers, and a private one needs root on Linux', INSTALL_HINT);
  }
  const name = options.dockerd ?? process.env.BXTUI_DOCKERD ?? 'dockerd';
  if (which(name) === null && name === 'dockerd') {
    installDebianPackages(['docker.io', 'iptables', 'busybox-static'], 'no container engine is installed');
  }
  const dockerd = which(name);
  if (dockerd === null) throw new SetupError(`${name} is not on this machine`, INSTALL_HINT);
  return keep(new Keeper(resolve(dockerd), ['dockerd', ...(options.features ?? [])].join('+')));
}

/** Debian's packages of the programs without which a user who is not root has no containers, or none with a network. */
const FOR_ROOTLESS = { newuidmap: 'uidmap', slirp4netns: 'slirp4netns' };

/**
 * Starts a Podman service of our own; installs Debian's podman first where there is none.
 * @param {{ isRootless?: boolean }} [options] that of a user who is not root, made for it
 * @returns {Promise<EngineHandle>}
 */
export async function startPrivatePodman({ isRootless = false } = {}) {
  if (!canStartPrivate()) throw new SetupError('a private Podman needs root on Linux', '');
  if (which('podman') === null) installDebianPackages(['podman'], 'Podman is not installed');
  const lacking = isRootless ? Object.entries(FOR_ROOTLESS).filter(([program]) => which(program) === null) : [];
  if (lacking.length > 0) {
    const [programs, packages] = [lacking.map(([program]) => program), lacking.map(([, name]) => name)];
    installDebianPackages(packages, `rootless Podman needs ${programs.join(' and ')}`);
  }
  const podman = which('podman');
  if (podman === null) throw new SetupError('podman is not on this machine', '');
  // Its containers are in groups of their own.
  return { ...(await keep(new Keeper(podman, isRootless ? 'podman+rootless' : 'podman'))), cgroup: null };
}

/** @param {Keeper} keeper @returns {Promise<EngineHandle>} */
async function keep(keeper) {
  const ready = await keeper.start();
  return {
    address: ready.address,
    isPrivate: true,
    cgroup: ready.cgroup,
    env: engineEnv({ DOCKER_HOST: ready.address }),
    kill: () => keeper.order('kill', 'killed').then(() => {}),
    start: () => keeper.start().then(() => {}),
    stop: () => keeper.stop(),
    deaths: () => keeper.deaths,
  };
}

/** Our end of the leash: a pipe to the keeper process. When this process ends, in whatever way, the keeper reads its end. */
class Keeper {
  /** @type {{ resolve: (message: any) => void, reject: (error: Error) => void, event: string } | null} */
  #waiting = null;
  #hasEnded = false;
  #isStopping = false;
  /** @type {string[]} */
  deaths = [];

  /** @param {string} daemon @param {string} kind `podman`, `podman+rootless`, `dockerd`, `dockerd+feature` */
  constructor(daemon, kind) {
    this.child = spawn(process.execPath, [KEEPER, daemon, kind], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.unref();
    this.child.stdin.on('error', () => {});
    // The leash must not keep a script alive that is done, or that a test runner wants to end.
    /** @type {any} */ (this.child.stdin).unref?.();
    /** @type {any} */ (this.child.stdout).unref?.();
    createInterface({ input: this.child.stdout }).on('line', (line) => this.#receive(JSON.parse(line)));
    this.child.on('error', (error) => this.#fail(error));
    this.child.on('exit', (status, signal) => {
      this.#hasEnded = true;
      if (!this.#isStopping) this.deaths.push(`the keeper of the engine ended by itself (${signal ?? `status ${status}`})`);
      this.#fail(new SetupError('the keeper of the private engine ended', 'Run it again; /tmp/bxtui-engine-* may hold a log.'));
    });
  }

  async start() {
    return await this.order('start', 'ready');
  }

  async stop() {
    if (this.#hasEnded) return null;
    this.#isStopping = true;
    const { leftovers } = await this.order('stop', 'stopped');
    return Object.values(leftovers).every((list) => list.length === 0) ? null : leftovers;
  }

  /** @param {string} word @param {string} event @returns {Promise<any>} */
  order(word, event) {
    return new Promise((resolve, reject) => {
      const settled = () => {
        clearInterval(alive);
        this.#waiting = null;
      };
      // The pipes are unref'd; while an answer is awaited the script has to live.
      const alive = setInterval(() => {}, 1000);
      this.#waiting = {
        event,
        resolve: (message) => {
          settled();
          resolve(message);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      if (this.#hasEnded) this.#fail(new SetupError('the private engine is gone', 'Start another one.'));
      else this.child.stdin.write(`${word}\n`);
    });
  }

  /** @param {any} message */
  #receive(message) {
    if (message.event === 'died') this.deaths.push(message.account);
    else if (message.event === this.#waiting?.event) this.#waiting?.resolve(message);
    else if (message.event === 'failed') {
      const details = [...message.reasons, message.log].join('\n  ');
      this.#fail(new SetupError(`${message.message}\n  ${details}`, INSTALL_HINT));
    }
  }

  /** @param {Error} error */
  #fail(error) {
    this.#waiting?.reject(error);
  }
}

/**
 * The first endpoint that answers, in the order in which bxtui looks: BUILDKIT_HOST, DOCKER_HOST, docker context, default socket.
 * @returns {Promise<{ address: string, source: string, handle: EngineHandle } | null>}
 */
export async function findAnsweringEngine() {
  for (const { address, source, variable } of candidates()) {
    if (!(await answers(address, variable))) continue;
    const refuse = async () => {
      throw new SetupError(`${address} is not ours to stop or start`, 'Only a private engine can be killed by a test.');
    };
    /** @type {EngineHandle} */
    const handle = {
      address,
      isPrivate: false,
      cgroup: null,
      env: engineEnv({ [variable]: address }),
      kill: refuse,
      start: refuse,
      stop: async () => null,
      deaths: () => [],
    };
    return { address, source, handle };
  }
  return null;
}

/** @returns {{ address: string, source: string, variable: 'DOCKER_HOST' | 'BUILDKIT_HOST' }[]} */
function candidates() {
  const { BUILDKIT_HOST, DOCKER_HOST } = process.env;
  const found = [];
  if (BUILDKIT_HOST)
    found.push({ address: BUILDKIT_HOST, source: 'BUILDKIT_HOST', variable: /** @type {const} */ ('BUILDKIT_HOST') });
  if (DOCKER_HOST) found.push({ address: DOCKER_HOST, source: 'DOCKER_HOST', variable: /** @type {const} */ ('DOCKER_HOST') });
  const context = contextHost();
  if (context !== null) found.push({ ...context, variable: /** @type {const} */ ('DOCKER_HOST') });
  found.push({
    address: 'unix:///var/run/docker.sock',
    source: 'default socket',
    variable: /** @type {const} */ ('DOCKER_HOST'),
  });
  return found;
}

/** The host of docker's current context, as `docker context use` left it. */
function contextHost() {
  const configDir = process.env.DOCKER_CONFIG ?? join(homedir(), '.docker');
  try {
    const name = process.env.DOCKER_CONTEXT ?? JSON.parse(readFileSync(join(configDir, 'config.json'), 'utf8')).currentContext;
    if (typeof name !== 'string' || name === '' || name === 'default') return null;
    const id = createHash('sha256').update(name).digest('hex');
    const meta = JSON.parse(readFileSync(join(configDir, 'contexts/meta', id, 'meta.json'), 'utf8'));
    const address = meta.Endpoints?.docker?.Host;
    return typeof address === 'string' ? { address, source: `docker context ${name}` } : null;
  } catch {
    return null;
  }
}

/**
 * A docker endpoint has to answer its ping; of a buildkitd only the connection is tried, its protocol is the program's business.
 * @param {string} address
 * @param {'DOCKER_HOST' | 'BUILDKIT_HOST'} kind
 * @returns {Promise<boolean>}
 */
function answers(address, kind) {
  const target = parseAddress(address);
  if (target === null) return Promise.resolve(false);
  return new Promise((resolve) => {
    if (kind === 'BUILDKIT_HOST') {
      const socket = connect('socketPath' in target ? { path: target.socketPath } : target);
      const settle = (/** @type {boolean} */ isOpen) => {
        socket.destroy();
        resolve(isOpen);
      };
      socket.setTimeout(PROBE_WITHIN_MS, () => settle(false));
      socket.once('connect', () => settle(true));
      socket.once('error', () => settle(false));
      return;
    }
    const probe = request({ ...target, path: '/_ping', timeout: PROBE_WITHIN_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    probe.on('timeout', () => probe.destroy());
    probe.on('error', () => resolve(false));
    probe.end();
  });
}

/** @param {string} address @returns {{ socketPath: string } | { host: string, port: number } | null} */
function parseAddress(address) {
  if (address.startsWith('unix://')) return { socketPath: address.slice('unix://'.length) };
  const tcp = /^tcp:\/\/(\[[^\]]+\]|[^:/]+):(\d+)/.exec(address);
  return tcp === null ? null : { host: (tcp[1] ?? '').replace(/^\[|\]$/g, ''), port: Number(tcp[2]) };
}

/** @param {Record<string, string>} named @returns {NodeJS.ProcessEnv} */
function engineEnv(named) {
  const { BUILDKIT_HOST: _b, DOCKER_HOST: _h, DOCKER_CONTEXT: _c, ...rest } = process.env;
  return { ...rest, ...named };
}
