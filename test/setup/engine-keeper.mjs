/**
 * Keeps one private dockerd or Podman service: starts it, stops it, removes every trace of it. A process of its own, so that the engine goes away
 * when the script that wanted it is gone, however it ended: the keeper's stdin is that script's end of the leash.
 *
 * Orders on stdin, one a line: `start`, `kill` (as a crash: SIGKILL, everything stays on disk), `stop`; end of input is `stop`.
 * Answers on stdout, one JSON a line: {event: 'ready', …} | {event: 'killed'} | {event: 'stopped', leftovers} | {event: 'failed', …}.
 * Unasked: {event: 'died', account}, when the daemon ended by itself. It is started again, as a machine's service manager does.
 *
 * The daemon lives in network, mount and process namespaces of its own, so that interfaces, mounts, shims and containers vanish with it; where
 * the machine refuses some of these, in those it grants.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readlinkSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { capture, systemPath, which } from './command.mjs';
import { createDockerd, createPodman, createRootlessPodman } from './engine-kinds.mjs';
import {
  cgroupProcesses,
  engineLeftovers,
  helperProcesses,
  removeCgroups,
  sweepStaleEngines,
  unmountBelow,
} from './engine-traces.mjs';

const INIT = join(dirname(fileURLToPath(import.meta.url)), 'engine-init.sh');
const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 20_000;
/** sun_path holds 108 bytes; the daemon's own sockets lie up to 60 bytes deeper than its directory. */
const LONGEST_DIR = 46;

const daemonPath = process.argv[2] ?? 'dockerd';
const say = (/** @type {object} */ message) => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};

sweepStaleEngines();
const dir = mkdtempSync(join(engineParent(), 'bxtui-engine-'));
writeFileSync(join(dir, 'keeper.pid'), String(process.pid));
const cgroup = basename(dir);
const [name, ...features] = (process.argv[3] ?? 'dockerd').split('+');
const kind =
  name === 'dockerd'
    ? createDockerd(daemonPath, dir, features)
    : features.includes('rootless')
      ? createRootlessPodman(daemonPath, dir)
      : createPodman(daemonPath, dir);
const { socket, logFile } = kind;

/** @typedef {{ process: import('node:child_process').ChildProcess, exited: Promise<void>, isGone: () => boolean }} Daemon */

/** @type {Daemon | null} */
let daemon = null;
/** Network namespaces that were given to the daemon; at the end nobody may be in one of them. @type {string[]} */
const namespaces = [];
/** Flags that made the daemon start on this machine, found at the first start. @type {string[] | null} */
let provenFlags = null;

/** Orders are carried out one after the other. */
let queue = Promise.resolve();
const enqueue = (/** @type {() => Promise<void>} */ order) => {
  queue = queue.then(order);
  return queue;
};

process.stdout.on('error', () => {});
for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => {});
process.on('SIGTERM', () => enqueue(leave));
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  if (line === 'start') enqueue(start);
  else if (line === 'kill') enqueue(crash);
  else if (line === 'stop') enqueue(leave);
});
lines.on('close', () => enqueue(leave));

async function start() {
  if (daemon !== null && !daemon.isGone()) return say({ event: 'ready', ...describe() });
  const isolation = namespaceFlags();
  const reasons = [];
  for (const flags of provenFlags === null ? kind.flagSets() : [provenFlags]) {
    const problem = await tryStart(isolation, flags);
    if (problem === null) {
      provenFlags = flags;
      return say({ event: 'ready', ...describe() });
    }
    reasons.push(`${flags.join(' ') || 'default settings'}: ${problem}`);
  }
  say({ event: 'failed', message: `the private ${kind.name} did not start`, reasons, log: logTail() });
}

function describe() {
  return { dir, address: `unix://${socket}`, cgroup, pid: daemon?.process.pid, flags: provenFlags, log: logFile };
}

/** @returns {string[]} arguments of unshare for all namespaces that this machine grants */
function namespaceFlags() {
  const wishes = [['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child=KILL'], ['--net', '--mount'], ['--net']];
  return wishes.find((flags) => capture('unshare', [...flags, 'true'], { timeoutMs: 10_000 }).status === 0) ?? [];
}

/**
 * @param {readonly string[]} isolation
 * @param {readonly string[]} flags
 * @returns {Promise<string | null>} null when the daemon answers, else why it does not
 */
async function tryStart(isolation, flags) {
  // Pid files and sockets of a run before mean nothing in a new process namespace.
  unmountBelow(dir);
  for (const stale of [join(dir, 'docker.pid'), join(dir, 'exec'), socket]) rmSync(stale, { recursive: true, force: true });
  const command = [INIT, isolation.includes('--mount') ? 'own-mounts' : 'shared-mounts', dir, ...kind.command(flags)];
  const words = isolation.length === 0 ? ['sh', ...command] : ['unshare', ...isolation, 'sh', ...command];
  // A keeper that is killed takes the daemon along: the parent-death signal outlives the exec into unshare.
  if (which('setpriv') !== null) words.unshift('setpriv', '--pdeathsig', 'KILL');
  const log = openSync(logFile, 'a');
  const [program = 'sh', ...programArgs] = words;
  const child = spawn(program, programArgs, {
    stdio: /** @type {import('node:child_process').StdioOptions} */ (['ignore', log, log]),
    env: { ...process.env, PATH: systemPath(), ...kind.env },
    // Who is not root may not be let into the directory of whoever runs the tests.
    cwd: '/',
    detached: true,
  });
  closeSync(log);
  let isGone = false;
  const exited = new Promise((/** @type {(value: void) => void} */ resolve) => {
    const settle = () => {
      isGone = true;
      resolve();
    };
    child.on('exit', settle);
    child.on('error', settle);
  });
  const mine = { process: child, exited, isGone: () => isGone };
  daemon = mine;
  const deadlineMs = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadlineMs && !isGone) {
    if (await answers()) {
      rememberNamespace();
      exited.then(() => enqueue(() => recover(mine)));
      return null;
    }
    await sleep(50);
  }
  const problem = isGone ? `it ended at once: ${lastError()}` : `no answer within ${READY_WITHIN_MS / 1000} s`;
  await end('KILL');
  return problem;
}

