/**
 * The status stream of a build as engine events: one vertex told once per change, foreign digests brought home, text decoded.
 * It keeps no logs and decides nothing about the outcome of the build.
 */

import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { EngineEvent, PlannedVertex, VertexUpdate } from '../../core/events.js';
import type { LineRange } from '../../core/model/index.js';
import { createEngineClock, type EngineClock } from './clock.js';
import { isVictim, shortenHostPaths } from './failure-text.js';
import { ignoreCacheAlias } from './graph.js';
import type { BuildGraph } from './graph-types.js';
import type { StatusResponse, Vertex, VertexLog, VertexStatus, VertexWarning } from './proto/gen/control_pb.js';
import { createTextStreams } from './text-streams.js';

export interface VertexRecord {
  readonly digest: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly isCached: boolean;
  readonly startedAtMs: number | null;
  readonly completedAtMs: number | null;
  readonly error: string;
}

export interface StatusTranslator {
  /** Events of one message, in the order in which a reader wants them: starts, output, ends. What a vertex says comes after it has begun. */
  translate(message: StatusResponse, receivedAtMs: number): EngineEvent[];
  /** Digests of the definition; needed to bring home what the engine reports under another name. */
  learn(graphs: readonly BuildGraph[]): void;
  /** Another graph of the same build: its vertices are told under their own digests, and nothing else is taken for them. */
  adopt(graph: BuildGraph): void;
  /** The build is over: what it has executed is not called cached by later solves. */
  freeze(): void;
  /**
   * These vertices are known to be good, because something that needs them all has been evaluated. Gives the events that put right
   * what was told otherwise: nothing (the result is shared with another open build, or a later step was found in the cache), or an
   * earlier error that an old engine repeats.
   */
  confirm(digests: readonly string[], atMs: number): EngineEvent[];
  /** What is known of each vertex, by the digest that events carry. */
  readonly vertices: ReadonlyMap<string, VertexRecord>;
  /** The digest of the definition for one that the engine reports under another. */
  home(digest: string): string;
  /** Another build had done it before this one was asked for: of what it needed nothing is told. */
  isReused(digest: string): boolean;
  /** True while a vertex has started and not ended. */
  readonly isBusy: boolean;
}

