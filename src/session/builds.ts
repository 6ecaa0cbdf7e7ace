/**
 * The builds of a session: one generation after the other, each followed to its end, and those of before for as long as somebody is in them.
 * It must not know what is started in their containers.
 */
import type { EngineEvent } from '../core/events.js';
import type { Generation, Step, StepKey } from '../core/model/index.js';
import { selectCurrent, selectHolders } from '../core/select/index.js';
import type { BuildRequest, BuildRun } from '../engine/engine.js';
import { BxError, toBxError } from '../platform/errors.js';
import type { AskedRuns } from './asked-runs.js';
import type { ContainerTable } from './container-table.js';
import type { EngineConnection } from './engine-connection.js';
import { inTurns } from './in-turns.js';
import { heldUncachedText, joinedFailure, joinedText } from './joined-failure.js';
import { joinedReloads } from './joined-reloads.js';
import type { ToldState } from './told-state.js';

/** Older generations keep their ground on the engine so long; then only those with a container in use. */
const RUNS_KEPT = 2;

export interface BuildsOptions {
  readonly told: ToldState;
  readonly asked: AskedRuns;
  readonly target: string | null;
  readonly closing: AbortSignal;
  /** Reads the Dockerfile afresh. Throws `BxError('input')`. */
  readonly prepare: () => BuildRequest;
  /** What of it takes a while. Throws `BxError('input' | 'cancelled')`. */
  readonly complete: (request: BuildRequest, signal: AbortSignal, tell: (event: EngineEvent) => void) => Promise<BuildRequest>;
  readonly engine: Pick<EngineConnection, 'get' | 'giveUp'>;
  readonly containers: Pick<ContainerTable, 'generationsInUse' | 'holdingExclusiveCaches' | 'release'>;
  /** A container that nobody has asked for must not be in the way of a build. */
  readonly makeWay: () => Promise<void>;
  /** The newest has ended, and not with a failure that a shell which is open there already shows. */
  readonly onEnded: (generation: number) => Promise<void>;
}

/** What can be looked into: a step, and the run that holds it. */
export interface StepGround {
  readonly number: number;
  readonly run: BuildRun;
  /** It ran without the cache, or stages of it did. */
  readonly isUncached: boolean;
  readonly step: Step;
}

export interface Builds {
  readonly isBuilding: boolean;
  /** Resolves when the newest build has told its end. */
  settled(): Promise<void>;
  /** Makes the next generation and follows it to its end in the background; resolves once it has begun. */
  build(): Promise<void>;
  /** The same in place of the one that goes on; wishes that come before it has begun are one. */
  reload(noCache: boolean): Promise<void>;
  /** Throws when none is running. */
  cancel(): Promise<void>;
  /** Null: it is held on the engine no more. */
  run(generation: number): BuildRun | null;
  /** Throws `BxError('not-found' | 'state')`. No generation: the newest. */
  groundOf(place: { readonly step: StepKey; readonly generation?: number }): StepGround;
  /** Gives back those that nobody is in. */
  disposeOld(): Promise<void>;
  /** A step that needs a locked cache waits for it without a word, for as long as a container holds it. */
  releaseExclusiveCaches(): Promise<void>;
  /** Takes all of them away, to be given back. */
  abandon(): readonly BuildRun[];
}