/** Tells that a daemon ended that nobody ended, and starts it again. @param {Daemon} ended */
async function recover(ended) {
  if (daemon !== ended) return;
  const { exitCode, signalCode } = ended.process;
  say({
    event: 'died',
    account: `${kind.name} ended by itself (${signalCode ?? `status ${exitCode}`}):\n${lastWords(logText())}`,
  });
  await end('KILL');
  await start();
}

/** Whether the daemon answers its ping. */
function answers() {
  return new Promise((resolve) => {
    const probe = request({ socketPath: socket, path: '/_ping', timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    probe.on('timeout', () => probe.destroy());
    probe.on('error', () => resolve(false));
    probe.end();
  });
}

function rememberNamespace() {
  for (const pid of [daemon?.process.pid, ...childrenOf(daemon?.process.pid)]) {
    try {
      const namespace = readlinkSync(`/proc/${pid}/ns/net`);
      if (namespace !== readlinkSync('/proc/self/ns/net') && !namespaces.includes(namespace)) namespaces.push(namespace);
    } catch {}
  }
}

/** The daemon dies as in a power cut; its data stays for the next `start`. */
async function crash() {
  await end('KILL');
  say({ event: 'killed' });
}

/** Stops the daemon, removes what it left, reports what could not be removed, ends the keeper. */
async function leave() {
  await end('TERM');
  unmountBelow(dir);
  rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  removeCgroups(cgroup);
  const strays = kind.removeStrays();
  const leftovers = engineLeftovers({ dir, cgroup, namespaces });
  say({ event: 'stopped', leftovers: { ...leftovers, cgroups: [...leftovers.cgroups, ...strays] } });
  process.exit(0);
}

/** @param {'TERM' | 'KILL'} signal */
async function end(signal) {
  if (daemon === null) return;
  const { process: child, exited } = daemon;
  daemon = null;
  if (signal === 'TERM') {
    // unshare itself ignores SIGTERM while it waits; the daemon's init is its child.
    const targets = childrenOf(child.pid);
    for (const pid of targets.length === 0 ? [child.pid] : targets) kill(pid, 'SIGTERM');
    await Promise.race([exited, sleep(STOP_WITHIN_MS)]);
  }
  kill(child.pid, 'SIGKILL');
  await exited;
  // Without a process namespace the daemon's helpers and containers outlive a SIGKILL.
  for (const pid of [...cgroupProcesses(cgroup), ...helperProcesses(dir)]) kill(pid, 'SIGKILL');
  const deadlineMs = Date.now() + 5000;
  while (cgroupProcesses(cgroup).length > 0 && Date.now() < deadlineMs) await sleep(20);
}

/** @param {number | undefined} pid @returns {number[]} */
function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** @param {number | undefined} pid @param {NodeJS.Signals} signal */
function kill(pid, signal) {
  if (pid === undefined || pid === process.pid) return;
  try {
    process.kill(pid, signal);
  } catch {}
}

/** A short path on a file system with room: the daemon's data goes there. */
function engineParent() {
  const roomy = (/** @type {string} */ path) => {
    try {
      const { bavail, bsize } = statfsSync(path);
      return bavail * bsize > 2 ** 31;
    } catch {
      return false;
    }
  };
  const candidates = [tmpdir(), '/tmp', '/var/tmp'].filter((path) => path.length + '/bxtui-engine-XXXXXX'.length <= LONGEST_DIR);
  return candidates.find(roomy) ?? '/var/tmp';
}

function logText() {
  try {
    return readFileSync(logFile, 'utf8');
  } catch {
    return '';
  }
}

function logTail() {
  return logText().trimEnd().split('\n').slice(-15).join('\n');
}

/** What a program in Go writes when it crashes begins with why, and goes on for thousands of lines. @param {string} log */
function lastWords(log) {
  const all = log.trimEnd().split('\n');
  const crash = all.findLastIndex((line) => /^(?:panic|fatal error|SIG[A-Z]+): /.test(line));
  return (crash === -1 ? all.slice(-15) : all.slice(crash, crash + 30)).join('\n');
}

/** The daemon's own words for why it ended, else its last line. */
function lastError() {
  const all = logText().trimEnd().split('\n');
  return all.findLast((line) => /^failed to|level=(fatal|error)|not found|denied/i.test(line)) ?? all.at(-1) ?? 'it said nothing';
}

/** @param {number} ms @returns {Promise<void>} */
function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
