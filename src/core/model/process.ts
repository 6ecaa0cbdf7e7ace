/** Containers and processes of a session, as everybody sees them. */
import type { StepKey } from './step.js';

/** Which root filesystem of a step: before it ran, after it ran, or as the failed command left it. */
export type Moment = 'before' | 'after' | 'failed';

export interface MountSummary {
  readonly kind: 'cache' | 'secret' | 'ssh' | 'bind' | 'tmpfs' | 'toolbox';
  readonly target: string;
  /** One line for people: `shared`, `locked`, `from build`, `id=npmrc`. */
  readonly detail: string;
  /** False: it is in the step but not in this container; `detail` says why. */
  readonly isMounted: boolean;
}

export type ContainerState = 'creating' | 'running' | 'released' | 'lost';

export interface ContainerSummary {
  readonly id: string;
  readonly generation: number;
  /** Its build ran without the cache: the engine joins what is alike in two of those, but takes nothing of others for it. */
  readonly isUncached?: true;
  readonly step: StepKey;
  readonly moment: Moment;
  readonly state: ContainerState;
  /** Whom a shell runs as when nobody says otherwise. */
  readonly user: string;
  readonly cwd: string;
  readonly shell: readonly string[];
  readonly mounts: readonly MountSummary[];
  /** The command of the step's RUN as one shell line, whether or not it failed: what `process.rerun` runs; null for other steps. */
  readonly stepCommand: string | null;
  /** The shell starts with the step's command in its history: one up-arrow away. */
  readonly hasHistory: boolean;
  /** Set when this is not the state that was asked for (an old engine gives none after a failure), a sentence. */
  readonly note: string | null;
}

/** `released`: its container was given back, as somebody wished; `lost`: so nobody wished. */
export type ProcessState = 'starting' | 'running' | 'exited' | 'released' | 'lost';

export interface ProcessSummary {
  /** `p1`, `p2` … in the order of their start; never reused within a session. */
  readonly id: string;
  /** Id of a container; `host` for a program on this machine. */
  readonly container: string;
  readonly kind: 'shell' | 'exec';
  readonly args: readonly string[];
  /** One line for lists. */
  readonly command: string;
  readonly tty: boolean;
  /** Whom it was started as; null: not known, or on this machine. */
  readonly user: string | null;
  readonly state: ProcessState;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** 0..255; null while it runs, or when the engine could not say. */
  readonly exitCode: number | null;
  /** Why it ended without an exit code, or could not start; a sentence. */
  readonly reason: string | null;
}