/** `startedAtMs`: when this build was asked for, client's clock. `dockerfileName`: as warnings name it, which may show late. */
export function createStatusTranslator(options: {
  readonly startedAtMs: number;
  readonly dockerfileName: () => string;
}): StatusTranslator {
  const clock = createEngineClock(options.startedAtMs);
  const vertices = new Map<string, VertexRecord>();
  const tracked = new Map<string, TrackedRun>();
  const running = new Set<string>();
  const stopped = new Set<string>();
  const reused = new Set<string>();
  let isFrozen = false;
  const aliases = new Map<string, string>();
  /** Planned, and not looked up yet by the names that they have when they must not come from the cache. */
  const withoutUncached = new Set<string>();
  const planned = new Map<string, PlannedVertex>();
  const byName = new Map<string, string>();
  /** What an ADD downloads is called like what takes it. */
  const byNameAndInputs = new Map<string, string>();
  const byText = new Map<string, string>();
  const warned = new Set<string>();
  const text = createTextStreams();

  const home = (digest: string): string => aliases.get(digest) ?? digest;

  /** Few builds need those names, and each is a digest to make. */
  const nameUncached = (): void => {
    for (const digest of withoutUncached) aliases.set(ignoreCacheAlias(digest), digest);
    withoutUncached.clear();
  };

  const plan = (vertex: PlannedVertex): void => {
    planned.set(vertex.digest, vertex);
    aliases.set(vertex.digest, vertex.digest);
    withoutUncached.add(vertex.digest);
  };

  /**
   * A step of another build that shares its work with one of ours stands in for it, as does one of ours whose sources a policy has converted: it
   * comes home by its text. One that cannot be placed (the text is not unique here) belongs to a build that is not ours.
   */
  const isForeign = (vertex: Vertex): boolean => {
    if (aliases.size === 0 || aliases.has(vertex.digest)) return false;
    if (vertex.name.startsWith('[')) nameUncached();
    if (aliases.has(vertex.digest)) return false;
    const text = stepText(vertex.name);
    if (text === null) return false;
    const twin = byName.get(vertex.name) ?? byNameAndInputs.get(nameAndInputs(vertex)) ?? byText.get(text);
    if (twin !== undefined) aliases.set(vertex.digest, twin);
    return twin === undefined;
  };

  const updateVertex = (vertex: Vertex): VertexUpdate | null => {
    if (isForeign(vertex)) return null;
    const digest = home(vertex.digest);
    const known = tracked.get(digest);
    const run = runOf(vertex);
    if ((known?.startMs ?? null) === null && wasStoppedBefore(vertex, clock, options.startedAtMs)) {
      stopped.add(digest);
      return null;
    }
    if (known && !isNews(known, run, { hasInputs: vertex.inputs.length > 0, isFrozen })) return null;
    tracked.set(digest, run);
    const isOfBefore = isEarlier(vertex, clock, options.startedAtMs);
    const record = toRecord(vertex, digest, clock, isOfBefore ? options.startedAtMs : null);
    if (isOfBefore && record.error === '') reused.add(digest);
    const before = vertices.get(digest);
    // A source is looked up and then fetched, which the engine tells as two runs; for people it is one.
    const isContinued = known?.error === '' && before?.startedAtMs != null && record.startedAtMs !== null && !record.isCached;
    const next = isContinued ? { ...record, startedAtMs: Math.min(before.startedAtMs, record.startedAtMs) } : record;
    vertices.set(digest, next);
    if (next.startedAtMs !== null && next.completedAtMs === null) running.add(digest);
    else running.delete(digest);
    return { type: 'vertex.updated', ...next };
  };

  /** A new listener is told also what a run that was stopped has printed; the log of a step is that of its latest run. */
  const isOfEarlierRun = ({ vertex, timestamp }: VertexLog): boolean => {
    const digest = home(vertex);
    const startMs = tracked.get(digest)?.startMs ?? null;
    if (startMs === null) return stopped.has(digest);
    return timestamp !== undefined && timestampMs(timestamp) < startMs;
  };

  return {
    vertices,
    home(digest) {
      if (!aliases.has(digest)) nameUncached();
      return home(digest);
    },
    confirm(digests, atMs) {
      return digests.flatMap((digest): EngineEvent[] => {
        const known = vertices.get(digest) ?? announced(planned.get(digest));
        if (!known || (known.startedAtMs !== null && known.error === '')) return [];
        const good: VertexRecord =
          known.startedAtMs === null
            ? { ...known, isCached: true, startedAtMs: atMs, completedAtMs: atMs }
            : { ...known, error: '', completedAtMs: known.completedAtMs ?? atMs };
        vertices.set(digest, good);
        running.delete(digest);
        return [{ type: 'vertex.updated', ...good }];
      });
    },
    freeze() {
      isFrozen = true;
    },
    isReused: (digest) => reused.has(digest),
    get isBusy() {
      return running.size > 0;
    },
    adopt(graph) {
      for (const vertex of graph.planned()) plan(planned.get(vertex.digest) ?? vertex);
    },
    learn(graphs) {
      const ours = graphs.flatMap((graph) => graph.planned());
      for (const vertex of ours) plan(vertex);
      setUnique(byName, ours, (vertex) => vertex.name);
      setUnique(byNameAndInputs, ours, nameAndInputs);
      setUnique(byText, ours, (vertex) => stepText(vertex.name));
    },
    translate(message, receivedAtMs) {
      noteClock(clock, message, receivedAtMs);
      const starts: EngineEvent[] = [];
      const ends: VertexUpdate[] = [];
      const hadBegun = new Map<string, boolean>();
      for (const vertex of message.vertexes) {
        const before = vertices.get(home(vertex.digest));
        const event = updateVertex(vertex);
        if (!event) continue;
        hadBegun.set(event.digest, before?.startedAtMs != null);
        // What has ended and begun again in one message ended before that.
        const earlier = vertex.completed ? -1 : ends.findIndex(({ digest }) => digest === event.digest);
        if (earlier >= 0) starts.push(...ends.splice(earlier, 1));
        (vertex.completed ? ends : starts).push(event);
      }
      // An engine that is busy tells at once of all that a short one has done.
      const speaking = new Set([...message.statuses, ...message.logs].map(({ vertex }) => home(vertex)));
      for (const end of ends)
        if (!hadBegun.get(end.digest) && speaking.has(end.digest)) starts.push({ ...end, completedAtMs: null, error: '' });
      const output: EngineEvent[] = [];
      for (const status of latestOfEach(message.statuses)) output.push(progressEvent(status, home(status.vertex), clock));
      for (const log of message.logs) if (!isOfEarlierRun(log)) appendLog(output, log, home(log.vertex), text);
      for (const warning of message.warnings) {
        const event = warningEvent(warning, home(warning.vertex), options.dockerfileName());
        const key = JSON.stringify([event.message, event.lines]);
        if (!warned.has(key)) output.push(event);
        warned.add(key);
      }
      for (const vertex of message.vertexes) {
        if (vertex.completed) output.push(...text.finish(home(vertex.digest)));
      }
      return [...starts, ...output, ...ends];
    },
  };
}

