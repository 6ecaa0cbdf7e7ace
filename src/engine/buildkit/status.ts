/**
 * The status stream of a build as engine events: one vertex told once per change, foreign digests brought home, text decoded.
 * It keeps no logs and decides nothing about the outcome of the build.
 */
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { EngineEvent } from '../../core/events.js';
import type { LineRange } from '../../core/model/index.js';
import { createEngineClock, type EngineClock } from './clock.js';
import { shortenHostPaths } from './failure-text.js';
import { type BuildGraph, ignoreCacheAlias } from './graph.js';
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
  /** Events of one message, in the order in which a reader wants them: starts, output, ends. */
  translate(message: StatusResponse, receivedAtMs: number): EngineEvent[];
  /** Digests of the definition; needed to bring home what the engine reports under another name. */
  learn(graph: BuildGraph): void;
  /** What is known of each vertex, by the digest that events carry. */
  readonly vertices: ReadonlyMap<string, VertexRecord>;
  /** The digest of the definition for one that the engine reports under another. */
  home(digest: string): string;
  /** True while a vertex has started and not ended. */
  readonly isBusy: boolean;
}

/** `startedAtMs`: when this build was asked for, client's clock. `dockerfileName`: base name, as warnings name it. */
export function createStatusTranslator(options: {
  readonly startedAtMs: number;
  readonly dockerfileName: string;
}): StatusTranslator {
  const clock = createEngineClock(options.startedAtMs);
  const vertices = new Map<string, VertexRecord>();
  const running = new Set<string>();
  const aliases = new Map<string, string>();
  const byName = new Map<string, string>();
  const warned = new Set<string>();
  const text = createTextStreams();

  const home = (digest: string): string => aliases.get(digest) ?? digest;

  const updateVertex = (vertex: Vertex): EngineEvent | null => {
    const twin = byName.get(vertex.name);
    if (twin !== undefined && twin !== vertex.digest && !aliases.has(vertex.digest)) aliases.set(vertex.digest, twin);
    const next = toRecord(vertex, home(vertex.digest), clock, options.startedAtMs);
    const known = vertices.get(next.digest);
    if (known && !isNews(known, next)) return null;
    vertices.set(next.digest, next);
    if (next.startedAtMs !== null && next.completedAtMs === null) running.add(next.digest);
    else running.delete(next.digest);
    return { type: 'vertex.updated', ...next };
  };

  return {
    vertices,
    home,
    get isBusy() {
      return running.size > 0;
    },
    learn(graph) {
      const counts = new Map<string, number>();
      for (const vertex of graph.planned()) {
        aliases.set(vertex.digest, vertex.digest);
        aliases.set(ignoreCacheAlias(vertex.digest), vertex.digest);
        counts.set(vertex.name, (counts.get(vertex.name) ?? 0) + 1);
        byName.set(vertex.name, vertex.digest);
      }
      for (const [name, count] of counts) if (count > 1) byName.delete(name);
    },
    translate(message, receivedAtMs) {
      noteClock(clock, message, receivedAtMs);
      const starts: EngineEvent[] = [];
      const ends: EngineEvent[] = [];
      for (const vertex of message.vertexes) {
        const event = updateVertex(vertex);
        if (event) (vertex.completed ? ends : starts).push(event);
      }
      const output: EngineEvent[] = [];
      for (const status of latestOfEach(message.statuses)) output.push(progressEvent(status, home(status.vertex), clock));
      for (const log of message.logs) appendLog(output, log, home(log.vertex), text);
      for (const warning of message.warnings) {
        const event = warningEvent(warning, home(warning.vertex), options.dockerfileName);
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

/** What was executed by another build before this one was asked for is reused here, although the engine does not call it cached. */
function toRecord(vertex: Vertex, digest: string, clock: EngineClock, buildStartedAtMs: number): VertexRecord {
  const startedAtMs = clientMs(vertex.started, clock);
  const completedAtMs = clientMs(vertex.completed, clock);
  const base = { digest, name: vertex.name, inputs: vertex.inputs, error: shortenHostPaths(vertex.error) };
  if (completedAtMs !== null && completedAtMs < buildStartedAtMs && vertex.error === '') {
    return { ...base, isCached: true, startedAtMs: buildStartedAtMs, completedAtMs: buildStartedAtMs };
  }
  return { ...base, isCached: vertex.cached, startedAtMs, completedAtMs };
}

/**
 * The engine announces every vertex again with each solve. One that has succeeded stays as it was first told (a later solve calls it
 * cached), one that has failed stays failed until it starts again.
 */
function isNews(known: VertexRecord, next: VertexRecord): boolean {
  if (known.completedAtMs !== null && known.error === '') return false;
  if (known.startedAtMs !== null && next.startedAtMs === null) return false;
  if (known.completedAtMs !== null && next.completedAtMs === null && next.startedAtMs! <= known.completedAtMs) return false;
  return (
    known.isCached !== next.isCached ||
    known.startedAtMs !== next.startedAtMs ||
    known.completedAtMs !== next.completedAtMs ||
    known.error !== next.error ||
    known.name !== next.name
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
