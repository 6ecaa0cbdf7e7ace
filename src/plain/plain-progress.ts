/**
 * Progress without a screen, in the shape of buildx's plain progress: for pipes, CI and the line-mode monitor. It follows a session, prints,
 * and changes nothing. Nothing is coloured, and nothing that a build prints reaches a terminal unfiltered.
 */
import type { EngineEvent, SessionEvent } from '../core/events.js';
import type { EngineSummary, Generation, SessionState, Vertex } from '../core/model/index.js';
import { selectCurrent } from '../core/select/index.js';
import type { Disposable } from '../platform/byte-channel.js';
import { printableLine, printableText } from '../platform/printable.js';
import type { SessionClient, StepLog } from '../session/session.js';
import { failureReport } from './failure-report.js';
import { createMultiplexer } from './multiplexer.js';
import { noticeLines } from './notice-lines.js';
import type { TextSink } from './text-sink.js';
import { unstoredLines } from './unstored.js';
import { VertexPrinter } from './vertex-printer.js';
import { warningLines } from './warning-lines.js';

const BATCH_MS = 50;
const BATCH_MAX_CHARACTERS = 64 * 1024;
const EARLY_MAX = 1000;

export interface PlainProgressOptions {
  readonly session: SessionClient;
  readonly sink: TextSink;
  /** The newest build is told from its beginning, as far as the session remembers it. */
  readonly withPast?: boolean;
}

/** Follows every build of the session from now on, until disposed. */
export function startPlainProgress({ session, sink, withPast = false }: PlainProgressOptions): Disposable {
  const newest = withPast ? selectCurrent(session.state) : null;
  if (withPast && session.state.engine !== null) sink.lines(engineLines(session.state.engine));
  let build = newest === null ? null : tellPast(session, newest, sink);

  return session.onEvent((event, state) => {
    switch (event.type) {
      case 'engine.connected':
        sink.lines(engineLines(event.engine));
        break;
      case 'generation.started':
        build = createBuildPrinter(event.generation, sink);
        break;
      case 'engine.reported':
        if (event.generation === build?.generation) build.report(event, state);
        break;
      case 'engine.lost':
        sink.lines([`ERROR: engine lost: ${printableText(event.message)}`, ...(event.hint === null ? [] : [event.hint])]);
        break;
      case 'notice.posted':
        sink.lines(noticeLines(event.notice));
        break;
      default:
        break;
    }
  });
}

/** Prints a build as it is now. Of one that is not over, what is on its way stays open. */
export function printBuild(session: SessionClient, generation: Generation, sink: TextSink): void {
  if (session.state.engine !== null) sink.lines(engineLines(session.state.engine));
  tellPast(session, generation, sink).pause();
}

function tellPast(session: SessionClient, generation: Generation, sink: TextSink): BuildPrinter {
  const { state } = session;
  const build = createBuildPrinter(generation.number, sink);
  build.tellPast(session, generation);
  const last = lastEvent(generation);
  const type = 'engine.reported';
  if (last !== null) build.report({ type, generation: generation.number, event: last, atMs: generation.endedAtMs ?? 0 }, state);
  return build;
}

/** The event that a build has ended with. */
function lastEvent({ status, failure, result, vertices }: Generation): EngineEvent | null {
  if (status === 'succeeded' && result !== null) return { type: 'build.succeeded', result };
  if (status === 'cancelled') return { type: 'build.cancelled' };
  if (status !== 'failed' || failure === null) return null;
  const { step, ...rest } = failure;
  const culprit = Object.values(vertices).find((vertex) => vertex.step === step && vertex.error !== '');
  return { type: 'build.failed', failure: { ...rest, digest: culprit?.digest ?? null } };
}

function engineLines({ name, address, source }: EngineSummary): string[] {
  return [`#0 building on ${printableLine(`${name} (${address}, ${source})`)}`, ''];
}

interface BuildPrinter {
  readonly generation: number;
  /** What has begun of it until now, with its logs. Call it before anything else. */
  tellPast(session: SessionClient, generation: Generation): void;
  /** Says what there is, though the build may not be over. */
  pause(): void;
  report(event: Extract<SessionEvent, { type: 'engine.reported' }>, state: SessionState): void;
}