/**
 * `buildStartedAtMs`: it was executed by another build before this one was asked for, and is reused here, although the engine does not call
 * it cached; null: it was not.
 */
function toRecord(vertex: Vertex, digest: string, clock: EngineClock, buildStartedAtMs: number | null): VertexRecord {
  const told = errorOf(vertex);
  const base = { digest, name: vertex.name, inputs: vertex.inputs, error: told === '' ? '' : shortenHostPaths(told) };
  if (buildStartedAtMs !== null && base.error === '') {
    return { ...base, isCached: true, startedAtMs: buildStartedAtMs, completedAtMs: buildStartedAtMs };
  }
  return {
    ...base,
    isCached: vertex.cached,
    startedAtMs: clientMs(vertex.started, clock),
    completedAtMs: clientMs(vertex.completed, clock),
  };
}

function isEarlier(vertex: Vertex, clock: EngineClock, buildStartedAtMs: number): boolean {
  const completedAtMs = clientMs(vertex.completed, clock);
  return completedAtMs !== null && completedAtMs < buildStartedAtMs;
}

/** A run that was stopped before this build was asked for is none of it: the engine tells of it, and begins a new one. */
function wasStoppedBefore(vertex: Vertex, clock: EngineClock, buildStartedAtMs: number): boolean {
  return isEarlier(vertex, clock, buildStartedAtMs) && isVictim(vertex.error);
}

/** `[build 2/3] RUN make` -> `RUN make`: a step of a Dockerfile; null for everything else that an engine reports. */
function stepText(name: string): string | null {
  return /^\[(?:[^\]]* )?\d+\/\d+\] (.*)$/s.exec(name)?.[1] ?? null;
}

function nameAndInputs({ name, inputs }: Pick<PlannedVertex, 'name' | 'inputs'>): string {
  return `${inputs.length} ${name}`;
}

function setUnique(
  map: Map<string, string>,
  vertices: readonly PlannedVertex[],
  keyOf: (vertex: PlannedVertex) => string | null,
): void {
  const ambiguous = new Set<string>();
  for (const vertex of vertices) {
    const key = keyOf(vertex);
    if (key === null) continue;
    // What serves several platforms is planned for each.
    if (map.has(key) && map.get(key) !== vertex.digest) ambiguous.add(key);
    map.set(key, vertex.digest);
  }
  for (const key of ambiguous) map.delete(key);
}

function announced(vertex: PlannedVertex | undefined): VertexRecord | null {
  if (!vertex) return null;
  const { digest, name, inputs } = vertex;
  return { digest, name, inputs, isCached: false, startedAtMs: null, completedAtMs: null, error: '' };
}

/** One run of a vertex as the engine told it last, in the engine's time. */
interface TrackedRun {
  readonly name: string;
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly isCached: boolean;
  readonly error: string;
}

function runOf(vertex: Vertex): TrackedRun {
  return {
    name: vertex.name,
    startMs: vertex.started ? timestampMs(vertex.started) : null,
    endMs: vertex.completed ? timestampMs(vertex.completed) : null,
    isCached: vertex.cached,
    error: errorOf(vertex),
  };
}

/** What runs has no error: an engine repeats that of the run before, when the vertex was stopped and another build needs it. */
function errorOf({ started, completed, error }: Vertex): string {
  return started && !completed ? '' : error;
}

/**
 * The engine announces every vertex again with each solve, and tells old runs again to each new listener. One that has failed stays
 * failed until it starts again; one that has succeeded stays as it was told, except for a source (it is the only kind that is run
 * twice: looked up, then fetched or found in the cache). Once the build is over (`isFrozen`) nothing done becomes cached.
 */
