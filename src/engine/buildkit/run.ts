/**
 * One run of a build: plan, evaluation, export, and the ground that stays for containers. It owns the order of things and the last
 * event; what each part does is in its own file.
 */

import { randomBytes } from 'node:crypto';
import type { EngineEvent } from '../../core/events.js';
import type { BuildResult } from '../../core/model/index.js';
import { BxError } from '../../platform/errors.js';
import type { BuildRequest, BuildRun, Container, ContainerSpec } from '../engine.js';
import { within } from '../shared/within.js';
import { withoutAttestations } from './attestations.js';
import { askFrontend } from './call.js';
import { carryOut } from './carry-out.js';
import { closingExport } from './closing-export.js';
import { connectionLoss } from './connection-loss.js';
import { hasExclusiveCache, openContainer } from './container/index.js';
import type { SourceFile } from './definition.js';
import { isExporting, requireOutputsForAll } from './engine-exports.js';
import type { EngineLink } from './engine-link.js';
import { type Begun, beginResult, createEvaluator, type Evaluator } from './evaluate.js';
import { exportOutputs } from './exporting.js';
import { createFailures } from './failures.js';
import { changesOf, openFiles } from './files.js';
import { cacheExports, DOCKERFILE_FRONTEND, entitlementsOf, type FrontendRequest, frontendOptions } from './frontend-options.js';
import { takeGitInputs } from './git-inputs.js';
import type { BuildGraph, OutputRef } from './graph-types.js';
import { type OpenBuild, openBuild } from './open-build.js';
import { asBxError, asEngineError, engineErrorOf, failedEvent, failedWithoutSolve, interpretFailure } from './outcome.js';
import { passedOver } from './passed-over.js';
import { graphFor, type PlanHooks, type ResolvedPlan, resolvePlan, withDockerfile } from './plan.js';
import type { StatusResponse } from './proto/gen/control_pb.js';
import type { RunContext } from './run-context.js';
import { createRunEvents } from './run-events.js';
import { openRunSession, type RunSession } from './run-session.js';
import { createSettling } from './settling.js';
import { readSourceFile } from './solve-error.js';
import { solveStatusLine } from './solve-status.js';
import { sourcePolicyOf } from './source-policy.js';
import { carriesOut, createStatusTranslator, withoutVertices } from './status.js';

/** How long an engine that is being left may take for each farewell. */
const FAREWELL_MS = 3_000;

/** What the run stands on: a session with the client's files, and a build that is open on the engine. */
interface Ground {
  readonly session: RunSession;
  readonly build: OpenBuild;
}

