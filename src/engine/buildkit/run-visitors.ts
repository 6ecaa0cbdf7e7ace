/**
 * Who looks into a run: the containers, files and changes of its steps, and the ground that they stand on. It must not know how the run is carried
 * out or how it ends.
 */
import type { StepKey } from '../../core/model/index.js';
import { BxError } from '../../platform/errors.js';
import type { BuildRequest, BuildRun, Container } from '../engine.js';
import { withoutAttestations } from './attestations.js';
import { hasExclusiveCache } from './container/exclusive-cache.js';
import type { EngineLink } from './engine-link.js';
import type { Evaluator } from './evaluate.js';
import type { Failures } from './failures.js';
import { DOCKERFILE_FRONTEND, type FrontendRequest } from './frontend-options.js';
import type { BuildGraph } from './graph-types.js';
import type { OpenBuild } from './open-build.js';
import { graphFor, type ResolvedPlan } from './plan.js';
import type { RunContext } from './run-context.js';
import type { RunEvents } from './run-events.js';
import type { RunSession } from './run-session.js';
import type { RunStatus } from './run-status.js';

/** What a run stands on: a session with the client's files, and a build that is open on the engine. */
export interface Ground {
  readonly session: RunSession;
  readonly build: OpenBuild;
}

export interface Visitors extends Pick<BuildRun, 'openContainer' | 'openFiles' | 'changes' | 'hasExclusiveCache'> {
  /** Somebody has asked to be let in. */
  readonly hasCome: boolean;
  /** Somebody may ask soon: what that takes is loaded while the engine is at work. */
  expect(): void;
  /** Nobody gets in any more. */
  close(): void;
  /** Gives all containers back. */
  release(): Promise<unknown>;
}

export interface VisitedRun {
  readonly link: EngineLink;
  readonly frontend: FrontendRequest;
  readonly events: RunEvents;
  readonly status: RunStatus;
  readonly failures: Failures;
  request(): BuildRequest;
  /** Null: there is none, or nothing is placed by it yet. */
  placedPlan(): ResolvedPlan | null;
  /** Made where it is not there. Throws `BxError`. */
  ready(): Promise<Ground & { readonly plan: ResolvedPlan }>;
  evaluatorFor(build: OpenBuild, graph: BuildGraph): Evaluator;
}

export function createVisitors(run: VisitedRun): Visitors {
  const { link, frontend, events, status, failures } = run;
  const containers = new Set<Container>();
  let hasCome = false;
  let isClosed = false;

  const context = async (): Promise<RunContext> => {
    if (run.request().isUnattended) throw new BxError('state', 'this build was started without a way into its steps');
    hasCome = true;
    if (isClosed) throw new BxError('state', 'this run of the build has been given back to the engine');
    const { plan, ...ground } = await run.ready();
    return contextOf(ground, plan, plan.graphs[0]);
  };

  const contextOf = (ground: Ground, plan: ResolvedPlan, graph: BuildGraph): RunContext => {
    const { session, build } = ground;
    const request = run.request();
    return {
      gateway: build.gateway,
      session,
      frontend: DOCKERFILE_FRONTEND,
      frontendInputs: frontend.inputs,
      platform: graph.platform,
      onPlatformOf: (step) => contextOf(ground, plan, graphFor(plan, request, step)),
      frontendOptions: (overrides = {}) => ({
        ...withoutAttestations(frontend.options),
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
        status.translator.adopt(other);
        events.addGraph(other, graph);
        return contextOf(ground, plan, other);
      },
      async evaluate(output, signal) {
        events.announce(graph, output.digest);
        const id = await run.evaluatorFor(build, graph).evaluate(output, signal);
        failures.forget(graph.closure(output.digest));
        // What is shown of it may come a moment later; the container need not wait.
        void status.confirm(graph, output);
        return id;
      },
    };
  };

  return {
    get hasCome() {
      return hasCome;
    },
    async openContainer(spec, signal) {
      const [{ openContainer }, place] = await Promise.all([import('./container/index.js'), context()]);
      const container = await openContainer(place, spec, signal);
      containers.add(container);
      void container.gone.then(() => containers.delete(container));
      if (isClosed) await container.release();
      return container;
    },
    async openFiles(spec, signal) {
      const [{ openFiles }, place] = await Promise.all([import('./files.js'), context()]);
      return openFiles(place, spec, signal);
    },
    async changes(step, signal) {
      const [{ changesOf }, place] = await Promise.all([import('./files.js'), context()]);
      return changesOf(place, step, signal);
    },
    hasExclusiveCache(step: StepKey) {
      const [plan, request] = [run.placedPlan(), run.request()];
      return plan !== null && hasExclusiveCache({ graph: graphFor(plan, request, step), request }, step);
    },
    expect() {
      if (!run.request().isUnattended)
        void Promise.all([import('./container/index.js'), import('./outcome.js')]).catch(() => undefined);
    },
    close() {
      isClosed = true;
    },
    release: () => Promise.allSettled([...containers].map((container) => container.release())),
  };
}
