/** The private engine as its person handles it: start, stop, and how it is. */
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { BxError } from '../platform/errors.js';
import { spawnOwn } from '../platform/own-process.js';
import { reasonOf } from '../platform/reason.js';
import { answersAt } from './answering.js';
import { dataBelow, prepareDirectory } from './directory.js';
import { complaint, logEnd, logTail } from './engine-log.js';
import { chooseInstallation, type Machine } from './installed.js';
import { EXIT_NOT_NEEDED, type KeeperWish } from './keeper.js';
import { takeLock } from './lock.js';
import {
  type EngineProgram,
  type EngineRecord,
  type EngineState,
  enginePaths,
  hasEnded,
  isKeeperAlive,
  keeperProcess,
  readRecord,
  stateOf,
  writeRecord,
} from './record.js';
import { findProgram, runToEnd } from './system-programs.js';
import { NO_TRACES, removeData, removeTraces } from './traces.js';

/** A name that only the program itself uses. */
export const KEEPER_COMMAND = 'engine-keeper';

/** Two attempts of 60 s and what is around them. */
const START_WITHIN_MS = 130_000;
/** The keeper gives its daemon 20 s. */
const STOP_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 50;
const LOG_LINES_SHOWN = 8;
const COUNTED_WITHIN_MS = 5_000;

export interface StartWish {
  /** Null: whichever is installed. */
  readonly engine: EngineProgram | null;
  /** Absolute; null: in the directory of the private engine. */
  readonly dataDir: string | null;
  readonly isDebug: boolean;
}

export interface Started {
  readonly record: EngineRecord;
  /** It ran already. */
  readonly wasRunning: boolean;
}

/**
 * Resolves when the engine answers; of two starts at once the second waits for the first. `onStarting` is told what is being waited for. An abort
 * ends what this start has begun. Throws `BxError` that says why it does not answer.
 */