/** Starts the build at once. */
export function startRun(link: EngineLink, asked: BuildRequest): BuildRun {
  let request = asked;
  const events = createRunEvents(passedOver(request));
  const { emit, warn } = events;
  const translator = createStatusTranslator({ startedAtMs: Date.now(), dockerfileName: () => request.dockerfile.name });
  const containers = new Set<Container>();
  const settling = createSettling(translator);
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
  const closing = closingExport({ link, request, emit });
  /** The exporter has the plan's result, and the engine carries it out for that. */
  let handedIn: Promise<BuildResult> | null = null;
  let transferError: BxError | null = null;
  let credentials: RunSession['credentials'] = () => [];
  let disposing: Promise<void> | null = null;
  /** The build succeeded, and no container was ever asked for: nothing of it can still be going on there. */
  let isUnused = false;
  let isPlaced = false;
  let hasGuests = false;
  /** The build has ended on the engine. */
  let isOver = false;
  /** While a definition is read whose evaluation has begun. */
  let reading: Promise<void> | null = null;
  const lifetime = new AbortController();

  /** `message`: what counts of it here. */
  const onStatus = async (told: StatusResponse, message = told): Promise<void> => {
    request.onRawStatus?.(solveStatusLine(told));
    return takeStatus(message);
  };

  const takeStatus = async (message: StatusResponse): Promise<void> => {
    // What the engine says of the graph's vertices can be placed once the graph is read.
    await reading;
    if (plan && carriesOut(message)) place(plan);
    for (const event of translator.translate(message, Date.now())) {
      if (handedIn && event.type === 'vertex.updated' && isExporting(event.name)) events.exportStarted();
      failures.heed(event);
      emit(event);
    }
    settling.check();
    return events.queue.room();
  };

  /** What the engine tells from now on stands at the steps of the Dockerfile. */
  const place = (resolved: ResolvedPlan): void => {
    if (isPlaced) return;
    isPlaced = true;
    translator.learn(resolved.graphs);
    events.planned(resolved);
  };

  /** The output has been evaluated: waits for the last that is told of what it needed, and puts the rest right. */
  const confirm = async (graph: BuildGraph, output: OutputRef): Promise<void> => {
    const digests = graph.closure(output.digest);
    await settling.carriedOut(output.digest, digests);
    for (const event of translator.confirm(digests, Date.now())) emit(event);
  };

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
    Object.assign(frontend.inputs, await takeGitInputs(request, options));
    if (control?.warning) warn(control.warning);
    const build = openBuild(link.transport, {
      ...{ session, frontendAttrs: options, entitlements: entitlementsOf(request), sourcePolicy, onStatus },
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

  const interpret = (error: unknown, graphs: readonly BuildGraph[]) => {
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
    return asEngineError(interpret(error, graphs), error);
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
    let doneReading: () => void = () => {};
    const begin: PlanHooks['onResults'] = (refs, ids, details) => {
      if (!isWhole || work.signal.aborted) return;
      const { evaluatesResults } = link.facts;
      if (closing && evaluatesResults) {
        handedIn = closing.finish(build, ids, details, work.signal);
        handedIn.catch(() => {});
      } else begun.push(...refs.map((ref) => beginResult(build.gateway, ref, evaluatesResults)));
      reading = new Promise((resolve) => {
        doneReading = resolve;
      });
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
      const { graphs } = resolved;
      for (const [at, one] of work.signal.aborted ? [] : begun.splice(0).entries()) {
        const graph = graphs[at];
        if (one && graph?.output) evaluatorFor(build, graph).take(graph.output, one);
      }
      return resolved;
    } finally {
      for (const one of begun) one?.abort.abort();
      reading = null;
      doneReading();
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
        isUnused = true;
        return finish({ type: 'build.succeeded', result });
      }
      const whole = await ensurePlan(true);
      if (handedIn) return succeed(await handedIn, whole);
      const { session, build } = await ground!;
      const ref = await carryOut(whole, (graph) => evaluatorFor(build, graph), signal);
      const told = Promise.all(whole.graphs.map((graph) => graph.output && confirm(graph, graph.output)));
      if (closing) {
        events.exportStarted();
        const [result] = await Promise.all([closing.finish(build, ref, whole.details, signal), told]);
        return succeed(result, whole);
      }
      await told;
      translator.freeze();
      const known = new Set([...whole.graphs.flatMap(({ digests }) => digests), ...translator.vertices.keys()]);
      const result = await exportOutputs({
        ...{ link, request, session, frontend, plan: whole, emit, signal },
        onStatus: (told) =>
          onStatus(
            told,
            withoutVertices(told, (digest) => known.has(translator.home(digest))),
          ),
      });
      isUnused = !hasGuests;
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
    const graphs = isPlaced ? resolved.graphs : [];
    const carriedOut = new Set(graphs.flatMap(({ output, closure }) => (output ? closure(output.digest) : [])));
    for (const event of translator.confirm([...carriedOut], Date.now())) emit(event);
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
    return failedEvent(interpret(engineError, plan?.graphs ?? []));
  };

  const done = main();

  const context = async (): Promise<RunContext> => {
    if (request.isUnattended) throw new BxError('state', 'this build was started without a way into its steps');
    isUnused = false;
    hasGuests = true;
    if (disposing) throw new BxError('state', 'this run of the build has been given back to the engine');
    const { graphs } = await ensurePlan().catch(async (error: unknown) => {
      throw await normalise(error);
    });
    return contextOf(await ground!, graphs[0]);
  };

  const contextOf = ({ session, build }: Ground, graph: BuildGraph): RunContext => ({
    gateway: build.gateway,
    session,
    frontend: DOCKERFILE_FRONTEND,
    frontendInputs: frontend.inputs,
    platform: graph.platform,
    onPlatformOf: (step) => contextOf({ session, build }, graphFor(plan!, request, step)),
    frontendOptions: (overrides = {}) => ({
      ...withoutAttestations(options),
      ...(graph.platform !== undefined && { platform: graph.platform }),
      ...overrides,
    }),
    request,
    graph,
    capabilities: link.facts.capabilities,
    h2: link.connection.session,
    releaseWatch: link.releaseWatch,
    buildRef: build.gateway.buildRef,
    workerPlatform: link.facts.platform,
    failureAt: (step) => failures.at(graph, step),
    withGraph(other) {
      translator.adopt(other);
      events.addGraph(other, graph);
      return contextOf({ session, build }, other);
    },
    async evaluate(output, signal) {
      events.announce(graph, output.digest);
      const id = await evaluatorFor(build, graph).evaluate(output, signal);
      failures.forget(graph.closure(output.digest));
      // What is shown of it may come a moment later; the container need not wait.
      void confirm(graph, output);
      return id;
    },
  });

  const farewell = (build: OpenBuild): Promise<unknown> =>
    closing ? build.giveUp('the build did not succeed') : isUnused ? build.leave() : build.finish({});

  const disposeAll = async (): Promise<void> => {
    work.abort();
    for (const one of evaluators.values()) one.cancel();
    lifetime.abort();
    await within(FAREWELL_MS, done);
    // An old engine leaves containers running when the connection ends, so they are released while it stands.
    await within(FAREWELL_MS, Promise.allSettled([...containers].map((container) => container.release())));
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
    async openContainer(spec: ContainerSpec, signal) {
      const ready = await context();
      const container = await openContainer(ready, spec, signal);
      containers.add(container);
      void container.gone.then(() => containers.delete(container));
      if (disposing) await container.release();
      return container;
    },
    openFiles: async (spec, signal) => openFiles(await context(), spec, signal),
    changes: async (step, signal) => changesOf(await context(), step, signal),
    hasExclusiveCache: (step) =>
      isPlaced && plan !== null && hasExclusiveCache({ graph: graphFor(plan, request, step), request }, step),
    dispose() {
      disposing ??= disposeAll();
      return disposing;
    },
  };
}