function createBuildPrinter(generation: number, sink: TextSink): BuildPrinter {
  const vertices = new Map<string, VertexPrinter>();
  /** Logs of a vertex that another build, still open, has run: the engine tells them before it tells the vertex. */
  const early = new Map<string, Array<{ readonly text: string; readonly atMs: number }>>();
  const floor = createMultiplexer((lines) => sink.lines(lines));
  /** What has news, until the batch is told: the engine reports starts, logs, counters and ends of one moment in no useful order. */
  const changed = new Set<VertexPrinter>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let endedAtMs: number | null = null;

  /** Of a build that has ended the error is the last word: what its engine tells late is left out, what a rollback builds is not. */
  function isLate(event: Extract<EngineEvent, { type: 'vertex.updated' }>): boolean {
    if (endedAtMs === null) return false;
    return (event.startedAtMs ?? event.completedAtMs ?? endedAtMs) <= endedAtMs;
  }

  function tellAll(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const batch = [...changed].sort((a, b) => a.startedAtMs - b.startedAtMs);
    changed.clear();
    for (const vertex of batch) floor.touched(vertex);
  }

  function touch(vertex: VertexPrinter): void {
    changed.add(vertex);
    if (vertex.pendingCharacters > BATCH_MAX_CHARACTERS) tellAll();
    else timer ??= setTimeout(tellAll, BATCH_MS);
  }

  /** Says what is new of a vertex that has begun; one that was only announced says nothing, it may never run. */
  function tell(digest: string, change: (vertex: VertexPrinter) => void): void {
    const vertex = vertices.get(digest);
    if (vertex === undefined) return;
    change(vertex);
    if (vertex.hasNews) touch(vertex);
  }

  function keepEarly(digest: string, text: string, atMs: number): void {
    const logs = early.get(digest) ?? [];
    early.set(digest, logs);
    logs.push({ text, atMs });
    if (logs.length > EARLY_MAX) logs.shift();
  }

  function takeEarly(digest: string, vertex: VertexPrinter): void {
    for (const { text, atMs } of early.get(digest) ?? []) vertex.log(text, atMs);
    early.delete(digest);
  }

  function finish(): void {
    for (const vertex of vertices.values()) {
      vertex.finish();
      if (vertex.hasNews) changed.add(vertex);
    }
    tellAll();
    floor.finish();
  }

  function end(state: SessionState, digest: string | null): void {
    finish();
    const built = state.generations.find((candidate) => candidate.number === generation);
    if (built === undefined) return;
    const culprit = digest === null ? undefined : vertices.get(digest);
    sink.lines(warningLines(built));
    sink.lines(unstoredLines(built));
    sink.lines(failureReport(built, culprit ?? null));
  }

  function take(event: EngineEvent, atMs: number, state: SessionState): void {
    switch (event.type) {
      case 'vertex.updated': {
        if (event.startedAtMs === null && event.completedAtMs === null && event.error === '') break;
        if (isLate(event)) break;
        const known = vertices.get(event.digest);
        const vertex = known ?? new VertexPrinter(event.name);
        vertices.set(event.digest, vertex);
        vertex.update(event);
        if (known === undefined) takeEarly(event.digest, vertex);
        touch(vertex);
        break;
      }
      case 'vertex.progressed':
        tell(event.digest, (vertex) => vertex.progress(event, atMs));
        break;
      case 'log.appended':
        if (vertices.has(event.digest)) tell(event.digest, (vertex) => vertex.log(event.text, atMs));
        else keepEarly(event.digest, event.text, atMs);
        break;
      case 'warning.reported':
        tell(event.digest, (vertex) => vertex.warn(event.message));
        break;
      case 'build.succeeded':
        endedAtMs = atMs;
        end(state, null);
        break;
      case 'build.failed':
        endedAtMs = atMs;
        end(state, event.failure.digest);
        break;
      case 'build.cancelled':
        endedAtMs = atMs;
        finish();
        sink.lines(['ERROR: the build was cancelled']);
        break;
      default:
        break;
    }
  }

  function tellPast(session: SessionClient, { vertices: known, number }: Generation): void {
    const begun = Object.values(known).filter((vertex) => vertex.startedAtMs !== null || vertex.completedAtMs !== null);
    const beginning = (vertex: Vertex): number => vertex.startedAtMs ?? vertex.completedAtMs ?? 0;
    begun.sort((a, b) => beginning(a) - beginning(b));
    const told = new Set<string>();
    // A step's log is that of the last of its vertices: the earlier ones resolve and load.
    for (const { digest, step, ...vertex } of begun.toReversed()) {
      const printer = new VertexPrinter(vertex.name);
      printer.update({ type: 'vertex.updated', digest, inputs: [], ...vertex });
      if (!told.has(step)) printer.logOfPast(pastLog(session.stepLog(number, step)));
      told.add(step);
      vertices.set(digest, printer);
    }
    for (const { digest } of begun) floor.touched(vertices.get(digest)!);
  }

  return {
    generation,
    tellPast,
    pause: finish,
    report: ({ event, atMs }, state) => take(event, atMs, state),
  };
}

function pastLog({ head, tail, omittedBytes }: StepLog): string {
  return omittedBytes === 0
    ? head + tail
    : `${head}${head.endsWith('\n') || head === '' ? '' : '\n'}[… ${omittedBytes} bytes]\n${tail}`;
}
