/**
 * The process that keeps the private engine: starts its daemon, writes down its log and its record, and removes what it leaves. It has no terminal;
 * SIGTERM ends it with its daemon, a SIGKILL too, by the daemon's leash.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { hasStreams } from '../platform/child-streams.js';
import { BxError, toBxError } from '../platform/errors.js';
import { reasonOf } from '../platform/reason.js';
import { answersAt, storageDriver } from './answering.js';
import { prepareData, prepareDirectory, renewRunDirectory } from './directory.js';
import { complaint, dyingWords, type EngineLog, logEnd, openEngineLog } from './engine-log.js';
import { type Installation, versionOf } from './installed.js';
import { type Launch, planLaunch } from './launch.js';
import { takeLock } from './lock.js';
import {
  type EnginePaths,
  type EngineRecord,
  type EngineState,
  enginePaths,
  keeperProcess,
  readRecord,
  socketOf,
  writeRecord,
} from './record.js';
import { NO_TRACES, removeTraces } from './traces.js';

const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 50;
/** A dockerd gives its containers 15 seconds. */
const STOP_WITHIN_MS = 20_000;

export const EXIT_STOPPED = 0;
export const EXIT_DID_NOT_START = 1;
/** Another keeper was quicker. */
export const EXIT_NOT_NEEDED = 3;

export interface KeeperWish {
  readonly installation: Installation;
  readonly dataDir: string;
  readonly isDebug: boolean;
}

/** Resolves with the exit status when the engine has ended. */
export async function keepEngine(wish: KeeperWish, env: NodeJS.ProcessEnv): Promise<number> {
  const paths = enginePaths(env);
  prepareDirectory(paths, wish.installation.engine);
  const lock = takeLock(paths.dir, keeperProcess(process.pid));
  if (lock === null) return EXIT_NOT_NEEDED;
  try {
    return await new Keeper(wish, paths, env).run();
  } finally {
    lock.release();
  }
}

interface Daemon {
  readonly process: ChildProcess;
  readonly leash: Writable;
  readonly exited: Promise<void>;
  readonly isGone: () => boolean;
}

