/**
 * What a run tells: events to its one consumer while it lasts, and to whoever listens after its end. What the engine says of vertices that are
 * neither the run's own nor needed by somebody who looks into it stays here.
 */
import type { EngineEvent } from '../../core/events.js';
import { createEventQueue, type EventQueue } from '../shared/event-queue.js';
import type { BuildGraph } from './graph-types.js';
import type { ResolvedPlan } from './plan.js';
import { createSideVertices } from './side-vertices.js';

export interface RunEvents {
  readonly queue: EventQueue<EngineEvent>;
  onLateEvent(listener: (event: EngineEvent) => void): void;
  emit(event: EngineEvent): void;
  /** It is of no vertex; the build begins with the first, and what comes before there is one is told with the plan. */
  warn(message: string): void;
  /** A warning waits for the plan. */
  readonly hasEarlyWarnings: boolean;
  /** The plan is there. */
  planned(plan: ResolvedPlan): void;
  /** Told once. */
  exportStarted(): void;
  /** Another graph is looked into, beside `own`. */
  addGraph(graph: BuildGraph, own: BuildGraph): void;
  /** What the vertex needs is carried out for somebody who looks into the run: it is told from now on. */
  announce(graph: BuildGraph, digest: string): void;
  /** The last event. */
  end(event: EngineEvent): void;
}

/** `early`: warnings that are known before the run begins. */
export function createRunEvents(early: readonly string[]): RunEvents {
  const queue = createEventQueue<EngineEvent>();
  const lateListeners = new Set<(event: EngineEvent) => void>();
  const side = createSideVertices();
  const earlyWarnings = [...early];
  let plan: ResolvedPlan | null = null;
  let isExportTold = false;

  const deliver = (event: EngineEvent): void => {
    if (!queue.isEnded) queue.push(event);
    else for (const listener of lateListeners) listener(event);
  };
  const emit = (event: EngineEvent): void => {
    const isOwn = 'digest' in event && plan?.graphs.some((graph) => graph.op(event.digest) !== null) === true;
    if ('digest' in event && !isOwn && side.isHidden(event.digest)) return;
    if (!queue.isEnded || isOwn || ('digest' in event && side.isTold(event.digest))) deliver(event);
  };
  const warn = (message: string): void => {
    const digest = plan?.graphs[0].planned()[0]?.digest;
    if (digest === undefined) earlyWarnings.push(message);
    else emit({ type: 'warning.reported', digest, message, detail: [], url: null, lines: null });
  };
  return {
    queue,
    onLateEvent: (listener) => void lateListeners.add(listener),
    emit,
    warn,
    get hasEarlyWarnings() {
      return earlyWarnings.length > 0;
    },
    planned(resolved) {
      plan = resolved;
      emit({ type: 'plan.resolved', vertices: resolved.graphs.flatMap((graph) => graph.planned()) });
      for (const message of earlyWarnings.splice(0)) warn(message);
    },
    exportStarted() {
      if (!isExportTold) emit({ type: 'export.started' });
      isExportTold = true;
    },
    addGraph: (graph, own) => side.add(graph, own),
    announce(graph, digest) {
      const vertices = side.announce(graph, digest);
      if (vertices.length > 0) deliver({ type: 'plan.resolved', vertices });
    },
    end(event) {
      queue.push(event);
      queue.end();
    },
  };
}
