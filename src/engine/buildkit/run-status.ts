/**
 * What the engine tells of a run, as the run's events: each message placed at the steps of the Dockerfile once there is a plan, and put right where
 * the last of it never comes. It must not know what is done about it.
 */
import type { BuildRequest } from '../engine.js';
import { isExporting } from './engine-exports.js';
import type { Failures } from './failures.js';
import type { BuildGraph, OutputRef } from './graph-types.js';
import type { ResolvedPlan } from './plan.js';
import type { StatusResponse } from './proto/gen/control_pb.js';
import type { RunEvents } from './run-events.js';
import { createSettling, type Settling } from './settling.js';
import { solveStatusLine } from './solve-status.js';
import { carriesOut, createStatusTranslator, type StatusTranslator, withoutVertices } from './status.js';

export interface RunStatus {
  readonly translator: StatusTranslator;
  readonly settling: Settling;
  /** What the engine tells stands at the steps of the Dockerfile. */
  readonly isPlaced: boolean;
  /** Resolves when the run's reader has room for more. */
  take(told: StatusResponse): Promise<void>;
  /** Takes what is told of another build for the same result, begun now: of what is known already nothing counts. */
  beside(plan: ResolvedPlan): (told: StatusResponse) => Promise<void>;
  /** While the graph is read whose evaluation has begun, what is told of it waits. Ends with the call of what is returned. */
  hold(): () => void;
  /** From now on it is placed. */
  place(plan: ResolvedPlan): void;
  /** The output has been evaluated: waits for the last that is told of what it needed, and puts the rest right. */
  confirm(graph: BuildGraph, output: OutputRef): Promise<void>;
  /** The same where nothing more will be told. */
  confirmAll(graphs: readonly BuildGraph[]): void;
}

export interface RunStatusOptions {
  readonly events: RunEvents;
  readonly failures: Failures;
  /** It becomes another when the engine tells the Dockerfile. */
  request(): BuildRequest;
  /** Null: there is none yet. */
  plan(): ResolvedPlan | null;
  /** The exporter has the result: what it tells belongs to the export. */
  isHandedIn(): boolean;
}

export function createRunStatus({ events, failures, ...run }: RunStatusOptions): RunStatus {
  const translator = createStatusTranslator({
    startedAtMs: Date.now(),
    dockerfileName: () => run.request().dockerfile.name,
  });
  const settling = createSettling(translator);
  let isPlaced = false;
  let reading: Promise<void> | null = null;

  const place = (plan: ResolvedPlan): void => {
    if (isPlaced) return;
    isPlaced = true;
    translator.learn(plan.graphs);
    events.planned(plan);
  };
  /** `message`: what counts of it here. */
  const take = async (told: StatusResponse, message = told): Promise<void> => {
    run.request().onRawStatus?.(solveStatusLine(told));
    // What the engine says of the graph's vertices can be placed once the graph is read.
    await reading;
    const plan = run.plan();
    if (plan && carriesOut(message)) place(plan);
    for (const event of translator.translate(message, Date.now())) {
      if (run.isHandedIn() && event.type === 'vertex.updated' && isExporting(event.name)) events.exportStarted();
      failures.heed(event);
      events.emit(event);
    }
    settling.check();
    return events.queue.room();
  };
  const putRight = (digests: readonly string[]): void => {
    for (const event of translator.confirm(digests, Date.now())) events.emit(event);
  };

  return {
    translator,
    settling,
    get isPlaced() {
      return isPlaced;
    },
    take: (told) => take(told),
    beside(plan) {
      const known = new Set([...plan.graphs.flatMap(({ digests }) => digests), ...translator.vertices.keys()]);
      const isKnown = (digest: string): boolean => known.has(translator.home(digest));
      return (told) => take(told, withoutVertices(told, isKnown));
    },
    hold() {
      let release = (): void => {};
      reading = new Promise((resolve) => {
        release = resolve;
      });
      return () => {
        reading = null;
        release();
      };
    },
    place,
    async confirm(graph, output) {
      await settling.carriedOut(output.digest, graph.closure);
      putRight(graph.closure(output.digest));
    },
    confirmAll(graphs) {
      putRight([...new Set(graphs.flatMap(({ output, closure }) => (output ? closure(output.digest) : [])))]);
    },
  };
}
