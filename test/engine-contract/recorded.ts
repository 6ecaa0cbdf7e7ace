/** A session over a real engine, recorded as the program records it, and the session that is made of its record. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { recordSession } from '../../src/cli/sessions/recording.js';
import type { EngineEvent } from '../../src/core/events.js';
import type { BuildRequest, BuildRun, Engine } from '../../src/engine/engine.js';
import { createEventQueue } from '../../src/engine/shared/event-queue.js';
import { createLocalSession, type LocalSession } from '../../src/session/index.js';
import { readRecord } from '../../src/session/recording/read-record.js';
import { createReplaySession, type ReplaySession } from '../../src/session/recording/replay-session.js';
import { testDirectory } from '../helpers/session-root.js';

export interface Recorded {
  readonly session: LocalSession;
  /** Ends the session; resolves with that of its record, which has not begun to play. */
  finish(): Promise<ReplaySession>;
}

/** The engine is not given back with the session. */
export function recordedSession(engine: Engine, request: BuildRequest): Recorded {
  const root = testDirectory();
  const id = randomUUID().slice(0, 8);
  const session = createLocalSession({
    ...{ id, contextLabel: 'context', target: request.target, invoke: null, openOn: 'never', now: Date.now },
    connect: async () =>
      withBuild(
        engine,
        (one) => engine.build(one),
        async () => undefined,
      ),
    prepare: () => request,
    spillDirectory: join(root, 'spill'),
  });
  const { secrets, buildArgs } = request;
  const recorder = recordSession(session, id, { root, context: 'context', secrets, buildArgs, invoke: null, settings: request });
  return {
    session,
    async finish() {
      await session.execute({ type: 'session.disconnect' });
      await session.ended;
      await recorder.finish();
      const clock = {
        now: Date.now,
        setTimeout: (run: () => void, delayMs: number) => setTimeout(run, delayMs),
        clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
        soon: setImmediate,
      };
      const record = await readRecord(join(root, 'records', id));
      return createReplaySession({ record, clock, speed: Number.POSITIVE_INFINITY, idleLimitMs: null });
    },
  };
}

/** What came of a build, as its replay has it. */
export interface Played {
  readonly session: ReplaySession;
  readonly events: readonly EngineEvent[];
  readonly late: readonly EngineEvent[];
}

/** A build in a session of its own. What it is asked for once it has been played is answered by the replay. */
export interface RecordedRun extends BuildRun {
  play(): Promise<Played>;
}

/** An engine whose builds are recorded ones. */
export function recordedEngine(engine: Engine): Engine {
  return withBuild(
    engine,
    (request) => startRecordedRun(engine, request),
    () => engine.dispose(),
  );
}

function withBuild<Run extends BuildRun>(engine: Engine, build: (request: BuildRequest) => Run, dispose: Engine['dispose']) {
  const { summary, lost } = engine;
  return { summary, lost, onLine: engine.onLine.bind(engine), build, dispose };
}

function startRecordedRun(engine: Engine, request: BuildRequest): RecordedRun {
  const { session, finish } = recordedSession(engine, request);
  const queue = createEventQueue<EngineEvent>();
  const late = new Set<(event: EngineEvent) => void>();
  session.onEvent((event) => {
    if (event.type !== 'engine.reported') return;
    if (queue.isEnded) for (const listener of late) listener(event.event);
    else queue.push(event.event);
    if (isLast(event.event) && !queue.isEnded) queue.end();
  });
  session.start().catch(() => queue.end());
  let playing: Promise<Played> | null = null;
  const play = (): Promise<Played> => {
    playing ??= finish().then(playThrough);
    return playing;
  };
  const ask = async (command: Parameters<ReplaySession['execute']>[0]): Promise<never> => {
    await (await play()).session.execute(command);
    throw new Error(`the replay has carried out ${command.type}`);
  };
  return {
    events: queue,
    onLateEvent: (listener) => void late.add(listener),
    cancel: () => session.execute({ type: 'build.cancel' }).then(() => undefined),
    openContainer: ({ step, moment, exclusiveCaches }) =>
      ask({ type: 'step.rollback', step, moment, exclusiveCaches, size: { cols: 80, rows: 24 } }),
    openFiles: ({ step, moment }) => ask({ type: 'step.files', step, moment, question: { kind: 'list', path: '/' } }),
    changes: (step) => ask({ type: 'step.files', step, moment: 'auto', question: { kind: 'changes' } }),
    hasExclusiveCache: (step) => session.hasExclusiveCache(1, step),
    dispose: () => play().then(() => undefined),
    play,
  };
}

async function playThrough(session: ReplaySession): Promise<Played> {
  const told: EngineEvent[] = [];
  session.onEvent((event) => {
    if (event.type === 'engine.reported') told.push(event.event);
  });
  session.play();
  await session.untilEnd();
  const end = told.findIndex(isLast) + 1;
  return { session, events: told.slice(0, end), late: told.slice(end) };
}

function isLast({ type }: EngineEvent): boolean {
  return type === 'build.succeeded' || type === 'build.failed' || type === 'build.cancelled';
}
