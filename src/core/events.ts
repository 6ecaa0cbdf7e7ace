/**
 * Every event of a session. The event log is the session: `reduce` over it gives the state, and nothing else does.
 * Events are plain JSON (no bytes, no Dates, no functions), so that they can be recorded, replayed and sent over a socket.
 */
import type { DockerfilePlan } from './dockerfile/index.js';
import type {
  BuildFailure,
  BuildResult,
  ContainerSummary,
  DockerfileText,
  EngineLine,
  EngineSummary,
  LineRange,
  Notice,
  ProcessSummary,
  StepKey,
} from './model/index.js';

/** A node of the engine's graph, placed at a step. */
export interface PlannedVertex {
  readonly digest: string;
  readonly name: string;
  readonly inputs: readonly string[];
  /** Lines of the main Dockerfile that made it; null for local sources and the like. */
  readonly lines: LineRange | null;
  /** Of steps that are alike, and so have it too. */
  readonly further?: readonly LineRange[];
  /** The engine's kind of operation. */
  readonly op: 'exec' | 'file' | 'source' | 'merge' | 'diff' | 'build' | 'unknown';
  /** Which of the platforms of a build for several it is planned for; what serves two of them is told for each. */
  readonly platform?: string;
}

/** What an engine says of one run of the build. All times are the client's clock, ms since the epoch, skew already removed. */
export type EngineEvent =
  /** The engine has found the Dockerfile in a context that only it can read. */
  | { readonly type: 'dockerfile.read'; readonly text: string; readonly plan: DockerfilePlan }
  /** The frontend has turned the Dockerfile into a graph. Steps without a vertex in it are not needed (or need no execution). */
  | { readonly type: 'plan.resolved'; readonly vertices: readonly PlannedVertex[] }
  | {
      readonly type: 'vertex.updated';
      readonly digest: string;
      readonly name: string;
      readonly inputs: readonly string[];
      readonly isCached: boolean;
      readonly startedAtMs: number | null;
      readonly completedAtMs: number | null;
      /** Empty: no error. Host paths shortened. */
      readonly error: string;
      /** Who has not answered yet, as the header says it. */
      readonly silent?: string;
    }
  | {
      readonly type: 'vertex.progressed';
      readonly digest: string;
      readonly id: string;
      readonly name: string;
      readonly current: number;
      readonly total: number;
      readonly startedAtMs: number | null;
      readonly completedAtMs: number | null;
    }
  | {
      readonly type: 'log.appended';
      readonly digest: string;
      readonly stream: 'stdout' | 'stderr';
      /** Decoded UTF-8, cut anywhere (also inside a line or an escape sequence), never inside a code point. Hostile. */
      readonly text: string;
    }
  | {
      readonly type: 'warning.reported';
      readonly digest: string;
      readonly message: string;
      readonly detail: readonly string[];
      readonly url: string | null;
      readonly lines: LineRange | null;
    }
  /** The step is an image of its own on this engine. */
  | { readonly type: 'image.made'; readonly digest: string; readonly imageId: string }
  | {
      readonly type: 'context.transferred';
      readonly name: string;
      readonly bytes: number;
      readonly files: number;
      readonly isDone: boolean;
    }
  /** Every step is done; the outputs are being written. */
  | { readonly type: 'export.started' }
  | { readonly type: 'build.succeeded'; readonly result: BuildResult }
  /** `digest` of the culprit, null when no vertex is to blame. */
  | {
      readonly type: 'build.failed';
      readonly failure: Omit<BuildFailure, 'step'> & { readonly digest: string | null };
    }
  | { readonly type: 'build.cancelled' };

export type VertexUpdate = Extract<EngineEvent, { type: 'vertex.updated' }>;

/** What happens to a session. `atMs` is the client's clock. */
export type SessionEvent =
  | { readonly type: 'session.started'; readonly atMs: number; readonly id: string; readonly contextLabel: string }
  | { readonly type: 'engine.connected'; readonly atMs: number; readonly engine: EngineSummary }
  | { readonly type: 'engine.line'; readonly atMs: number; readonly line: EngineLine }
  | { readonly type: 'engine.lost'; readonly atMs: number; readonly message: string; readonly hint: string | null }
  | {
      readonly type: 'generation.started';
      readonly atMs: number;
      readonly generation: number;
      readonly dockerfile: DockerfileText;
      /** Made of it once, where it was read: a front end that joins need not know how. */
      readonly plan: DockerfilePlan;
      readonly target: string | null;
    }
  | { readonly type: 'engine.reported'; readonly atMs: number; readonly generation: number; readonly event: EngineEvent }
  /** The log of a step has outgrown memory: all of it is in this file of the session's machine, until the session ends. */
  | {
      readonly type: 'log.spilled';
      readonly atMs: number;
      readonly generation: number;
      readonly step: StepKey;
      readonly file: string;
    }
  | { readonly type: 'container.updated'; readonly atMs: number; readonly container: ContainerSummary }
  | { readonly type: 'process.updated'; readonly atMs: number; readonly process: ProcessSummary }
  /** Sent when a shell was opened by itself (`--on`), so that a front end shows it. */
  | { readonly type: 'shell.opened'; readonly atMs: number; readonly process: string; readonly step: StepKey }
  | { readonly type: 'notice.posted'; readonly atMs: number; readonly notice: Omit<Notice, 'atMs'> };