class Keeper {
  readonly #wish: KeeperWish;
  readonly #paths: EnginePaths;
  readonly #env: NodeJS.ProcessEnv;
  readonly #log: EngineLog;
  #record: EngineRecord;
  #isAskedToStop = false;
  #stopAsked: () => void = () => undefined;
  readonly #stopping = new Promise<void>((resolve) => {
    this.#stopAsked = resolve;
  });

  constructor(wish: KeeperWish, paths: EnginePaths, env: NodeJS.ProcessEnv) {
    this.#wish = wish;
    this.#paths = paths;
    this.#env = env;
    this.#log = openEngineLog(paths.log);
    const { engine, program, rootless } = wish.installation;
    this.#record = {
      ...{ state: 'starting', engine, program, version: null, isRootless: rootless !== null },
      ...{ address: `unix://${socketOf(paths, engine)}`, keeper: keeperProcess(process.pid), pid: null, sinceMs: Date.now() },
      ...{ dataDir: wish.dataDir, log: paths.log, isDebug: wish.isDebug, traces: NO_TRACES, notes: [] },
      ...{ failure: null, hint: null },
    };
  }

  async run(): Promise<number> {
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);
    process.on('SIGTERM', () => {
      this.#isAskedToStop = true;
      this.#stopAsked();
    });
    const before = readRecord(this.#env);
    this.#note({});
    let daemon: Daemon | null = null;
    try {
      if (before !== null) await removeTraces(before, this.#paths, this.#env);
      daemon = await this.#start();
    } catch (error) {
      const { message, hint } = toBxError(error);
      if (this.#isAskedToStop) await this.#leave('stopped', null);
      else await this.#leave('failed', message, hint);
      return this.#isAskedToStop ? EXIT_STOPPED : EXIT_DID_NOT_START;
    }
    const began = logEnd(this.#paths.log);
    await Promise.race([daemon.exited, this.#stopping]);
    if (!this.#isAskedToStop) {
      await this.#leave('crashed', dyingWords(this.#paths.log, began) ?? endOf(daemon.process));
      return EXIT_DID_NOT_START;
    }
    this.#note({ state: 'stopping', sinceMs: Date.now() });
    await end(daemon);
    await this.#leave('stopped', null);
    return EXIT_STOPPED;
  }

  /** Resolves when the daemon answers. Throws `BxError` that says why it does not. */
  async #start(): Promise<Daemon> {
    const { installation, dataDir, isDebug } = this.#wish;
    const { engine } = installation;
    const data = prepareData(dataDir, engine);
    renewRunDirectory(this.#paths);
    this.#note({ version: await versionOf(installation, this.#env) });
    const { launches, notes } = await planLaunch({
      ...{ installation, paths: this.#paths, dataDir: data, isDebug, id: idOf(this.#paths), env: this.#env },
      onTraces: (traces) => this.#note({ traces }),
    });
    let failure = '';
    for (const launch of launches) {
      const problem = await this.#tryLaunch(launch);
      if (typeof problem !== 'string') {
        const socket = socketOf(this.#paths, engine);
        const slow = engine === 'dockerd' && (await storageDriver(socket)) === 'vfs' ? [SLOW_STORAGE] : [];
        this.#note({
          ...{ state: 'running', sinceMs: Date.now(), notes: [...notes, ...slow] },
          pid: daemonPid(problem.process.pid, installation.program),
        });
        return problem;
      }
      failure ||= problem;
      if (this.#isAskedToStop) break;
    }
    throw new BxError('engine', failure, { hint: adviceFor(failure) });
  }

  async #tryLaunch({ words: [program = '', ...args], env }: Launch): Promise<Daemon | string> {
    const since = logEnd(this.#paths.log);
    const { engine } = this.#wish.installation;
    const socket = socketOf(this.#paths, engine);
    rmSync(socket, { force: true });
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], env, cwd: '/' });
    if (!hasStreams(child)) {
      const [error] = await once(child, 'error');
      return `it cannot be started: ${reasonOf(error)}`;
    }
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => this.#log.write(data));
    const leash = child.stdio[3] as Writable;
    leash.on('error', () => undefined);
    let isGone = false;
    const exited = new Promise<void>((resolve) => {
      const settle = (): void => {
        isGone = true;
        resolve();
      };
      child.on('close', settle);
      child.on('error', settle);
    });
    const daemon: Daemon = { process: child, leash, exited, isGone: () => isGone };
    for (const deadlineMs = Date.now() + READY_WITHIN_MS; Date.now() < deadlineMs && !isGone && !this.#isAskedToStop; ) {
      if (await answersAt(socket, engine)) return daemon;
      await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))]);
    }
    const why = isGone ? 'it ended' : `it did not answer within ${READY_WITHIN_MS / 1000} s`;
    await end(daemon, this.#isAskedToStop ? STOP_WITHIN_MS : 0);
    const said = complaint(this.#paths.log, since);
    return said === null ? why : `${why}: ${said}`;
  }

  async #leave(state: EngineState, failure: string | null, hint: string | null = null): Promise<void> {
    const complain = (error: unknown): void => this.#log.write(`bxtui: ${toBxError(error).message}\n`);
    await removeTraces(this.#record, this.#paths, this.#env).catch(complain);
    this.#note({ state, failure, hint, pid: null, traces: NO_TRACES, sinceMs: Date.now() });
  }

  #note(news: Partial<EngineRecord>): void {
    this.#record = { ...this.#record, ...news };
    try {
      writeRecord(this.#paths, this.#record);
    } catch (error) {
      this.#log.write(`bxtui: the record cannot be written: ${toBxError(error).message}\n`);
    }
  }
}

/** Of a daemon that ended without a word. The shell in front of it ends with 128 and the signal. */
function endOf({ exitCode, signalCode }: ChildProcess): string {
  const signal = signalCode ?? Object.entries(constants.signals).find(([, number]) => number + 128 === exitCode)?.[0];
  if (signal === 'SIGKILL') return 'it was killed (SIGKILL) without a word, as the system does where memory runs out';
  return signal === undefined ? `it ended with exit status ${exitCode}` : `it was ended by ${signal}`;
}

const SLOW_STORAGE =
  'the storage driver is vfs, which copies every layer: slow, and large. A data directory on ext4 or xfs has a better one (--data-dir)';

/** Where the daemon's own words leave open what to do. */
function adviceFor(failure: string): string | null {
  if (/tuntap|\/dev\/net\/tun/.test(failure)) return 'Its network needs /dev/net/tun, which this user must be able to open.';
  if (/no space left|quota/i.test(failure)) return 'Make room, or name a directory on another disk with --data-dir.';
  if (/overlay|graphdriver|snapshotter/i.test(failure)) return 'Name a data directory on ext4 or xfs with --data-dir.';
  if (/subuid|subgid|newuidmap|newgidmap/i.test(failure)) {
    return 'Give this user 65536 subordinate ids: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER';
  }
  if (/cgroup/i.test(failure))
    return 'Its containers need control groups: mount /sys/fs/cgroup, in a container run it privileged.';
  if (/not permitted|permission denied/i.test(failure)) {
    return 'In a container this needs a privileged one; without root, user namespaces (sysctl user.max_user_namespaces).';
  }
  return null;
}

/** In order, and after a while, or where it is not heard, at once. */
async function end({ leash, exited, isGone }: Daemon, withinMs = STOP_WITHIN_MS): Promise<void> {
  if (!isGone() && withinMs > 0) {
    leash.write('stop\n');
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([exited, new Promise((resolve) => (timer = setTimeout(resolve, withinMs)))]);
    clearTimeout(timer);
  }
  leash.end();
  await exited;
}

/** Tells this person's private engine apart from others on the machine. */
function idOf({ dir }: EnginePaths): string {
  return createHash('sha256').update(dir).digest('hex').slice(0, 6);
}

/** Below the first process the one that runs the program; that process where there is no such one to be seen. */
function daemonPid(first: number | undefined, program: string): number | null {
  if (first === undefined) return null;
  const queue = [first];
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    if (read(pid, 'cmdline').split('\0')[0] === program || read(pid, 'comm').trim() === program.split('/').at(-1)) return pid;
    queue.push(...childrenOf(pid));
  }
  return first;
}

/** Of all of its threads: each has a list of its own (proc(5)). */
function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.flatMap((thread) =>
      read(pid, join('task', thread, 'children'))
        .split(' ')
        .filter(Boolean)
        .map(Number),
    );
  } catch {
    return [];
  }
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
