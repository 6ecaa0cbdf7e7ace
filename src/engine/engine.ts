/**
 * The engine interface: what the session needs from a builder, and its contract. One suite (`test/engine-contract`) runs over
 * every implementation. An engine must not know the session, the screen or another engine.
 *
 * Contract
 * 1. What an engine cannot do is a capability that is off, with its reason; calling it anyway throws `BxError('unsupported')`.
 * 2. A failed build is an event, not an exception. Exceptions are for the connection and for misuse.
 * 3. Containers are isolated from each other and from the build: nothing done in one is seen in another or in the image.
 * 4. Ending one process, with any status, leaves the container's other processes alive.
 * 5. `dispose` releases on the engine whatever this object made there; it is safe to call twice and while anything is running.
 */

import type { EngineEvent } from '../core/events.js';
import type {
  Capability,
  CapabilityName,
  EngineLine,
  EngineSummary,
  FileChange,
  FileEntry,
  Moment,
  MountSummary,
  StepKey,
} from '../core/model/index.js';
import type { ByteChannel } from '../platform/byte-channel.js';
import type { BuildRequest } from './build-request.js';

export * from './build-request.js';
export type { Capability, CapabilityName };

export interface Engine {
  readonly summary: EngineSummary;
  /** Starts one run of the build. Returns at once; what happens comes as events. */
  build(request: BuildRequest): BuildRun;
  /** Resolves when the connection is gone, with the reason; never rejects. */
  readonly lost: Promise<Error>;
  /** How the line to an engine on another machine does: now, and with each notable change. Never called for one on this machine. */
  onLine(listener: (line: EngineLine) => void): void;
  dispose(): Promise<void>;
}

/**
 * One run of the build, and afterwards the ground for its containers: it stays usable, also after a failure or `cancel`, until `dispose`
 * (unless the request is unattended).
 */
export interface BuildRun {
  /**
   * One consumer. Ends after `build.succeeded`, `build.failed` or `build.cancelled` was delivered; events of steps evaluated
   * later (a rollback into a pending step) come through `lateEvents`.
   */
  readonly events: AsyncIterable<EngineEvent>;
  onLateEvent(listener: (event: EngineEvent) => void): void;
  /** Stops what is running on the engine; resolves when it has stopped. The run stays usable. */
  cancel(): Promise<void>;
  /**
   * A container at a step. A pending step is evaluated first, with only what it needs (its progress comes as events).
   * Throws `BxError`: 'engine' when a step on the way fails, 'unsupported' when the state cannot be had,
   * 'not-found' for a step that is not in the plan, 'cancelled' after `signal`.
   */
  openContainer(spec: ContainerSpec, signal: AbortSignal): Promise<Container>;
  /**
   * The files of a step's root filesystem, as they are in the build and not in any container; nothing is started for it. A pending step is
   * evaluated first. Throws like `openContainer`; 'unsupported' also where `files` is off, or `failedFiles` for the failed state.
   */
  openFiles(spec: FilesSpec, signal: AbortSignal): Promise<StepFiles>;
  /**
   * What the step has changed against the state before it (a failed RUN: what it has left behind), sorted by path. A pending step is
   * evaluated first. Throws like `openFiles`, and 'unsupported' for a step that begins a stage.
   */
  changes(step: StepKey, signal: AbortSignal): Promise<StepChanges>;
  /** True when the step's own mounts hold a cache that nobody else can use meanwhile (sharing=locked or private). */
  hasExclusiveCache(step: StepKey): boolean;
  dispose(): Promise<void>;
}

export interface ContainerSpec {
  readonly step: StepKey;
  /** `auto`: failed for the failed RUN, before for a failed COPY or ADD, after for every other step. */
  readonly moment: Moment | 'auto';
  /** `omit`: an empty directory instead of an exclusive cache, so that this container holds nobody up. */
  readonly exclusiveCaches: 'mount' | 'omit';
  /**
   * The program that will be started in it next; without `args` its shell. An engine may start it together with the container, which
   * is quicker: the first `Container.start` with this very object then gives the program that runs already.
   */
  readonly first?: ProcessSpec;
}

export interface FilesSpec {
  readonly step: StepKey;
  /** `auto`: as for a container, but of a failed RUN the state before it where the engine has no `failedFiles`. */
  readonly moment: Moment | 'auto';
}

