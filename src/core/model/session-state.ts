/** The state of one debug session: everything on screen is a function of it, of the view's own state and of the emulators. */
import type { ContainerSummary, ProcessSummary } from './process.js';
import type { Stage, Step, StepKey, StepWarning } from './step.js';

export interface Capability {
  readonly isAvailable: boolean;
  /** Why not, a sentence; empty when available. */
  readonly reason: string;
}

export type CapabilityName =
  | 'failedState' // the filesystem a failed RUN left behind
  | 'signals' // a signal to a process by name
  | 'secretEnv'
  | 'files' // stat, list and read in a step's filesystem, without a process in it
  | 'failedFiles' // the same in what a failed RUN has left behind, and what it has changed
  | 'changes' // which paths a step has added, changed and deleted
  | 'liveFiles' // read a running container's files without a process in it
  | 'buildWarnings'
  | 'imageStore'; // keeps the image of a build that asks for no output

export interface EngineSummary {
  /** `Docker Engine 28.5.2`, `buildkitd v0.32.2`. */
  readonly name: string;
  readonly kind: 'buildkit' | 'classic' | 'replay';
  /** `unix:///var/run/docker.sock`. */
  readonly address: string;
  /** Where the address came from: `DOCKER_HOST`, `docker context "work"`, `default socket`. */
  readonly source: string;
  readonly capabilities: Readonly<Record<CapabilityName, Capability>>;
}

export type EngineStatus =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'lost'; readonly message: string; readonly hint: string | null };

/** planning: the Dockerfile is known, its graph is not. exporting: every step is done, the result is being written. */
export type GenerationStatus = 'planning' | 'running' | 'exporting' | 'succeeded' | 'failed' | 'cancelled';

export interface BuildFailure {
  /** Null: no step is to blame (unparsable Dockerfile, unknown target, engine lost). */
  readonly step: StepKey | null;
  readonly message: string;
  readonly hint: string | null;
  /** Exit code of the failing command; null when none. */
  readonly exitCode: number | null;
  /** Line of the Dockerfile, 1-based. */
  readonly line: number | null;
}

export interface BuildResult {
  /** `sha256:…` of the image (config digest on Docker's store); null when no image was made. */
  readonly imageId: string | null;
  readonly tags: readonly string[];
  /** Where files went: `local ./out`, `tar out.tar`. */
  readonly outputs: readonly string[];
  /** Names under which the image went to a registry. */
  readonly pushed?: readonly string[];
  /** It was asked for that the result stays where it is. */
  readonly isCacheOnly?: true;
  /** What the engine's exporters say of it, as they say it: `containerimage.config.digest`, `image.name` … */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What the client has sent of its files, summed over all transfers of the generation. */
export interface ContextTransfer {
  readonly name: string;
  readonly bytes: number;
  readonly files: number;
  readonly isDone: boolean;
}

export interface Vertex {
  readonly digest: string;
  readonly name: string;
  readonly step: StepKey;
  /** Further steps that it is carried out for: the same for another platform, or alike in another stage. */
  readonly also?: readonly StepKey[];
  readonly isCached: boolean;
  readonly startedAtMs: number | null;
  readonly completedAtMs: number | null;
  readonly error: string;
  /** Who has not answered yet, where that is what it waits for. */
  readonly silent?: string;
}

/** Where a Dockerfile is that is no file of the session's machine: it came by standard input, or lies in a context elsewhere. */
export type DockerfileOrigin = 'stdin' | 'context';

export interface DockerfileText {
  /** Absolute; a name only, where it is no file. */
  readonly path: string;
  /** Empty until it is known. */
  readonly text: string;
  /** Absent: a file of the session's machine. */
  readonly origin?: DockerfileOrigin;
}

/** One run of the build within the session; reload makes the next. */
export interface Generation {
  readonly number: number;
  readonly status: GenerationStatus;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly dockerfile: DockerfileText;
  readonly target: string | null;
  readonly stages: readonly Stage[];
  /** Order of display: instructions in Dockerfile order, then export; context and internal steps come before them. */
  readonly order: readonly StepKey[];
  readonly steps: Readonly<Record<StepKey, Step>>;
  readonly vertices: Readonly<Record<string, Vertex>>;
  readonly transfers: readonly ContextTransfer[];
  readonly warnings: readonly StepWarning[];
  readonly failure: BuildFailure | null;
  readonly result: BuildResult | null;
}

export interface Notice {
  readonly id: number;
  readonly atMs: number;
  readonly level: 'info' | 'warning' | 'error';
  readonly message: string;
  readonly hint: string | null;
}

/** How the line to an engine that is not on this machine does. */
export interface EngineLine {
  /** From a question to its answer; null: none has come yet. */
  readonly roundTripMs: number | null;
  /** An answer is overdue. */
  readonly isSilent: boolean;
}

export interface SessionState {
  readonly id: string;
  readonly startedAtMs: number;
  readonly contextLabel: string;
  readonly engine: EngineSummary | null;
  readonly engineStatus: EngineStatus;
  /** Null: the engine is on this machine, or nothing is known yet. */
  readonly line: EngineLine | null;
  /** Oldest first; the last one is the current. Older ones stay to be compared with. */
  readonly generations: readonly Generation[];
  readonly containers: Readonly<Record<string, ContainerSummary>>;
  /** In the order of their start. */
  readonly processes: readonly ProcessSummary[];
  /** The newest 50. */
  readonly notices: readonly Notice[];
}
