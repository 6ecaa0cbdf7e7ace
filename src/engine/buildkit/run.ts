/**
 * One run of a build: plan, evaluation, export, and the ground that stays for who looks into it (`run-visitors.ts`). It owns the order of things and
 * the last event; what each part does is in its own file.
 */

import { randomBytes } from 'node:crypto';
import type { EngineEvent } from '../../core/events.js';
import type { BuildResult } from '../../core/model/index.js';
import type { BxError } from '../../platform/errors.js';
import type { BuildRequest, BuildRun } from '../engine.js';
import { within } from '../shared/within.js';
import { askFrontend } from './call.js';
import { carryOut } from './carry-out.js';
import { closingExport } from './closing-export.js';
import { connectionLoss } from './connection-loss.js';
import type { SourceFile } from './definition.js';
import { asBxError, engineErrorOf, failedWithoutSolve } from './engine-error.js';
import { requireOutputsForAll } from './engine-exports.js';
import type { EngineLink } from './engine-link.js';
import { type Begun, beginResult, createEvaluator, type Evaluator } from './evaluate.js';
import { exportOutputs } from './exporting.js';
import { createFailures } from './failures.js';
import { cacheExports, entitlementsOf, type FrontendRequest, frontendOptions } from './frontend-options.js';
import { takeGitInputs } from './git-inputs.js';
import type { BuildGraph } from './graph-types.js';
import { type OpenBuild, openBuild } from './open-build.js';
import { passedOver } from './passed-over.js';
import { type PlanHooks, type ResolvedPlan, resolvePlan, withDockerfile } from './plan.js';
import { createRunEvents } from './run-events.js';
import { openRunSession, type RunSession } from './run-session.js';
import { createRunStatus } from './run-status.js';
import { createVisitors, type Ground } from './run-visitors.js';
import { readSourceFile } from './solve-error.js';
import { sourcePolicyOf } from './source-policy.js';

const outcomes = () => import('./outcome.js');

/** How long an engine that is being left may take for each farewell. */
const FAREWELL_MS = 3_000;

