/**
 * A debug session in this process: generations, containers and processes over one engine, told as events. It must not know a front end.
 * Every effect of a command is an event; what a command returns only says that it was carried out.
 */
import type { EngineEvent, SessionEvent } from '../core/events.js';
import type { Notice, SessionState, StepKey } from '../core/model/index.js';
import { batches, initialState, reduce, reduceBatch, stepsAt } from '../core/reduce/index.js';
import { selectCurrent } from '../core/select/index.js';
import type { BuildRequest, BuildRun, Engine } from '../engine/engine.js';
import { BxError, toBxError } from '../platform/errors.js';
import { createContainerTable } from './container-table.js';
import { createEngineConnection } from './engine-connection.js';
import { createEngineLoss } from './engine-loss.js';
import { giveBack } from './give-back.js';
import { HOST, hostShell, startOnHost } from './host-process.js';
import { inTurns } from './in-turns.js';
import { holdersOf, joinedFailure, joinedText } from './joined-failure.js';
import { createLogStore } from './log-store.js';
import { processSpec, shownArgs } from './process-spec.js';
import { createProcessTable } from './process-table.js';
import type { CommandResult, SessionClient, SessionCommand } from './session.js';
import { canBePrepared, stepToOpen } from './shell-choice.js';
import { createSpare } from './spare.js';
import { createStepReader } from './step-files.js';

/** What a shell is started with when nobody says more: `--invoke`. Null fields: as the step itself. */
export interface Invoke {
  readonly args: readonly string[] | null;
  readonly env: readonly string[];
  readonly user: string | null;
  readonly cwd: string | null;
  readonly tty: boolean;
}

export interface LocalSessionOptions {
  readonly id: string;
  readonly contextLabel: string;
  /**
   * A connection to the engine; called again by a reload after the engine was lost. `tell`: what is done before there is one, which belongs to
   * the build that waits for it. Throws `BxError('endpoint')`.
   */
  readonly connect: (signal: AbortSignal, tell: (event: EngineEvent) => void) => Promise<Engine>;
  /** Reads the Dockerfile afresh, once per generation. Throws `BxError('input')`. */
  readonly prepare: () => BuildRequest;
  readonly target: string | null;
  /** When a shell opens by itself at the end of a build. */
  readonly openOn: 'error' | 'always' | 'never';
  readonly invoke: Invoke | null;
  /** A directory that may be made for what outgrows memory; removed at the end. */
  readonly spillDirectory: string;
  readonly now: () => number;
}

export interface LocalSession extends SessionClient {
  /** Connects and starts the first generation. Throws when the Dockerfile cannot be read or no engine answers; build failures are events. */
  start(): Promise<void>;
  /** Tells everybody who looks at the session. */
  post(level: Notice['level'], message: string, hint?: string): void;
}

const DEFAULT_SIZE = { cols: 80, rows: 24 };
/** Older generations keep their ground on the engine so long; then only those with a container in use. */
const RUNS_KEPT = 2;

