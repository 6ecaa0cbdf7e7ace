/**
 * A debug session in this process: generations, containers and processes over one engine, told as events. It must not know a front end.
 * Every effect of a command is an event; what a command returns only says that it was carried out.
 */
import type { EngineEvent } from '../core/events.js';
import type { Notice } from '../core/model/index.js';
import { stepsAt } from '../core/reduce/index.js';
import type { BuildRequest, Engine } from '../engine/engine.js';
import { BxError } from '../platform/errors.js';
import { createAskedRuns } from './asked-runs.js';
import { createBuilds } from './builds.js';
import { createContainerTable } from './container-table.js';
import { createEngineConnection } from './engine-connection.js';
import { createEngineLoss } from './engine-loss.js';
import { giveBack } from './give-back.js';
import { HOST, hostShell, startOnHost } from './host-process.js';
import { createLogStore } from './log-store.js';
import { type Invoke, processSpec, shownArgs } from './process-spec.js';
import { createProcessTable } from './process-table.js';
import type { CommandResult, SessionClient, SessionCommand } from './session.js';
import { createShells } from './shells.js';
import { createStepReader } from './step-files.js';
import { createToldState } from './told-state.js';

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
  /** What of the request takes a while; meanwhile the engine is connected. `tell` as above. Throws `BxError('input' | 'cancelled')`. */
  readonly complete?: (request: BuildRequest, signal: AbortSignal, tell: (event: EngineEvent) => void) => Promise<BuildRequest>;
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

export function createLocalSession(options: LocalSessionOptions): LocalSession {
  const { now } = options;
  const closing = new AbortController();
  const told = createToldState(now, react);
  const { emit, notify } = told;
  const logs = createLogStore(options.spillDirectory, (generation, step, file) =>
    emit({ type: 'log.spilled', atMs: now(), generation, step, file }),
  );
  let finish: () => void;
  const ended = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const processes = createProcessTable((process) => emit({ type: 'process.updated', atMs: now(), process }), now);
  const reader = createStepReader();
  const asked = createAskedRuns();
  const containers = createContainerTable((container) => emit({ type: 'container.updated', atMs: now(), container }));

  const loss = createEngineLoss({
    isBuilding: () => builds.isBuilding,
    onLost: (message, hint) => emit({ type: 'engine.lost', atMs: now(), message, hint }),
    abandon() {
      processes.loseAll('the engine went away');
      containers.loseAll();
      return builds.abandon();
    },
    settled: () => builds.settled(),
    notify,
    build: () => builds.build(),
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
  const builds = createBuilds({
    ...{ told, asked, engine, containers, prepare: options.prepare, target: options.target, closing: closing.signal },
    complete: options.complete ?? (async (request) => request),
    makeWay: () => shells.dropSpare(),
    onEnded: (generation) => shells.openByItself(generation),
  });
  const { invoke, openOn } = options;
  const shells = createShells({ told, asked, builds, containers, processes, closing: closing.signal, invoke, openOn });

  function react(generation: number, event: EngineEvent): void {
    if (event.type === 'export.started') shells.prepareOwn(generation);
    if (event.type !== 'log.appended' && event.type !== 'vertex.updated') return;
    const known = told.state.generations.find((g) => g.number === generation);
    for (const step of stepsAt(known, event.digest)) {
      if (event.type === 'log.appended') logs.append(generation, step, event.text);
      else if (event.completedAtMs !== null) logs.flush(generation, step);
      else if (event.startedAtMs !== null && builds.run(generation)?.hasExclusiveCache(step))
        void builds.releaseExclusiveCaches();
    }
  }

  async function disconnectProcess(id: string): Promise<void> {
    const place = processes.placeOf(id);
    const others = processes.running(place.id).filter((process) => process.id !== processes.get(id).id);
    if (others.length === 0 && place.id !== HOST) await containers.release(place.id);
    else await processes.signal(id, 'KILL');
    void builds.disposeOld();
  }

  async function disconnect(): Promise<void> {
    if (closing.signal.aborted) return ended;
    closing.abort(new BxError('cancelled', 'the session ended'));
    for (const { id } of processes.running(HOST)) await processes.signal(id, 'HUP').catch(() => undefined);
    await giveBack({
      containers: () => Promise.all([containers.releaseAll(), shells.dropSpare(), reader.drop()]),
      runs: () => Promise.allSettled(builds.abandon().map((run) => run.dispose())).then(() => builds.settled()),
      connection: () => engine.dispose(),
    });
    logs.dispose();
    finish();
  }

  async function execute(command: SessionCommand, signal?: AbortSignal): Promise<CommandResult> {
    if (closing.signal.aborted && command.type !== 'session.disconnect') throw new BxError('state', 'the session has ended');
    switch (command.type) {
      case 'session.reload':
        loss.forget();
        await builds.reload(command.noCache ?? false);
        return { process: null };
      case 'build.cancel':
        await builds.cancel();
        return { process: null };
      case 'step.rollback':
        return shells.rollback(command, signal);
      case 'step.prepare':
        shells.prepare(command);
        return { process: null };
      case 'step.files': {
        const { number: generation, run, step } = builds.groundOf(command);
        const wish = { generation, step: step.key, state: step.state, moment: command.moment };
        const abort = AbortSignal.any([closing.signal, signal ?? closing.signal]);
        return { process: null, files: await asked.during(generation, () => reader.answer(run, wish, command.question, abort)) };
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
      return told.state;
    },
    onEvent: told.onEvent,
    async start() {
      emit({ type: 'session.started', atMs: now(), id: options.id, contextLabel: options.contextLabel });
      await builds.build();
    },
    post: notify,
    execute,
    terminal: (id) => processes.terminal(id),
    stepLog: (generation, step) => logs.read(generation, step),
    wholeLog: async (generation, step) => logs.read(generation, step),
    hasExclusiveCache: (generation, step) => builds.run(generation)?.hasExclusiveCache(step) ?? false,
    ended,
  };
}