/** Starts the build at once. */
export function startRun(link: EngineLink, asked: BuildRequest): BuildRun {
  let request = asked;
  const events = createRunEvents(passedOver(request));
  const { emit, warn } = events;
  const uploadId = randomBytes(16).toString('hex');
  const options = frontendOptions(request, link.facts, uploadId);
  const frontend: FrontendRequest = { options, inputs: {} };
  const sourcePolicy = sourcePolicyOf(request, link.facts);
  requireOutputsForAll(request, link.facts);
  let work = new AbortController();
  let ground: Promise<Ground> | null = null;
  let plan: ResolvedPlan | null = null;
  let planning: Promise<ResolvedPlan> | null = null;
  const evaluators = new Map<BuildGraph, Evaluator>();
  const failures = createFailures();
  const status = createRunStatus({
    ...{ events, failures },
    request: () => request,
    plan: () => plan,
    isHandedIn: () => handedIn !== null,
  });
  const { translator, settling, place } = status;
  const closing = closingExport({ link, request, emit });
  /** The exporter has the plan's result, and the engine carries it out for that. */
  let handedIn: Promise<BuildResult> | null = null;
  let transferError: BxError | null = null;
  let credentials: RunSession['credentials'] = () => [];
  let disposing: Promise<void> | null = null;
  /** The build succeeded. */
  let isDone = false;
  /** The build has ended on the engine. */
  let isOver = false;
  const lifetime = new AbortController();

  const prepareGround = async (): Promise<Ground> => {
    const session = openRunSession(link, request, {
      uploadId,
      onTransfer: (transfer) => emit({ type: 'context.transferred', ...transfer }),
      onTransferError: (error) => {
        transferError = error;
      },
      onWarning: warn,
      signal: lifetime.signal,
    });
    credentials = session.credentials;
    closing?.receive(session);
    const control = await request.sourceControl;
    Object.assign(options, control?.attributes);
    Object.assign(frontend.inputs, await takeGitInputs(request, options, warn));
    if (control?.warning) warn(control.warning);
    const build = openBuild(link.transport, {
      ...{ session, frontendAttrs: options, entitlements: entitlementsOf(request), sourcePolicy, onStatus: status.take },
      exporters: closing?.exporters ?? [],
      // A build that has no exporter ends without a result, and with nothing to put into a cache.
      cacheExports: closing ? cacheExports(request, link.facts) : [],
    });
    return { session, build };
  };

  /** What the engine tells of a Dockerfile that it alone could read. */
  const learn = (file: SourceFile): BuildRequest => {
    if (request.dockerfile.origin !== 'context' || request.dockerfile.text !== '') return request;
    request = withDockerfile(request, file);
    const { text, plan } = request.dockerfile;
    emit({ type: 'dockerfile.read', text, plan });
    return request;
  };

  const interpret = async (error: unknown, graphs: readonly BuildGraph[]) => {
    const { interpretFailure } = await outcomes();
    const told = readSourceFile(error);
    if (told) learn(told);
    const { vertices, home } = translator;
    const known = { request, graphs, vertices, home, transferError, ownPlatform: link.facts.platform };
    const whole = interpretFailure(error, { ...known, isForeign: failures.isForeign, credentials: credentials() });
    failures.add(whole.failure);
    return whole;
  };

  const normalise = async (error: unknown, graphs: readonly BuildGraph[] = plan?.graphs ?? []): Promise<BxError> => {
    const lost = await connectionLoss(link, error);
    if (lost) return lost;
    if (!engineErrorOf(error)) return asBxError(error);
    await settling.failed(plan !== null);
    const { asEngineError } = await outcomes();
    return asEngineError(await interpret(error, graphs), error);
  };

  const evaluatorFor = ({ gateway, whileOpen }: OpenBuild, graph: BuildGraph): Evaluator => {
    const known = evaluators.get(graph);
    if (known) return known;
    const made = createEvaluator({
      ...{ gateway, whileOpen },
      definitionOf: (output) => graph.encoded(output),
      normalise: (error) => normalise(error, [graph]),
    });
    evaluators.set(graph, made);
    return made;
  };

  /** `isWhole`: all of it is going to be carried out, so that the engine may begin while the plan is read here. */
  const resolvePlanOnce = async (isWhole: boolean): Promise<ResolvedPlan> => {
    ground ??= prepareGround();
    const { build } = await ground;
    const begun: Array<Begun | null> = [];
    let release = (): void => {};
    const begin: PlanHooks['onResults'] = (refs, ids, details) => {
      if (!isWhole || work.signal.aborted) return;
      const { evaluatesResults } = link.facts;
      if (closing && evaluatesResults) {
        handedIn = closing.finish(build, ids, details, work.signal);
        handedIn.catch(() => {});
      } else begun.push(...refs.map((ref) => beginResult(build.gateway, ref, evaluatesResults)));
      release = status.hold();
    };
    try {
      await build.taken;
      const resolved = await build.whileOpen(
        resolvePlan(build.gateway, request, frontend, work.signal, { onResults: begin, onDockerfile: learn }),
      );
      plan = resolved;
      // Nobody looks into it, and if all of it is in the cache nobody asks where a vertex belongs.
      if (handedIn && !events.hasEarlyWarnings) return resolved;
      place(resolved);
      visitors.expect();
      const { graphs } = resolved;
      for (const [at, one] of work.signal.aborted ? [] : begun.splice(0).entries()) {
        const graph = graphs[at];
        if (one && graph?.output) evaluatorFor(build, graph).take(graph.output, one);
      }
      return resolved;
    } finally {
      for (const one of begun) one?.abort.abort();
      release();
    }
  };

  /** A plan that could not be made (cancelled, a registry out of reach) is tried again by who needs it next. */
  const ensurePlan = (isWhole = false): Promise<ResolvedPlan> => {
    planning ??= resolvePlanOnce(isWhole).catch((error: unknown) => {
      planning = null;
      throw error;
    });
    return planning;
  };

  /** The engine writes while the last of the build is told; what it tells of that waits for `told`. */
  const exportAfter = (told: Promise<void>, session: RunSession, whole: ResolvedPlan, signal: AbortSignal) => {
    const take = told.then(() => status.beside(whole));
    return exportOutputs({
      ...{ link, request, session, frontend, plan: whole, signal },
      emit: (event) => void told.then(() => emit(event)),
      onStatus: async (message) => (await take)(message),
    });
  };

  const finish = (event: EngineEvent): void => {
    translator.freeze();
    events.end(event);
  };

  const main = async (): Promise<void> => {
    const { signal } = work;
    try {
      if (request.call !== undefined) {
        ground ??= prepareGround();
        const result = await askFrontend((await ground).build, request.call, frontend, link.facts, signal);
        isDone = true;
        return finish({ type: 'build.succeeded', result });
      }
      const whole = await ensurePlan(true);
      if (handedIn) return succeed(await handedIn, whole);
      const { session, build } = await ground!;
      const ref = await carryOut(whole, (graph) => evaluatorFor(build, graph), signal);
      const told = Promise.all(whole.graphs.map((graph) => graph.output && status.confirm(graph, graph.output)));
      if (closing) {
        events.exportStarted();
        const [result] = await Promise.all([closing.finish(build, ref, whole.details, signal), told]);
        return succeed(result, whole);
      }
      const frozen = told.then(() => translator.freeze());
      const exporting = exportAfter(frozen, session, whole, signal);
      exporting.catch(() => undefined);
      // Also where the export has failed by then.
      await frozen;
      const result = await exporting;
      isDone = true;
      finish({ type: 'build.succeeded', result });
    } catch (error) {
      finish(await outcomeOf(error, signal));
    } finally {
      closing?.dispose();
    }
  };

  /** The build has ended on the engine, which has told all that it will tell. */
  const succeed = (result: BuildResult, resolved: ResolvedPlan): void => {
    if (events.hasEarlyWarnings) place(resolved);
    if (status.isPlaced) status.confirmAll(resolved.graphs);
    events.exportStarted();
    isOver = true;
    finish({ type: 'build.succeeded', result });
  };

  const outcomeOf = async (error: unknown, signal: AbortSignal): Promise<EngineEvent> => {
    if (signal.aborted) {
      await settling.idle(FAREWELL_MS);
      return { type: 'build.cancelled' };
    }
    const lost = await connectionLoss(link, error);
    if (lost) return failedWithoutSolve(lost);
    const engineError = engineErrorOf(error);
    if (!engineError) return failedWithoutSolve(asBxError(error));
    if (plan) place(plan);
    await settling.failed(plan !== null);
    const { failedEvent } = await outcomes();
    return failedEvent(await interpret(engineError, plan?.graphs ?? []));
  };

  const done = main();

  const visitors = createVisitors({
    ...{ link, frontend, events, status, failures, evaluatorFor, request: () => request },
    placedPlan: () => (status.isPlaced ? plan : null),
    async ready() {
      const resolved = await ensurePlan().catch(async (error: unknown) => {
        throw await normalise(error);
      });
      return { ...(await ground!), plan: resolved };
    },
  });

  const farewell = (build: OpenBuild): Promise<unknown> =>
    closing ? build.giveUp('the build did not succeed') : isDone && !visitors.hasCome ? build.leave() : build.finish({});

  const disposeAll = async (): Promise<void> => {
    work.abort();
    for (const one of evaluators.values()) one.cancel();
    lifetime.abort();
    await within(FAREWELL_MS, done);
    // An old engine leaves containers running when the connection ends, so they are released while it stands.
    await within(FAREWELL_MS, visitors.release());
    const base = await ground?.catch(() => null);
    if (!base) return;
    if (!link.connection.isClosed && !isOver) await within(FAREWELL_MS, farewell(base.build));
    base.build.abort();
    await within(FAREWELL_MS, base.session.close());
  };

  return {
    events: events.queue,
    onLateEvent: events.onLateEvent,
    async cancel() {
      work.abort();
      for (const one of evaluators.values()) one.cancel();
      await done;
      await settling.idle(FAREWELL_MS);
      work = new AbortController();
    },
    openContainer: visitors.openContainer,
    openFiles: visitors.openFiles,
    changes: visitors.changes,
    hasExclusiveCache: visitors.hasExclusiveCache,
    dispose() {
      visitors.close();
      disposing ??= disposeAll();
      return disposing;
    },
  };
}