export function createBuilds(options: BuildsOptions): Builds {
  const { told, engine, containers } = options;
  const { now, emit, notify, report } = told;
  const runs = new Map<number, BuildRun>();
  /** Numbers of those that ran without the cache, or stages of which did. */
  const uncached = new Set<number>();
  let isBuilding = false;
  /** Of the newest build: who leaves it waits for no engine. */
  let leaving = new AbortController();
  let settled: Promise<void> = Promise.resolve();

  const generationOf = (number: number): Generation | undefined => told.state.generations.find((one) => one.number === number);
  const newest = (): number => selectCurrent(told.state)?.number ?? 0;

  async function build(noCache: () => boolean): Promise<void> {
    leaving = new AbortController();
    isBuilding = true;
    const begun = startBuild(noCache, leaving.signal);
    const isNone = (): void => {
      isBuilding = false;
    };
    settled = begun.then((follow) => (follow === null ? isNone() : follow()), isNone);
    await begun;
  }

  /** What follows the build to its end; null: it was left before it began. */
  async function startBuild(noCache: () => boolean, leave: AbortSignal): Promise<(() => Promise<void>) | null> {
    const prepared = options.prepare();
    await options.makeWay();
    const request = noCache() ? { ...prepared, noCache: true } : prepared;
    const before = selectCurrent(told.state);
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
    const isUncached = request.noCache || (request.noCacheStages?.length ?? 0) > 0;
    if (isUncached) uncached.add(generation);
    if (isUncached) await makeRoomForUncached(generation);
    // The engine joins what is alike in builds that are open: a failure would be told again, a stopped step to that build alone (20.10).
    else if (before?.status === 'cancelled' || before?.status === 'failed') await disposeOld(0);
    try {
      const run = await begin(request, leave, (event) => report(generation, [event]));
      runs.set(generation, run);
      run.onLateEvent((event) => {
        if (options.asked.isOwn(generation, newest())) report(generation, [event]);
      });
      return () => follow(generation, run, request.noCache);
    } catch (error) {
      const { code, message, hint } = toBxError(error, 'endpoint');
      if (code === 'cancelled') {
        report(generation, [{ type: 'build.cancelled' }]);
        return null;
      }
      const failure = { digest: null, message, hint, exitCode: null, line: null };
      report(generation, [{ type: 'build.failed', failure }]);
      throw error;
    }
  }

  /** The one that fails ends what is waited for in the other; a connection is made on. */
  async function begin(request: BuildRequest, leave: AbortSignal, tell: (event: EngineEvent) => void): Promise<BuildRun> {
    const failed = new AbortController();
    const signal = AbortSignal.any([leave, failed.signal, options.closing]);
    try {
      const [connected, whole] = await Promise.all([engine.get(tell, leave), options.complete(request, signal, tell)]);
      if (signal.aborted) throw new BxError('cancelled', 'the build was left before it began');
      return connected.build(whole);
    } finally {
      failed.abort();
    }
  }

  async function follow(generation: number, run: BuildRun, noCache: boolean): Promise<void> {
    try {
      for await (const events of inTurns(run.events)) report(generation, events);
    } catch (error) {
      const { message, hint } = toBxError(error, 'engine');
      const failure = { digest: null, message, hint, exitCode: null, line: null };
      report(generation, [{ type: 'build.failed', failure }]);
    } finally {
      isBuilding = false;
    }
    if (newest() !== generation || options.closing.aborted) return;
    if (!tellOfJoined(generation, noCache)) await options.onEnded(generation);
  }

  /** True: a container of this session holds the build whose failure this is. */
  function tellOfJoined(number: number, noCache: boolean): boolean {
    const step = joinedFailure(generationOf(number)!);
    if (step === null) return false;
    const holders = selectHolders(told.state, number).filter((one) => one.isUncached || !uncached.has(number));
    const { message, hint } = joinedText(step, holders, noCache);
    notify('warning', message, hint);
    return holders.length > 0;
  }

  /** What is wished while one has not begun is the same wish. A builder that is being started goes on for the new build. */
  const reload = joinedReloads(async (noCache) => {
    if (isBuilding) {
      leaving.abort(new BxError('cancelled', 'it is built again'));
      await runs.get(newest())?.cancel();
      await settled;
    }
    await releaseExclusiveCaches();
    await build(noCache);
    void disposeOld();
  });

  async function disposeOld(kept = RUNS_KEPT): Promise<void> {
    const used = new Set(containers.generationsInUse());
    for (const [generation, run] of [...runs].slice(0, runs.size - kept)) {
      if (used.has(generation)) continue;
      runs.delete(generation);
      await run.dispose().catch(() => undefined);
    }
  }

  /** BuildKit joins steps that are the same with those of such a build that is still open, and would take its results for new ones. */
  async function makeRoomForUncached(generation: number): Promise<void> {
    await disposeOld(0);
    const holders = selectHolders(told.state, generation).filter((one) => one.isUncached);
    if (holders.length === 0) return;
    const { message, hint } = heldUncachedText(holders);
    notify('warning', message, hint);
  }

  async function releaseExclusiveCaches(): Promise<void> {
    for (const container of containers.holdingExclusiveCaches()) {
      notify('warning', `the shell at step ${container.step} was ended: it held a locked cache that the build needs`);
      await containers.release(container.id);
    }
  }

  return {
    get isBuilding() {
      return isBuilding;
    },
    settled: () => settled,
    build: () => build(() => false),
    reload,
    async cancel() {
      if (!isBuilding) throw new BxError('state', 'no build is running');
      const run = runs.get(newest());
      if (run !== undefined) return run.cancel();
      leaving.abort();
      engine.giveUp();
    },
    run: (generation) => runs.get(generation) ?? null,
    groundOf({ step: key, generation: number = newest() }) {
      const [run, step] = [runs.get(number), generationOf(number)?.steps[key]];
      if (step === undefined) throw new BxError('not-found', `no step ${key} in this build`);
      if (run === undefined)
        throw new BxError('state', `build ${number} is no longer held on the engine`, { hint: 'reload builds it again' });
      // The classic builder joins nothing.
      const isUncached = uncached.has(number) && told.state.engine?.kind !== 'classic';
      return { number, run, step, isUncached };
    },
    disposeOld: () => disposeOld(),
    releaseExclusiveCaches,
    abandon() {
      const abandoned = [...runs.values()];
      runs.clear();
      return abandoned;
    },
  };
}
