/**
 * What keeps a container alive: a silent keeper, or the first program that was asked for, so that nobody waits for the start of a second
 * process: its keeper comes a moment later. It must not choose shells or mounts.
 */
import { BxError } from '../../../platform/errors.js';
import { type ProcessSpec, RELEASED } from '../../engine.js';
import { mergeEnv } from '../../shared/env.js';
import { type Keeper, type KeeperOptions, startKeeper } from './keeper.js';
import { type ExecContext, startWrapped, type WrappedProcess } from './process.js';
import { whenQuiet } from './quiet.js';
import { firstArgs } from './scripts.js';
import { HISTORY_PATH } from './step-command.js';
import { firstLook, readFirstLook, readSurroundings, type Surroundings } from './surroundings.js';

/** A shell that does not come up in this time never will; a machine that emulates the architecture takes its time. */
const START_TIMEOUT_MS = 120_000;
/** By then the prompt is there. */
const KEEPER_AFTER_MS = 1_000;
/** Linux takes no longer word in argv (execve(2), MAX_ARG_STRLEN); the scripts of ours are a small part of it. */
const LONGEST_FILES_BYTES = 48 * 1024;

/** Terminal type when the step sets none: what the terminal pane emulates. */
const DEFAULT_TERM = 'TERM=xterm-256color';

export interface Life {
  readonly found: Surroundings;
  /** Started when it is first needed, at the latest a moment after the container, and kept. Throws `BxError('engine')` when the container is gone or does not answer. */
  keeper(): Promise<Keeper>;
  /** Resolves with the reason when the container has ended. */
  readonly ended: Promise<string>;
  /** Lets go of it; the container ends. */
  close(): void;
  /** The program that was started with the container. */
  readonly first: StartedFirst | null;
}

export interface StartedFirst {
  readonly spec: ProcessSpec;
  readonly process: WrappedProcess;
}

export interface LifeOptions {
  readonly exec: ExecContext;
  readonly posixShell: readonly string[];
  /** Content by name, in the directory of ours. */
  readonly files: ReadonlyMap<string, string>;
  readonly env: readonly string[];
  readonly user: string;
  readonly cwd: string;
}

/** `firstCommand` is what the keeper runs before anything else, and answers as `readSurroundings` reads it. */
export async function keptByKeeper(options: LifeOptions, firstCommand: string, signal: AbortSignal): Promise<Life> {
  const keeper = await startKeeper({ ...keeperOptions(options), files: options.files, firstCommand, firstPid: null }, signal);
  return {
    found: readSurroundings(keeper.greeting.output, options.cwd),
    keeper: () => Promise.resolve(keeper),
    ended: keeper.ended,
    close: () => keeper.close(),
    first: null,
  };
}

/**
 * False: it has to be looked up first whether the engine can start this, since one that it cannot start ends the container; or it
 * needs what only a keeper can do.
 */
export function canBeFirst(spec: ProcessSpec, options: LifeOptions): boolean {
  if (spec.user !== null || spec.cwd !== null) return false;
  const bytes = [...options.files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return bytes <= LONGEST_FILES_BYTES && oddVariables(mergeEnv(options.env, spec.env)).length === 0;
}

/** `named`: the interactive shell that SHELL names, for a `spec` without a program. */
export async function keptByFirst(
  options: LifeOptions,
  spec: ProcessSpec,
  named: string | null,
  signal: AbortSignal,
): Promise<Life> {
  const { exec, posixShell, files, user, cwd } = options;
  const env = programEnv(options.env, spec, spec.args.length === 0);
  const look = firstLook(posixShell, named);
  const process = await startWrapped(
    exec,
    {
      argv: (nonce) => firstArgs(posixShell, nonce, { ...spec, env }, files, look),
      sendSignal: async (name, pid) => killWrapped(await keeper(), name, pid),
      letGo: null,
    },
    { ...spec, args: spec.args.length === 0 ? posixShell : spec.args, env, user, cwd },
    AbortSignal.any([signal, AbortSignal.timeout(START_TIMEOUT_MS)]),
  );
  if (process.look === null) throw new BxError('engine', 'the container said nothing of itself');
  const { pid: firstPid, found } = readFirstLook(process.look, cwd);
  let keeping: Promise<Keeper> | null = null;
  function keeper(): Promise<Keeper> {
    // The files are there already, and the history may have grown.
    const keeperSpec = { ...keeperOptions(options), files: new Map(), firstCommand: ':', firstPid };
    keeping ??= startKeeper(keeperSpec, AbortSignal.timeout(START_TIMEOUT_MS));
    keeping.catch(() => {
      keeping = null;
    });
    return keeping;
  }
  // It ends the container, whatever runs in it, when the engine is killed.
  const callOff = whenQuiet(KEEPER_AFTER_MS, () => void keeper().catch(() => undefined));
  void process.wrapperEnded.then(callOff);
  return {
    found,
    keeper,
    ended: process.wrapperEnded,
    close() {
      callOff();
      void keeping?.then((started) => started.close()).catch(() => undefined);
      process.lose(RELEASED);
    },
    first: { spec, process },
  };
}

/** The environment of a program in a container: what a terminal and a shell need below, the step's, and what was asked for on top. */
export function programEnv(stepEnv: readonly string[], spec: Pick<ProcessSpec, 'env' | 'tty'>, isShell: boolean): string[] {
  const below = [...(spec.tty ? [DEFAULT_TERM] : []), ...(isShell ? [`HISTFILE=${HISTORY_PATH}`] : [])];
  return mergeEnv(below, mergeEnv(stepEnv, spec.env));
}

/** Variables whose names dash and ash could not have themselves (`my.key`): they drop them. */
export function oddVariables(env: readonly string[]): string[] {
  return env.filter((entry) => !/^[A-Za-z_]\w*=/.test(entry) && /^[^=\s-][^=]*=/.test(entry));
}

/** False: there is no such wrapper any more. */
export async function killWrapped(keeper: Keeper, name: string, wrapperPid: number): Promise<boolean> {
  return (await keeper.run(`bx_kill ${name} ${wrapperPid}; [ -d /proc/${wrapperPid} ]`)).status === 0;
}

function keeperOptions({ exec, posixShell }: LifeOptions): Omit<KeeperOptions, 'files' | 'firstCommand' | 'firstPid'> {
  const { h2, metadata, containerId, security } = exec;
  return { h2, metadata, containerId, security, shell: posixShell };
}