export async function startEngine(
  wish: StartWish,
  machine: Machine,
  onStarting: (program: string) => void,
  signal: AbortSignal,
): Promise<Started> {
  const { env } = machine;
  const before = readRecord(env);
  if (before !== null && !hasEnded(stateOf(before))) {
    requireSame(before, wish, env);
    if (stateOf(before) === 'running') return { record: before, wasRunning: true };
  }
  const installation = chooseInstallation(wish.engine, machine);
  const paths = enginePaths(env);
  prepareDirectory(paths, installation.engine);
  const since = logEnd(paths.log);
  const dataDir = wish.dataDir ?? paths.data;
  onStarting(installation.program);
  const keeper = spawnKeeper({ installation, dataDir, isDebug: wish.isDebug }, paths.log, env);
  const stop = (): void => void keeper.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  try {
    const record = await untilStarted(keeper, env);
    signal.throwIfAborted();
    if (record?.state === 'running') {
      const isOther = record.keeper.pid !== keeper.pid;
      if (isOther) requireSame(record, wish, env);
      return { record, wasRunning: isOther };
    }
    throw notStarted(record, installation.engine, paths.log, since);
  } catch (error) {
    if (signal.aborted) throw new BxError('cancelled', 'the start of the private engine was cancelled', { cause: error });
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** What runs already is not changed unasked. */
function requireSame(record: EngineRecord, { engine, dataDir }: StartWish, env: NodeJS.ProcessEnv): void {
  const hint = 'End it first: bxtui engine stop';
  if (engine !== null && engine !== record.engine) {
    throw new BxError('state', `the private engine runs already, as ${record.engine}`, { hint });
  }
  if (dataDir !== null && dataDir !== record.dataDir) {
    const where = record.dataDir === enginePaths(env).data ? 'its usual directory' : record.dataDir;
    throw new BxError('state', `the private engine runs already, with its data in ${where}`, { hint });
  }
}

function spawnKeeper(wish: KeeperWish, logPath: string, env: NodeJS.ProcessEnv): ChildProcess {
  let log: number;
  try {
    log = openSync(logPath, 'a', 0o600);
  } catch (error) {
    throw new BxError('state', `the log ${logPath} cannot be written: ${reasonOf(error)}`, {
      hint: 'Make room on its disk, or set XDG_STATE_HOME to another directory.',
      cause: error,
    });
  }
  const keeper = spawnOwn([KEEPER_COMMAND, JSON.stringify(wish)], {
    // A session of its own: it outlives the terminal, and no signal of that reaches it.
    detached: true,
    cwd: '/',
    env,
    stdio: ['ignore', log, log],
  });
  keeper.on('error', () => undefined);
  closeSync(log);
  keeper.unref();
  return keeper;
}

/** Resolves with the record once it has run or ended, whosever keeper that was; null when there is none. */
async function untilStarted(keeper: ChildProcess, env: NodeJS.ProcessEnv): Promise<EngineRecord | null> {
  for (const deadlineMs = Date.now() + START_WITHIN_MS; Date.now() < deadlineMs; ) {
    const isOver = keeper.exitCode !== null || keeper.signalCode !== null || keeper.pid === undefined;
    const record = readRecord(env);
    const isOwn = record?.keeper.pid === keeper.pid;
    const state = record === null ? null : stateOf(record);
    if (record !== null && state === 'running') return record;
    if (isOver && (isOwn || keeper.exitCode !== EXIT_NOT_NEEDED)) return isOwn ? record : null;
    // The other one has ended instead.
    if (isOver && (state === null || hasEnded(state))) return record;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  keeper.kill('SIGTERM');
  return readRecord(env);
}

function notStarted(record: EngineRecord | null, engine: EngineProgram, log: string, since: number): BxError {
  const why = record?.failure ?? complaint(log, since) ?? 'it ended without a word';
  const lines = logTail(log, since, LOG_LINES_SHOWN).map((line) => `  ${line}`);
  const said = lines.length === 0 ? '' : `\nThe end of its log:\n${lines.join('\n')}`;
  return new BxError('engine', `${engine} did not start: ${why}${said}`, { hint: record?.hint ?? `All of its log is in ${log}` });
}

export interface Stopped {
  /** False: there was nothing to end. */
  readonly wasRunning: boolean;
  /** False: it had to be killed. */
  readonly isClean: boolean;
  readonly record: EngineRecord | null;
}

/** Ends it and removes what it has left on the machine; its data stays unless `withData`. Throws `BxError('state')` when it cannot be ended. */
export async function stopEngine(withData: boolean, { env }: Pick<Machine, 'env'>): Promise<Stopped> {
  const paths = enginePaths(env);
  const record = readRecord(env);
  let wasRunning = false;
  let isClean = true;
  if (record !== null) {
    const { keeper } = record;
    wasRunning = isKeeperAlive(keeper);
    if (wasRunning) isClean = await endKeeper(record);
    // A keeper that was killed has removed nothing.
    const now = readRecord(env) ?? record;
    if (!hasEnded(now.state)) {
      const lock = takeLock(paths.dir, keeperProcess(process.pid));
      if (lock === null) throw new BxError('state', 'the private engine has just been started again', { hint: 'Stop it again.' });
      try {
        await removeTraces(now, paths, env);
        writeRecord(paths, {
          ...now,
          state: 'stopped',
          pid: null,
          traces: NO_TRACES,
          failure: null,
          hint: null,
          sinceMs: Date.now(),
        });
      } finally {
        lock.release();
      }
    }
  }
  if (withData) {
    const kit = record?.isRootless ? findProgram(['docker-rootlesskit', 'rootlesskit'], env) : null;
    for (const dir of new Set([record?.dataDir ?? paths.data, paths.data])) await removeData(dir, kit === null ? [] : [kit], env);
  }
  return { wasRunning, isClean, record };
}

/** Whether a SIGTERM was enough. */
async function endKeeper({ keeper }: EngineRecord): Promise<boolean> {
  for (const [name, withinMs] of [
    ['SIGTERM', STOP_WITHIN_MS],
    ['SIGKILL', 5_000],
  ] as const) {
    try {
      if (isKeeperAlive(keeper)) process.kill(keeper.pid, name);
    } catch (error) {
      throw new BxError('state', `the process ${keeper.pid} of the private engine cannot be ended: ${reasonOf(error)}`, {
        hint: 'End it as the user who has started it.',
        cause: error,
      });
    }
    for (const deadlineMs = Date.now() + withinMs; Date.now() < deadlineMs; ) {
      if (!isKeeperAlive(keeper)) return name === 'SIGTERM';
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
  throw new BxError('state', `the process ${keeper.pid} of the private engine does not end`, {
    hint: 'It waits for the system, as a rule for a disk.',
  });
}

export interface EngineStatus {
  readonly state: EngineState;
  /** Null: it does not run. */
  readonly isAnswering: boolean | null;
  readonly record: EngineRecord | null;
  readonly dataDir: string;
  /** Null: too much to be counted in a few seconds. */
  readonly dataBytes: number | null;
}

export async function engineStatus({ env }: Pick<Machine, 'env'>): Promise<EngineStatus> {
  const record = readRecord(env);
  const state = record === null ? 'stopped' : stateOf(record);
  const dataDir = record?.dataDir ?? enginePaths(env).data;
  const [isAnswering, dataBytes] = await Promise.all([
    record !== null && state === 'running' ? answersAt(record.address.slice('unix://'.length), record.engine) : null,
    countBytes(dataDir, env),
  ]);
  return { state, isAnswering, record, dataDir, dataBytes };
}

async function countBytes(dataDir: string, env: NodeJS.ProcessEnv): Promise<number | null> {
  const dirs = dataBelow(dataDir).filter((dir) => statSync(dir, { throwIfNoEntry: false }) !== undefined);
  if (dirs.length === 0) return 0;
  const { isOk, stdout } = await runToEnd(['du', '-skx', ...dirs], env, COUNTED_WITHIN_MS);
  const kilobytes = stdout
    .trim()
    .split('\n')
    .map((line) => Number.parseInt(line, 10))
    .filter(Number.isFinite);
  // What the daemon removes while it is being counted makes du complain.
  return isOk || kilobytes.length === dirs.length ? kilobytes.reduce((sum, one) => sum + one, 0) * 1024 : null;
}