function isNews(known: TrackedRun, next: TrackedRun, context: { hasInputs: boolean; isFrozen: boolean }): boolean {
  if (next.startMs === null) return known.startMs === null && known.name !== next.name;
  if (known.startMs === null) return true;
  if (known.endMs === null) return next.startMs >= known.startMs && (next.endMs !== null || next.startMs > known.startMs);
  if (next.startMs <= known.startMs) return false;
  if (known.error === '' && next.isCached) return !context.hasInputs && !context.isFrozen;
  return true;
}

/** It tells of a step that runs, has printed something or has failed: anything but what came from the cache, or belongs to no step. */
export function carriesOut({ vertexes, logs }: StatusResponse): boolean {
  return (
    logs.length > 0 ||
    vertexes.some((one) => one.error !== '' || (one.started && !one.completed && !one.cached && stepText(one.name) !== null))
  );
}

/** A local source's vertex carries the session's id in its digest, so its start belongs to this build alone. */
const OWN_SOURCE = /^\[internal\] load (build|\.dockerignore)/;

function noteClock(clock: EngineClock, message: StatusResponse, receivedAtMs: number): void {
  for (const vertex of message.vertexes) {
    if (vertex.started && OWN_SOURCE.test(vertex.name)) clock.noteOwnStart(timestampMs(vertex.started));
    for (const moment of [vertex.started, vertex.completed]) {
      if (moment) clock.noteReported(timestampMs(moment), receivedAtMs);
    }
  }
}

function latestOfEach(statuses: readonly VertexStatus[]): Iterable<VertexStatus> {
  return new Map(statuses.map((status) => [`${status.vertex} ${status.ID}`, status])).values();
}

function progressEvent(status: VertexStatus, digest: string, clock: EngineClock): EngineEvent {
  return {
    type: 'vertex.progressed',
    digest,
    id: status.ID,
    name: status.name || status.ID,
    current: Number(status.current),
    total: Number(status.total),
    startedAtMs: clientMs(status.started, clock),
    completedAtMs: clientMs(status.completed, clock),
  };
}

/** Neighbouring pieces of one stream become one event: the engine cuts its messages anywhere, often inside a line. */
function appendLog(events: EngineEvent[], log: VertexLog, digest: string, text: ReturnType<typeof createTextStreams>): void {
  const stream = log.stream === 2n ? 'stderr' : 'stdout';
  const decoded = text.decode(digest, stream, log.msg);
  if (decoded === '') return;
  const last = events.at(-1);
  if (last?.type === 'log.appended' && last.digest === digest && last.stream === stream) {
    events[events.length - 1] = { ...last, text: last.text + decoded };
  } else events.push({ type: 'log.appended', digest, stream, text: decoded });
}

function warningEvent(
  warning: VertexWarning,
  digest: string,
  dockerfileName: string,
): Extract<EngineEvent, { type: 'warning.reported' }> {
  const decoder = new TextDecoder();
  const isInDockerfile = !warning.info || warning.info.filename === '' || warning.info.filename === dockerfileName;
  const starts = warning.ranges.map((range) => range.start?.line ?? 0).filter((line) => line > 0);
  const start = Math.min(...starts);
  const lines: LineRange | null =
    isInDockerfile && starts.length > 0
      ? { start, end: Math.max(start, ...warning.ranges.map((range) => range.end?.line ?? 0)) }
      : null;
  return {
    type: 'warning.reported',
    digest,
    message: decoder.decode(warning.short),
    detail: warning.detail.map((line) => decoder.decode(line)),
    url: warning.url === '' ? null : warning.url,
    lines,
  };
}

function clientMs(moment: Timestamp | undefined, clock: EngineClock): number | null {
  return moment ? clock.toClientMs(timestampMs(moment)) : null;
}

function timestampMs(moment: Timestamp): number {
  return Number(moment.seconds) * 1000 + moment.nanos / 1e6;
}

/** The message without what it says of these vertices: another listener of the same builds is told everything again. */
export function withoutVertices(message: StatusResponse, isLeftOut: (digest: string) => boolean): StatusResponse {
  return {
    ...message,
    vertexes: message.vertexes.filter((vertex) => !isLeftOut(vertex.digest)),
    statuses: message.statuses.filter((status) => !isLeftOut(status.vertex)),
    logs: message.logs.filter((log) => !isLeftOut(log.vertex)),
    warnings: message.warnings.filter((warning) => !isLeftOut(warning.vertex)),
  };
}