/**
 * Paths are absolute, `..` in them is taken by the text; symlinks on the way are followed within the filesystem. Every call throws `BxError`:
 * 'not-found' when there is nothing at the path, 'input' when it is of another kind than is needed, 'cancelled' after `signal`, 'state' after
 * `release`.
 */
export interface StepFiles {
  readonly step: StepKey;
  /** What it is, which may differ from what was asked for; then `note` says why. */
  readonly moment: Moment;
  readonly note: string | null;
  /** The entry itself, also of a symlink. */
  stat(path: string, signal: AbortSignal): Promise<FileEntry>;
  /** What is in a directory, sorted by name; a symlink to one is followed. */
  list(path: string, signal: AbortSignal): Promise<readonly FileEntry[]>;
  /** The bytes of a file from an offset on, as they come; a symlink to one is followed. Ends early at the end of the file. */
  read(path: string, range: FileRange, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Gives back what the engine keeps for it. Safe to call twice; the run's `dispose` does it as well. */
  release(): Promise<void>;
}

export interface FileRange {
  readonly offset: number;
  /** Null: to the end. */
  readonly length: number | null;
}

export interface StepChanges {
  readonly moment: 'after' | 'failed';
  readonly changes: readonly FileChange[];
}

/** What a process in this container is started with when nothing else is asked for: as the step itself would have it. */
export interface ContainerDefaults {
  readonly env: readonly string[];
  readonly user: string;
  readonly cwd: string;
  /**
   * The interactive shell: of the SHELL instruction, else bash where there is one, else sh. Empty when the filesystem has no shell
   * and none could be lent; only `start` with a program of its own works then.
   */
  readonly shell: readonly string[];
  /** The shell comes from somewhere else than this filesystem (a toolbox); then where this filesystem is mounted (`/` or `/rootfs`). */
  readonly lentShell: { readonly from: string; readonly rootfs: string } | null;
  /** SHELL of the step, for running a command line: `["/bin/sh", "-c"]`. */
  readonly runShell: readonly string[];
  /** argv of the failing (or any) RUN, with which it can be run again; null for other steps. */
  readonly stepCommand: readonly string[] | null;
  /** The same as one line that a shell would take; null likewise. */
  readonly stepCommandLine: string | null;
  /** The interactive shell finds `stepCommandLine` as the newest line of its history, so that up-arrow brings it. */
  readonly hasHistory: boolean;
}

export interface ProcessSpec {
  /** Empty: the container's shell. */
  readonly args: readonly string[];
  /** Null: the container's default. Extra environment goes on top of the default one. */
  readonly env: readonly string[];
  readonly user: string | null;
  readonly cwd: string | null;
  readonly tty: boolean;
  /** Size at the start, cells. */
  readonly cols: number;
  readonly rows: number;
}

/** The reason of a program that was ended by `Container.release`. */
export const RELEASED = 'the container was released';

export interface ProcessExit {
  /** 0..255; null when the engine could not say (connection lost, container gone). */
  readonly code: number | null;
  /** A sentence when `code` is null or the program could not be started; else null. */
  readonly reason: string | null;
}

export interface Container {
  readonly id: string;
  readonly step: StepKey;
  /** What it is, which may differ from what was asked for; then `note` says why. */
  readonly moment: Moment;
  readonly note: string | null;
  readonly mounts: readonly MountSummary[];
  readonly defaults: ContainerDefaults;
  /** True while it holds an exclusive cache that the build may need. */
  readonly holdsExclusiveCache: boolean;
  /** Resolves when the program runs. Throws `BxError` when it cannot start ('engine': no such program, no such user …). */
  start(spec: ProcessSpec): Promise<ContainerProcess>;
  /** Ends every process in it and gives it back to the engine. Safe to call twice. */
  release(): Promise<void>;
  /** Resolves when the container is gone for whatever reason; null after `release`. */
  readonly gone: Promise<string | null>;
}

/** `channel` without a tty carries stdout and stderr mixed, as they came. */
export interface ContainerProcess extends ByteChannel {
  /** Resolves after the last byte was delivered; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Name without SIG (`TERM`, `KILL`, `INT`). Reaches the program and its children, never the container's other processes. */
  signal(name: string): Promise<void>;
  /** Ends the program's input, as Ctrl-D does without a tty. */
  closeInput(): void;
}
