/** One run of the build: engine events folded into a `Generation`. */

import { assertNever } from '../assert-never.js';
import type { DockerfilePlan } from '../dockerfile/index.js';
import type { EngineEvent, VertexUpdate } from '../events.js';
import type { BuildFailure, Generation, Step, StepKey, Vertex } from '../model/index.js';
import { isOutside } from '../step-key.js';
import { alsoAt, EXPORT_KEY, emptyStep, outsideStep, placer, placeUnplanned, stepAtLine } from './place.js';
import {
  deriveUnexecuted,
  neededStages,
  settle,
  settleFoundation,
  stateOfVertices,
  stepsAt,
  stepsOfVertex,
  vertexState,
} from './step-state.js';
import { verticesOfTwins } from './twins.js';

const CLIPPED = /\[output clipped, log limit /;

export function startGeneration(
  given: Pick<Generation, 'number' | 'startedAtMs' | 'dockerfile' | 'target'>,
  plan: DockerfilePlan,
): Generation {
  const steps: Record<StepKey, Step> = {};
  for (const { key, ...rest } of plan.instructions) steps[key] = emptyStep({ key, kind: 'instruction', ...rest });
  steps[EXPORT_KEY] = emptyStep({ key: EXPORT_KEY, kind: 'export', text: 'export' });
  return {
    ...given,
    status: 'planning',
    endedAtMs: null,
    stages: plan.stages,
    order: [...plan.instructions.map((instruction) => instruction.key), EXPORT_KEY],
    steps,
    vertices: {},
    transfers: [],
    warnings: [],
    failure: null,
    result: null,
  };
}

export function reduceGeneration(generation: Generation, event: EngineEvent, atMs: number): Generation {
  switch (event.type) {
    case 'dockerfile.read': {
      const { number, startedAtMs, target, status, transfers, warnings, vertices } = generation;
      const dockerfile = { ...generation.dockerfile, text: event.text };
      const fresh = startGeneration({ number, startedAtMs, dockerfile, target }, event.plan);
      return putVertices({ ...fresh, status, transfers, warnings }, Object.values(vertices));
    }
    case 'plan.resolved': {
      const vertices = new Map<string, Vertex>();
      const strays: Vertex[] = [];
      const place = placer(generation);
      for (const planned of event.vertices) {
        const known = vertices.get(planned.digest) ?? generation.vertices[planned.digest];
        const [key = '', ...others] = place(planned);
        const isStray = known !== undefined && known.step !== key && isOutside(known.step);
        if (isStray) strays.push(known);
        const vertex =
          known === undefined ? newVertex(planned.digest, planned.name, key) : isStray ? { ...known, step: key } : known;
        vertices.set(planned.digest, alsoAt(generation, vertex, [key, ...others]));
      }
      const status = generation.status === 'planning' ? 'running' : generation.status;
      const placed = putVertices({ ...withoutOutside(generation, strays), status }, [...vertices.values()]);
      const next = putVertices(placed, verticesOfTwins(placed, neededStages(placed)));
      return { ...next, steps: deriveUnexecuted(next) };
    }
    case 'vertex.updated':
      return reduceUpdates(generation, [event]);
    case 'vertex.progressed':
      return updateSteps(generation, event.digest, (step) => {
        const id = `${event.digest}/${event.id}`;
        const { name, current, total, startedAtMs, completedAtMs } = event;
        const entry = { id, name, current, total, startedAtMs, completedAtMs };
        const isKnown = step.progress.some((progress) => progress.id === id);
        return { ...step, progress: isKnown ? step.progress.map((p) => (p.id === id ? entry : p)) : [...step.progress, entry] };
      });
    case 'log.appended':
      return updateSteps(generation, event.digest, (step) => ({
        ...step,
        log: {
          bytes: step.log.bytes + event.text.length,
          lines: step.log.lines + countNewlines(event.text),
          isClipped: step.log.isClipped || CLIPPED.test(event.text),
        },
      }));
    case 'warning.reported': {
      const warning = { message: event.message, detail: event.detail, url: event.url, lines: event.lines };
      const key = stepAtLine(generation, event.lines) ?? generation.vertices[event.digest]?.step;
      const next = { ...generation, warnings: [...generation.warnings, warning] };
      return updateStep(next, key, (step) => ({ ...step, warnings: [...step.warnings, warning] }));
    }
    case 'image.made':
      return updateStep(generation, generation.vertices[event.digest]?.step, (step) => ({ ...step, imageId: event.imageId }));
    case 'context.transferred': {
      const { type: _, ...transfer } = event;
      const others = generation.transfers.filter((known) => known.name !== transfer.name);
      return { ...generation, transfers: [...others, transfer] };
    }
    case 'export.started':
      return updateStep({ ...generation, status: 'exporting' }, EXPORT_KEY, (step) => ({
        ...step,
        state: 'running',
        startedAtMs: atMs,
      }));
    case 'build.succeeded':
      return end({ ...generation, result: event.result }, 'succeeded', atMs);
    case 'build.failed': {
      const { digest, ...rest } = event.failure;
      const line = rest.line === null ? null : { start: rest.line, end: rest.line };
      const culprit = (digest === null ? undefined : generation.vertices[digest]?.step) ?? stepAtLine(generation, line);
      const failure: BuildFailure = { ...rest, step: culprit };
      const failed = updateStep({ ...generation, failure }, culprit ?? undefined, (step) => ({
        ...step,
        state: 'failed',
        error: step.error ?? failure.message,
        completedAtMs: step.completedAtMs ?? atMs,
      }));
      const hasRun = culprit !== null && rest.exitCode !== null;
      return end(hasRun ? { ...failed, steps: settleFoundation(failed, culprit) } : failed, 'failed', atMs);
    }
    case 'build.cancelled':
      return end(generation, 'cancelled', atMs);
    default:
      return assertNever(event);
  }
}

/** Takes in what is told of several vertices, of each once, as if it came one by one. */
export function reduceUpdates(generation: Generation, updates: readonly VertexUpdate[]): Generation {
  const changed: Vertex[] = [];
  for (const update of updates) {
    const known = generation.vertices[update.digest];
    const vertex: Vertex = {
      digest: update.digest,
      name: known?.name ?? update.name,
      step: known?.step ?? placeUnplanned(generation, update.name),
      ...(known?.also && { also: known.also }),
      // A later build that shares the step makes the engine send it again as not cached.
      isCached: update.isCached || (known?.isCached === true && known.completedAtMs !== null),
      startedAtMs: update.startedAtMs ?? known?.startedAtMs ?? null,
      completedAtMs: update.completedAtMs,
      error: update.error,
      ...(update.silent !== undefined && { silent: update.silent }),
    };
    // An engine announces what it was planned to do, in the same words.
    if (known === undefined || !isSameVertex(known, vertex)) changed.push(vertex);
  }
  if (changed.length === 0) return generation;
  const next = putVertices(generation, changed);
  return next.status === 'planning' ? next : { ...next, steps: deriveUnexecuted(next) };
}

function end(generation: Generation, status: 'succeeded' | 'failed' | 'cancelled', atMs: number): Generation {
  const steps = Object.fromEntries(Object.entries(generation.steps).map(([key, step]) => [key, settle(step, status, atMs)]));
  return { ...generation, status, endedAtMs: atMs, steps };
}

/** What was told before there was a plan stood at steps of its own outside of the Dockerfile, which go when it has its place. */
function withoutOutside(generation: Generation, strays: readonly Vertex[]): Generation {
  if (strays.length === 0) return generation;
  const placed = new Set(strays.map(({ digest }) => digest));
  const gone = new Set(
    strays.map(({ step }) => step).filter((key) => generation.steps[key]?.vertices.every((digest) => placed.has(digest))),
  );
  const steps = Object.fromEntries(Object.entries(generation.steps).filter(([key]) => !gone.has(key)));
  return { ...generation, steps, order: generation.order.filter((key) => !gone.has(key)) };
}

function newVertex(digest: string, name: string, step: StepKey): Vertex {
  return { digest, name, step, isCached: false, startedAtMs: null, completedAtMs: null, error: '' };
}

function isSameVertex(a: Vertex, b: Vertex): boolean {
  return (
    a.isCached === b.isCached && a.startedAtMs === b.startedAtMs && a.completedAtMs === b.completedAtMs && a.error === b.error
  );
}

/**
 * Takes vertices in and brings their steps up to date; a step outside of the Dockerfile is made when its first vertex comes. The records are
 * copied once for all of them: a plan has hundreds.
 */
function putVertices(generation: Generation, added: readonly Vertex[]): Generation {
  const vertices = { ...generation.vertices };
  const steps = { ...generation.steps };
  const outside: StepKey[] = [];
  for (const vertex of added) {
    vertices[vertex.digest] = vertex;
    for (const key of stepsOfVertex(vertex)) {
      const known = steps[key];
      const step = known ?? outsideStep(key);
      const members = step.vertices.includes(vertex.digest) ? step.vertices : [...step.vertices, vertex.digest];
      steps[key] = stepOfVertices({ ...step, vertices: members }, vertices);
      if (known === undefined) outside.push(key);
    }
  }
  return { ...generation, vertices, steps, order: withOutside(generation.order, outside) };
}

/** Steps outside of the Dockerfile stand before all others, in the order in which they came. */
function withOutside(order: readonly StepKey[], added: readonly StepKey[]): readonly StepKey[] {
  if (added.length === 0) return order;
  const end = order.findLastIndex(isOutside) + 1;
  return [...order.slice(0, end), ...added, ...order.slice(end)];
}

function stepOfVertices(step: Step, vertices: Generation['vertices']): Step {
  const own = step.vertices.map((digest) => vertices[digest]!);
  const starts = own.flatMap((vertex) => vertex.startedAtMs ?? []);
  const ends = own.flatMap((vertex) => vertex.completedAtMs ?? []);
  const derived = stateOfVertices(own.map(vertexState));
  const isExporting = step.kind === 'export' && step.state === 'running' && derived !== 'failed';
  const state = isExporting ? 'running' : derived;
  const isOver = state !== 'running' && state !== 'pending';
  return {
    ...step,
    state,
    startedAtMs: starts.length > 0 ? Math.min(...starts) : step.startedAtMs,
    completedAtMs: isOver && ends.length > 0 ? Math.max(...ends) : null,
    error: own.find((vertex) => vertex.error !== '')?.error ?? null,
  };
}

function updateStep(generation: Generation, key: StepKey | undefined, update: (step: Step) => Step): Generation {
  const step = key === undefined ? undefined : generation.steps[key];
  return step === undefined ? generation : { ...generation, steps: { ...generation.steps, [step.key]: update(step) } };
}

/** All that the vertex is carried out for. */
function updateSteps(generation: Generation, digest: string, update: (step: Step) => Step): Generation {
  return stepsAt(generation, digest).reduce((next, key) => updateStep(next, key, update), generation);
}

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
