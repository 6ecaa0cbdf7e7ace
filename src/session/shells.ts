/** The shells of a session: opened on demand, by themselves at the end of a build, and one ahead of its being asked for. */
import { noShellAt, selectCurrent } from '../core/select/index.js';
import { isOutside } from '../core/step-key.js';
import { BxError, toBxError } from '../platform/errors.js';
import type { AskedRuns } from './asked-runs.js';
import type { Builds } from './builds.js';
import type { ContainerTable } from './container-table.js';
import { type Invoke, processSpec, shownArgs } from './process-spec.js';
import type { ProcessTable } from './process-table.js';
import type { CommandResult, SessionCommand } from './session.js';
import { canBePrepared, lastStep, stepToOpen } from './shell-choice.js';
import { createSpare } from './spare.js';
import type { ToldState } from './told-state.js';

const DEFAULT_SIZE = { cols: 80, rows: 24 };

export interface ShellsOptions {
  readonly told: ToldState;
  readonly asked: AskedRuns;
  readonly builds: Pick<Builds, 'isBuilding' | 'run' | 'groundOf'>;
  readonly containers: ContainerTable;
  readonly processes: ProcessTable;
  readonly closing: AbortSignal;
  readonly invoke: Invoke | null;
  /** When a shell opens by itself at the end of a build. */
  readonly openOn: 'error' | 'always' | 'never';
}

export interface Shells {
  /** A container of a step with a program in it. `signal`: nobody waits for it any more. */
  rollback(command: SessionCommand & { type: 'step.rollback' }, signal?: AbortSignal): Promise<CommandResult>;
  /** The step may be asked for next. */
  prepare(command: SessionCommand & { type: 'step.prepare' }): void;
  /** The result of the newest build is being written: what opens by itself at its end can be on its way. */
  prepareOwn(generation: number): void;
  /** What a build that has ended is to be looked into at. */
  openByItself(generation: number): Promise<void>;
  /** Gives back what nobody has asked for. */
  dropSpare(): Promise<void>;
}

export function createShells(options: ShellsOptions): Shells {
  const { told, asked, builds, containers, processes, closing } = options;
  const spare = createSpare();
  let lastSize = DEFAULT_SIZE;
  /** Steps whose shell somebody waits for. */
  const awaited = new Set<{ readonly generation: number; readonly step: string }>();
  /** The shell that opens by itself at this moment. */
  let own: { readonly generation: number; readonly step: string; readonly result: Promise<CommandResult> } | null = null;

  async function openByItself(generation: number): Promise<void> {
    const step = stepToOpen(selectCurrent(told.state), options.openOn);
    if (step === null) void spare.drop();
    if (step === null || told.state.engineStatus.kind === 'lost') return;
    if ([...awaited].some((wish) => wish.step === step && wish.generation === generation)) return;
    const result = rollback({
      type: 'step.rollback',
      step,
      generation,
      moment: 'auto',
      exclusiveCaches: 'mount',
      size: lastSize,
    });
    own = { generation, step, result };
    try {
      const { process } = await result;
      if (process !== null) told.emit({ type: 'shell.opened', atMs: told.now(), process, step });
    } catch (error) {
      const { code, message, hint } = toBxError(error, 'engine');
      if (code === 'cancelled') return;
      // What the build has failed of is told already.
      const isKnown = told.state.generations.find(({ number }) => number === generation)?.failure?.message === message;
      const known = isOutside(step) ? 'the build failed outside of its steps' : 'it failed before anything of it ran';
      told.notify('warning', `${noShellAt(step)}: ${isKnown ? known : message}`, isKnown ? null : hint);
    } finally {
      own = null;
    }
  }

  /** Whoever asks for the shell that opens by itself anyway gets that one; it opens also when nobody waits for it any more. */
  function joinOwn(command: SessionCommand & { type: 'step.rollback' }, generation: number): Promise<CommandResult> | null {
    return isPlain(command) && own?.step === command.step && own.generation === generation ? own.result : null;
  }

  async function rollback(command: SessionCommand & { type: 'step.rollback' }, signal?: AbortSignal): Promise<CommandResult> {
    const { number, run, isUncached } = builds.groundOf(command);
    lastSize = command.size;
    const abort = AbortSignal.any([closing, signal ?? closing]);
    const wished = processSpec(command, options.invoke);
    const { step: key, moment, exclusiveCaches } = command;
    const ready = moment === 'auto' ? await spare.take({ generation: number, step: key, spec: wished }, abort) : null;
    const first = ready?.spec ?? wished;
    const container = ready?.container ?? (await run.openContainer({ step: key, moment, exclusiveCaches, first }, abort));
    containers.add(container, { generation: number, isUncached, shellUser: options.invoke?.user ?? null });
    try {
      const summary = await processes.start(container, command.args ? 'exec' : 'shell', first, shownArgs(container, first));
      if (first !== wished) processes.terminal(summary.id).resize(wished.cols, wished.rows);
      return { process: summary.id };
    } catch (error) {
      await containers.release(container.id);
      throw error;
    }
  }

  function prepare({ step, generation, size }: SessionCommand & { type: 'step.prepare' }): void {
    if (!builds.isBuilding) prepareAt(generation, step, size);
  }

  function prepareOwn(number: number): void {
    const generation = selectCurrent(told.state);
    const step = options.openOn === 'always' && generation?.number === number ? lastStep(generation) : null;
    if (step !== null) prepareAt(number, step, lastSize);
  }

  function prepareAt(number: number, step: string, size: typeof lastSize): void {
    const run = builds.run(number);
    const generation = told.state.generations.find((g) => g.number === number);
    if (run === null || asked.isAny || !canBePrepared(generation?.steps[step]) || run.hasExclusiveCache(step)) return;
    const spec = processSpec({ size }, options.invoke);
    const wish = { step, moment: 'auto', exclusiveCaches: 'mount', first: spec } as const;
    spare.prepare({ generation: number, step, spec }, (signal) => run.openContainer(wish, AbortSignal.any([closing, signal])));
  }

  return {
    rollback(command, signal) {
      const generation = command.generation ?? selectCurrent(told.state)?.number ?? 0;
      const joined = joinOwn(command, generation);
      if (joined !== null) return orGivenUp(joined, signal);
      const wish = isPlain(command) ? { generation, step: command.step } : null;
      if (wish !== null) awaited.add(wish);
      return asked.during(generation, () => rollback(command, signal)).finally(() => wish !== null && awaited.delete(wish));
    },
    prepare,
    prepareOwn,
    openByItself,
    dropSpare: () => spare.drop(),
  };
}

/** What opens by itself would be the same. */
function isPlain({ moment, exclusiveCaches, args, env, user, cwd }: SessionCommand & { type: 'step.rollback' }): boolean {
  return moment === 'auto' && exclusiveCaches === 'mount' && [args, env, user, cwd].every((wish) => wish === undefined);
}

/** What is waited for goes on when this one gives up. */
function orGivenUp<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new BxError('cancelled', 'nobody waits for it any more'));
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal?.removeEventListener('abort', giveUp));
  });
}
