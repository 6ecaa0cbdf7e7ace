/**
 * A container that is kept alive until it is released: starts programs in it and tells when it is gone. How it was made is not its
 * business.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { BxError } from '../../../platform/errors.js';
import { type Container, type ContainerDefaults, type ContainerProcess, type ProcessSpec, RELEASED } from '../../engine.js';
import { killWrapped, type Life, oddVariables, programEnv } from './life.js';
import { type ExecContext, startWrapped, UNREAD_MIN_BYTES, type WrappedProcess } from './process.js';
import { wrappedArgs } from './scripts.js';
import { startableUser } from './user.js';

const DRAIN_BEGINS_WITHIN_MS = 2_000;
/** Through three terminals and pipes. */
const DRAIN_BYTES_PER_MS = 2_000;
const DRAIN_MIN_MS = 150;
const DRAIN_MAX_MS = 3_000;

/** What is settled about a container before it exists. */
export type ContainerFacts = Pick<Container, 'id' | 'step' | 'moment' | 'note' | 'mounts' | 'defaults' | 'holdsExclusiveCache'>;

export interface KeptOptions {
  readonly facts: ContainerFacts;
  readonly exec: ExecContext;
  readonly life: Life;
  /** argv that runs POSIX scripts in it. */
  readonly posixShell: readonly string[];
  /** Gives it back to the engine; never throws. */
  readonly release: () => Promise<void>;
}

export function createKeptContainer(options: KeptOptions): Container {
  const { facts, life } = options;
  const { defaults } = facts;
  const processes = new Set<WrappedProcess>();
  let unclaimed = life.first;
  let ending: Promise<void> | null = null;
  let lostReason: string | null = null;
  let markGone: (reason: string | null) => void = () => {};
  const gone = new Promise<string | null>((resolve) => {
    markGone = resolve;
  });

  /** Into the terminals of programs that have ended. */
  let typedBytes = 0;

  const own = (process: WrappedProcess): void => {
    processes.add(process);
    void process.exited.then(() => {
      processes.delete(process);
      typedBytes += process.typedBytes();
    });
  };
  if (life.first !== null) own(life.first.process);

  void life.ended.then((reason) => {
    if (ending !== null) return;
    lostReason = endReason(reason);
    for (const process of processes) process.lose(lostReason);
    markGone(lostReason);
    ending = options.release();
  });

  async function release(): Promise<void> {
    if (ending === null) {
      ending = (async () => {
        for (const process of processes) typedBytes += process.typedBytes();
        if (typedBytes >= UNREAD_MIN_BYTES) await drain(life, [...processes], typedBytes);
        for (const process of processes) process.lose(RELEASED);
        life.close();
        await options.release();
        markGone(null);
      })();
    }
    await ending;
  }

  async function start(spec: ProcessSpec): Promise<ContainerProcess> {
    if (ending !== null) throw goneError(facts.id, lostReason);
    if (spec === unclaimed?.spec) {
      const { process } = unclaimed;
      unclaimed = null;
      return process;
    }
    const args = spec.args.length > 0 ? spec.args : defaults.shell;
    const cwd = spec.cwd ?? defaults.cwd;
    const keeper = await life.keeper();
    const user = await startableUser(keeper, spec.user ?? defaults.user, cwd);
    const env = programEnv(defaults.env, spec, isShell(args, defaults));
    const program = { ...spec, args: throughEnv(args, env, life.found.env), env, user, cwd };
    const process = await startWrapped(
      options.exec,
      {
        argv: (nonce) => wrappedArgs(options.posixShell, nonce, program),
        sendSignal: (name, pid) => killWrapped(keeper, name, pid),
        letGo: (pid) => void keeper.run(`kill -s HUP ${pid}`).catch(() => undefined),
      },
      program,
    );
    own(process);
    if (lostReason !== null) process.lose(lostReason);
    return process;
  }

  return { ...facts, start, release, gone };
}

/**
 * Has what the programs have not read taken in, as far as it is on its way; they are stopped before, so that none goes on with a part of it. BuildKit waits for its copy of the input to a terminal when it
 * stops a container, which never ends where nobody reads on: it answers no more, and goes on to kill the process id of a program that has
 * long ended, whoever has it by then (executor/runcexecutor: callWithIO, runcProcessHandle).
 */
async function drain(life: Life, running: readonly WrappedProcess[], bytes: number): Promise<void> {
  const stops = running.flatMap((process) => process.wrapperPid() ?? []).map((pid) => `bx_kill STOP ${pid}`);
  const reading = life.keeper().then((keeper) => keeper.run([...stops, 'bx_drain'].join('; ')));
  await Promise.race([reading.catch(() => undefined), delay(DRAIN_BEGINS_WITHIN_MS)]);
  await delay(Math.min(DRAIN_MAX_MS, DRAIN_MIN_MS + bytes / DRAIN_BYTES_PER_MS));
}

function isShell(args: readonly string[], defaults: ContainerDefaults): boolean {
  return args.length === defaults.shell.length && args.every((arg, index) => arg === defaults.shell[index]);
}

/** `env` puts back the variables that shells drop. */
function throughEnv(args: readonly string[], env: readonly string[], envProgram: string): readonly string[] {
  const odd = oddVariables(env);
  return odd.length === 0 || envProgram === '' ? args : [envProgram, ...odd, ...args];
}

function goneError(id: string, reason: string | null): BxError {
  return new BxError('state', `container ${id} is gone${reason === null ? '' : `: ${reason}`}`, {
    hint: 'Roll back to the step for a new one.',
  });
}

function endReason(reason: string): string {
  if (/exit code: 137|status 137|context canceled/.test(reason))
    return `a process in it was killed, and the container with it (${reason})`;
  return reason;
}
