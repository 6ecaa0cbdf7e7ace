/**
 * What is known on disk of the private engine: one for each person, in a directory that is theirs alone. Its keeper writes the record, everybody
 * else reads it. A record outlives its engine; whether that runs is seen by its keeper's process.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSameProcess, processBirth } from '../platform/process-birth.js';
import { stateDirectory } from '../platform/state-directory.js';

export type EngineProgram = 'dockerd' | 'buildkitd';

/** `failed`: it did not start. `crashed`: it ended unasked; also what a record comes to whose keeper is gone. */
export type EngineState = 'starting' | 'running' | 'stopping' | 'stopped' | 'failed' | 'crashed';

export interface EngineRecord {
  readonly state: EngineState;
  readonly engine: EngineProgram;
  /** Path of the program. */
  readonly program: string;
  /** As the program says it; null when it does not. */
  readonly version: string | null;
  readonly isRootless: boolean;
  /** As for DOCKER_HOST or BUILDKIT_HOST. */
  readonly address: string;
  readonly keeper: KeeperProcess;
  /** Of the daemon; null until it answers. */
  readonly pid: number | null;
  /** Of the record's state. */
  readonly sinceMs: number;
  readonly dataDir: string;
  readonly log: string;
  readonly isDebug: boolean;
  /** What outlives processes and namespaces, and has to be removed by hand. */
  readonly traces: EngineTraces;
  /** What is worse than it could be: a slow storage driver, no network. */
  readonly notes: readonly string[];
  /** Why it has ended, or did not start. */
  readonly failure: string | null;
  /** What to do about it. */
  readonly hint: string | null;
}

/** A process that no other can be mistaken for, also after a restart of the machine. */
export interface KeeperProcess {
  readonly pid: number;
  readonly bornAt: string | null;
  readonly bootId: string | null;
}

export interface EngineTraces {
  /** Name of a control group, in every hierarchy. */
  readonly cgroup: string | null;
  readonly bridge: BridgeTrace | null;
  /** Directories that were made outside of the engine's own. */
  readonly directories: readonly string[];
}

export interface BridgeTrace {
  readonly name: string;
  /** `10.213.7.0/24`. */
  readonly subnet: string;
}

export interface EnginePaths {
  readonly dir: string;
  readonly record: string;
  readonly log: string;
  /** What lives as long as the daemon: its pid file, sockets, configuration. */
  readonly run: string;
  readonly data: string;
}

export function enginePaths(env: NodeJS.ProcessEnv): EnginePaths {
  const dir = join(stateDirectory(env), 'engine');
  const below = (name: string): string => join(dir, name);
  return { dir, record: below('engine.json'), log: below('engine.log'), run: below('run'), data: below('data') };
}

/** The path of the engine's socket. */
export function socketOf({ dir }: EnginePaths, engine: EngineProgram): string {
  return join(dir, engine === 'dockerd' ? 'docker.sock' : 'buildkitd.sock');
}

/** Null when there is none, or none that can be read. */
export function readRecord(env: NodeJS.ProcessEnv): EngineRecord | null {
  try {
    const record = JSON.parse(readFileSync(enginePaths(env).record, 'utf8')) as EngineRecord;
    const isWhole = typeof record.address === 'string' && Number.isInteger(record.keeper?.pid) && record.traces !== undefined;
    return isWhole ? record : null;
  } catch {
    return null;
  }
}

/** Replaces it whole. Throws what the system says. */
export function writeRecord(paths: EnginePaths, record: EngineRecord): void {
  const part = `${paths.record}.${process.pid}.part`;
  writeFileSync(part, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(part, paths.record);
}

/** What the record comes to now. */
export function stateOf(record: EngineRecord): EngineState {
  const { state, keeper } = record;
  if (hasEnded(state)) return state;
  return isKeeperAlive(keeper) ? state : 'crashed';
}

export function hasEnded(state: EngineState): boolean {
  return state === 'stopped' || state === 'failed' || state === 'crashed';
}

export function isKeeperAlive({ pid, bornAt, bootId }: KeeperProcess): boolean {
  return bootId === currentBoot() && isSameProcess(pid, bornAt);
}

/** Of a process that lives. */
export function keeperProcess(pid: number): KeeperProcess {
  return { pid, bornAt: processBirth(pid)?.bornAt ?? null, bootId: currentBoot() };
}

function currentBoot(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}