export function createLocalSession(options: LocalSessionOptions): LocalSession {
  const { now } = options;
  const listeners = new Set<(event: SessionEvent, state: SessionState) => void>();
  const logs = createLogStore(options.spillDirectory, (generation, step, file) =>
    emit({ type: 'log.spilled', atMs: now(), generation, step, file }),
  );
  const runs = new Map<number, BuildRun>();
  const closing = new AbortController();
  let state = initialState();
  let noticeCount = 0;
  let lastSize = DEFAULT_SIZE;
  let isBuilding = false;
  /** Shells that somebody waits for. */
  let openings = 0;
  let settled: Promise<void> = Promise.resolve();
  let finish: () => void;
  const ended = new Promise<void>((resolve) => {
    finish = resolve;
  });

  const emit = (event: SessionEvent): void => {
    state = reduce(state, event);
    for (const listener of listeners) listener(event, state);
  };
  const notify = (level: Notice['level'], message: string, hint: string | null = null): void =>
    emit({ type: 'notice.posted', atMs: now(), notice: { id: ++noticeCount, level, message, hint } });

  const processes = createProcessTable((process) => emit({ type: 'process.updated', atMs: now(), process }), now);
  const spare = createSpare();
  const reader = createStepReader();
  const containers = createContainerTable((container) => emit({ type: 'container.updated', atMs: now(), container }));

  const loss = createEngineLoss({
    isBuilding: () => isBuilding,
    onLost: (message, hint) => emit({ type: 'engine.lost', atMs: now(), message, hint }),
    abandon() {
      processes.loseAll('the engine went away');
      containers.loseAll();
      const abandoned = [...runs.values()];
      runs.clear();
      return abandoned;
    },
    settled: () => settled,
    notify,
    build: () => build(false),
  });
  const engine = createEngineConnection({
    connect: options.connect,
    signal: closing.signal,
    onConnected(connected) {
      emit({ type: 'engine.connected', atMs: now(), engine: connected.summary });
      connected.onLine((line) => {
        if (engine.current === connected) emit({ type: 'engine.line', atMs: now(), line });
      });
    },
    onLost: loss.onLost,
    onBack: loss.onBack,
  });

  /** What comes together is taken in together; everybody is told of each event all the same. */
  function report(generation: number, reported: readonly EngineEvent[]): void {
    for (const events of batches(reported)) {
      const atMs = now();
      state = reduceBatch(state, { generation, atMs, events });
      for (const event of events) {
        for (const listener of listeners) listener({ type: 'engine.reported', atMs, generation, event }, state);
        react(generation, event);
      }
    }
  }

  function react(generation: number, event: EngineEvent): void {
    if (event.type !== 'log.appended' && event.type !== 'vertex.updated') return;
    const known = state.generations.find((g) => g.number === generation);
    for (const step of stepsAt(known, event.digest)) {
      if (event.type === 'log.appended') logs.append(generation, step, event.text);
      else if (event.completedAtMs !== null) logs.flush(generation, step);
      else if (event.startedAtMs !== null && runs.get(generation)?.hasExclusiveCache(step)) void releaseExclusiveCaches();
    }
  }

  /** A step that needs a locked cache waits for it without a word, for as long as a container holds it. */
  async function releaseExclusiveCaches(): Promise<void> {
    for (const container of containers.holdingExclusiveCaches()) {
      notify('warning', `the shell at step ${container.step} was ended: it held a locked cache that the build needs`);
      await containers.release(container.id);
    }
  }

  /** Makes the next generation and follows it to its end in the background; resolves once it has begun. */
  async function build(noCache: boolean): Promise<void> {
    const prepared = options.prepare();
    // A container that nobody has asked for must not be in the way of a build.
    await spare.drop();
    const request = noCache ? { ...prepared, noCache } : prepared;
    const before = selectCurrent(state);
    const generation = (before?.number ?? 0) + 1;
    const { dir, name, text, plan, origin } = request.dockerfile;
    emit({
      type: 'generation.started',
      atMs: now(),
      generation,
      dockerfile: { path: dir === null ? name : `${dir}/${name}`, text, ...(origin !== undefined && { origin }) },
      plan,
      target: options.target,
    });
    isBuilding = true;
    if (request.noCache || request.noCacheStages?.length) await makeRoomForUncached();
    // The engine joins what is alike in builds that are open: a failure would be told again, a stopped step to that build alone (20.10).
    else if (before?.status === 'cancelled' || before?.status === 'failed') await disposeOldRuns(0);
    try {
      const run = (await engine.get((event) => report(generation, [event]))).build(request);
      runs.set(generation, run);
      run.onLateEvent((event) => report(generation, [event]));
      settled = follow(generation, run);
    } catch (error) {
      isBuilding = false;
      const { code, message, hint } = toBxError(error, 'endpoint');
      if (code === 'cancelled') return report(generation, [{ type: 'build.cancelled' }]);
      const failure = { digest: null, message, hint, exitCode: null, line: null };
      report(generation, [{ type: 'build.failed', failure }]);
      throw error;
    }
  }

  async function follow(generation: number, run: BuildRun): Promise<void> {
    try {
      for await (const events of inTurns(run.events)) report(generation, events);
    } catch (error) {
      const { message, hint } = toBxError(error, 'engine');
      const failure = { digest: null, message, hint, exitCode: null, line: null };
      report(generation, [{ type: 'build.failed', failure }]);
    } finally {
      isBuilding = false;
    }
    if (selectCurrent(state)?.number !== generation || closing.signal.aborted) return;
    // The shell that is open there already shows the same.
    if (!tellOfJoined(generation)) await openByItself(generation);
  }

  /** True: a shell of this session holds the build whose failure this is. */
  function tellOfJoined(number: number): boolean {
    const step = joinedFailure(state.generations.find((generation) => generation.number === number)!);
    if (step === null) return false;
    const holders = holdersOf(state, number);
    const { message, hint } = joinedText(step, holders);
    notify('warning', message, hint);
    return holders.length > 0;
  }

  async function openByItself(generation: number): Promise<void> {
    const step = stepToOpen(selectCurrent(state), options.openOn);
    if (step === null || state.engineStatus.kind === 'lost') return;
    try {
      const { process } = await rollback({
        type: 'step.rollback',
        step,
        generation,
        moment: 'auto',
        exclusiveCaches: 'mount',
        size: lastSize,
      });
      if (process !== null) emit({ type: 'shell.opened', atMs: now(), process, step });
    } catch (error) {
      const { code, message, hint } = toBxError(error, 'engine');
      if (code !== 'cancelled') notify('warning', `no shell at step ${step}: ${message}`, hint);
    }
  }

  /** The step that a command names, and the run that it can be looked into on. */
  function groundOf(command: { readonly step: StepKey; readonly generation?: number }) {
    const number = command.generation ?? selectCurrent(state)?.number ?? 0;
    const [run, step] = [runs.get(number), state.generations.find((g) => g.number === number)?.steps[command.step]];
    if (step === undefined) throw new BxError('not-found', `no step ${command.step} in this build`);
    if (run === undefined)
      throw new BxError('state', `build ${number} is no longer held on the engine`, { hint: 'reload builds it again' });
    return { number, run, step };
  }

  async function rollback(command: SessionCommand & { type: 'step.rollback' }, signal?: AbortSignal): Promise<CommandResult> {
    const { number, run } = groundOf(command);
    lastSize = command.size;
    const abort = AbortSignal.any([closing.signal, signal ?? closing.signal]);
    const wished = processSpec(command, options.invoke);
    const { step: key, moment, exclusiveCaches } = command;
    const ready = moment === 'auto' ? await spare.take({ generation: number, step: key, spec: wished }, abort) : null;
    const first = ready?.spec ?? wished;
    const container = ready?.container ?? (await run.openContainer({ step: key, moment, exclusiveCaches, first }, abort));
    containers.add(container, number);
    try {
      const summary = await processes.start(container, command.args ? 'exec' : 'shell', first, shownArgs(container, first));
      if (first !== wished) processes.terminal(summary.id).resize(wished.cols, wished.rows);
      return { process: summary.id };
    } catch (error) {
      await containers.release(container.id);
      throw error;
    }
  }

  function prepare({ step, generation: number, size }: SessionCommand & { type: 'step.prepare' }): void {
    const run = runs.get(number);
    const generation = state.generations.find((g) => g.number === number);
    if (run === undefined || isBuilding || openings > 0 || !canBePrepared(generation?.steps[step]) || run.hasExclusiveCache(step))
      return;
    const spec = processSpec({ size }, options.invoke);
    const wish = { step, moment: 'auto', exclusiveCaches: 'mount', first: spec } as const;
    spare.prepare({ generation: number, step, spec }, (signal) =>
      run.openContainer(wish, AbortSignal.any([closing.signal, signal])),
    );
  }

  async function reload(noCache: boolean): Promise<void> {
    loss.forget();
    if (isBuilding) {
      const run = runs.get(selectCurrent(state)?.number ?? 0);
      await run?.cancel();
      await settled;
    }
    await releaseExclusiveCaches();
    await build(noCache);
    void disposeOldRuns();
  }

  async function disposeOldRuns(kept = RUNS_KEPT): Promise<void> {
    const used = new Set(containers.generationsInUse());
    for (const [generation, run] of [...runs].slice(0, runs.size - kept)) {
      if (used.has(generation)) continue;
      runs.delete(generation);
      await run.dispose().catch(() => undefined);
    }
  }

  /** BuildKit joins steps that are the same with those of a build that is still open, and would take its results for new ones. */
  async function makeRoomForUncached(): Promise<void> {
    await disposeOldRuns(0);
    if (runs.size > 0) notify('warning', 'shells of an earlier run are open: steps they share with this one are not run again');
  }

  async function disconnectProcess(id: string): Promise<void> {
    const place = processes.placeOf(id);
    const others = processes.running(place.id).filter((process) => process.id !== processes.get(id).id);
    if (others.length === 0 && place.id !== HOST) await containers.release(place.id);
    else await processes.signal(id, 'KILL');
    void disposeOldRuns();
  }

  async function disconnect(): Promise<void> {
    if (closing.signal.aborted) return ended;
    closing.abort(new BxError('cancelled', 'the session ended'));
    for (const { id } of processes.running(HOST)) await processes.signal(id, 'HUP').catch(() => undefined);
    await giveBack({
      containers: () => Promise.all([containers.releaseAll(), spare.drop(), reader.drop()]),
      runs: () => Promise.allSettled([...runs.values()].map((run) => run.dispose())).then(() => settled),
      connection: () => engine.dispose(),
    });
    logs.dispose();
    finish();
  }

  async function execute(command: SessionCommand, signal?: AbortSignal): Promise<CommandResult> {
    if (closing.signal.aborted && command.type !== 'session.disconnect') throw new BxError('state', 'the session has ended');
    switch (command.type) {
      case 'session.reload':
        await reload(command.noCache ?? false);
        return { process: null };
      case 'build.cancel':
        if (!isBuilding) throw new BxError('state', 'no build is running');
        await (runs.get(selectCurrent(state)?.number ?? 0)?.cancel() ?? engine.giveUp());
        return { process: null };
      case 'step.rollback':
        openings++;
        return rollback(command, signal).finally(() => openings--);
      case 'step.prepare':
        prepare(command);
        return { process: null };
      case 'step.files': {
        const { number: generation, run, step } = groundOf(command);
        const wish = { generation, step: step.key, state: step.state, moment: command.moment };
        const abort = AbortSignal.any([closing.signal, signal ?? closing.signal]);
        return { process: null, files: await reader.answer(run, wish, command.question, abort) };
      }
      case 'process.exec': {
        const container = containers.get(command.container);
        const kind = command.args.length === 0 ? 'shell' : 'exec';
        const spec = processSpec(command, null);
        const summary = await processes.start(container, kind, spec, shownArgs(container, spec));
        return { process: summary.id };
      }
      case 'process.rerun': {
        const container = containers.get(command.container);
        const args = container.defaults.stepCommand;
        if (args === null) throw new BxError('unsupported', `step ${container.step} runs no command`);
        const summary = await processes.start(container, 'exec', { ...processSpec(command, null), args });
        return { process: summary.id };
      }
      case 'host.exec': {
        const args = command.args.length === 0 ? hostShell() : command.args;
        const spec = { args, env: [], user: null, cwd: null, tty: true, ...command.size };
        const kind = command.args.length === 0 ? 'shell' : 'exec';
        const summary = await processes.start({ id: HOST, start: startOnHost }, kind, spec);
        return { process: summary.id };
      }
      case 'process.signal':
        await processes.signal(command.process, command.signal);
        return { process: null };
      case 'process.disconnect':
        await disconnectProcess(command.process);
        return { process: null };
      case 'session.disconnect':
        await disconnect();
        return { process: null };
    }
  }

  return {
    get state() {
      return state;
    },
    onEvent(listener) {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    async start() {
      emit({ type: 'session.started', atMs: now(), id: options.id, contextLabel: options.contextLabel });
      await build(false);
    },
    post: notify,
    execute,
    terminal: (id) => processes.terminal(id),
    stepLog: (generation, step) => logs.read(generation, step),
    hasExclusiveCache: (generation, step) => runs.get(generation)?.hasExclusiveCache(step) ?? false,
    ended,
  };
}
