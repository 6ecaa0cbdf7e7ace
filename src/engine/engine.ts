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

import type { DockerfilePlan } from '../core/dockerfile/index.js';
import type { EngineEvent } from '../core/events.js';
import type {
  Capability,
  CapabilityName,
  DockerfileOrigin,
  EngineLine,
  EngineSummary,
  FileChange,
  FileEntry,
  Moment,
  MountSummary,
  StepKey,
} from '../core/model/index.js';
import type { ByteChannel } from '../platform/byte-channel.js';
import type { SourcePolicy } from './source-policy.js';

export type { Capability, CapabilityName };

export interface SecretSource {
  readonly id: string;
  readonly from: { readonly kind: 'file'; readonly path: string } | { readonly kind: 'env'; readonly name: string };
}

/** Who answers in a `--mount=type=ssh` of that id: an agent by the path of its socket, or keys in files by theirs. */
export type SshSource = { readonly id: string } & ({ readonly socket: string } | { readonly keys: readonly string[] });

/** What an exporter of the engine is told besides, in BuildKit's words: `compression`, `push`, `annotation.KEY` … */
export type ExporterAttrs = Readonly<Record<string, string>>;

export type OutputSpec = {
  readonly attrs?: ExporterAttrs;
} /** The engine's own image store (`--load`, `type=docker` without dest, and the default of a Docker Engine). */ & (
  | { readonly kind: 'store' }
  /** An image of the engine's: kept where it has a store, pushed to its registry with the attribute `push`. */
  | { readonly kind: 'image' }
  /** A tree of files; `dest` is an absolute directory, made if missing. */
  | { readonly kind: 'local'; readonly dest: string }
  /** A tar of the files; `dest` is an absolute file or `-` for stdout. */
  | { readonly kind: 'tar'; readonly dest: string }
  /** A tar of the image in docker's form or in that of the OCI; `dest` likewise. `isDirectory`: the same as a directory of blobs. */
  | { readonly kind: 'docker' | 'oci'; readonly dest: string; readonly isDirectory?: true }
  /** Nothing, not even what the engine does by itself: the result stays in its cache. */
  | { readonly kind: 'cacheonly' }
);

/** In place of an address: the engine's own machine, as its containers reach it. */
export const HOST_GATEWAY = 'host-gateway';

export interface HostEntry {
  readonly host: string;
  /** Or `HOST_GATEWAY`. */
  readonly ip: string;
}

export interface Ulimit {
  readonly name: string;
  /** -1: unlimited. */
  readonly soft: number;
  readonly hard: number;
}

export type ImageInLayout = { readonly tag: string } | { readonly digest: string };

/** Files besides the context, which the Dockerfile knows by a name: `COPY --from=NAME`, `FROM NAME`. */
export interface NamedContext {
  readonly name: string;
  readonly from:
    | { readonly kind: 'dir' /** Absolute. */; readonly dir: string }
    /** An image in a directory of this machine (OCI image layout), by its digest, or by what the tag stands for there when the build begins. */
    | ({ readonly kind: 'layout' /** Absolute. */; readonly dir: string } & ImageInLayout)
    /** What the engine gets by itself: `docker-image://…`, a git repository or an archive by its URL. */
    | { readonly kind: 'reference'; readonly ref: string };
}

/** A cache elsewhere, in BuildKit's words: `registry` with the attribute `ref`, `inline` … */
export interface CacheSpec {
  readonly type: string;
  readonly attrs: Readonly<Record<string, string>>;
}

export type BuildRecord = 'reference' | 'min' | 'max';

/** What is told of an image besides it. `spec`: of BuildKit's `attest:TYPE`; null: nothing, not even what the engine has by itself. */
export interface Attestation {
  readonly type: 'provenance' | 'sbom';
  readonly spec: string | null;
}

/** What the classic builder alone has a meaning for. BuildKit builds as if it were not there. */
export interface ClassicSettings {
  /** Limits of each RUN. */
  readonly memoryBytes?: number;
  /** Of memory and swap together; -1: as much swap as there is. */
  readonly memorySwapBytes?: number;
  readonly cpuShares?: number;
  readonly cpuPeriodUs?: number;
  readonly cpuQuotaUs?: number;
  /** `0-3`, `0,1`. */
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  /** How its containers are kept apart; empty: as the engine has it. */
  readonly isolation?: string;
  readonly securityOptions?: readonly string[];
  /** All layers that the build adds become one. */
  readonly isSquashed?: boolean;
  /** The context is sent compressed. */
  readonly isCompressed?: boolean;
  /** The containers of its commands are to stay. */
  readonly keepsContainers?: true;
  /** A value of these that is none, and what is wrong with it. */
  readonly unreadable?: { readonly message: string; readonly hint: string | null };
}

/** What is set for all of the build; what is left out is as the engine has it. */
export interface BuildSettings {
  /** Of the image. */
  readonly labels?: ReadonlyArray<readonly [name: string, value: string]>;
  readonly extraHosts?: readonly HostEntry[];
  /** `default`, `none`, `host`; the classic builder takes the name of any network of its engine. */
  readonly network?: string;
  /** BuildKit's entitlements, which an engine may refuse to give: `network.host` … */
  readonly allow?: readonly string[];
  readonly shmBytes?: number;
  readonly ulimits?: readonly Ulimit[];
  readonly cgroupParent?: string;
  readonly classic?: ClassicSettings;
  /** Stages that are carried out whatever the cache has. */
  readonly noCacheStages?: readonly string[];
  /** Base images are looked up at their registries also where the engine has them. */
  readonly pull?: boolean;
  readonly contexts?: readonly NamedContext[];
  readonly cacheFrom?: readonly CacheSpec[];
  readonly cacheTo?: readonly CacheSpec[];
  readonly attestations?: readonly Attestation[];
  /** What the result's metadata has of the engine's own record of the build: where it is, and how much of how the result was made. */
  readonly buildRecord?: BuildRecord;
  /** Of the image, for every output: attributes of an exporter, `annotation-index.KEY` … */
  readonly annotations?: ExporterAttrs;
  /** What docker is configured with, by the address of an engine or `default`: arguments, as far as no other is given. */
  readonly proxies?: Readonly<Record<string, ReadonlyArray<readonly [name: string, value: string]>>>;
}

/** What source control says of the files that are built from. */
export interface SourceControl {
  /** Of BuildKit's frontend: `vcs:revision`, `label:NAME` … */
  readonly attributes: Readonly<Record<string, string>>;
  /** Why it does not say what it could. */
  readonly warning: string | null;
}

/** Files to build from that are no directory of this machine. */
export type ContextSource =
  /** A git repository (`#ref:dir`), an archive or a Dockerfile, which the engine gets by itself. */
  | { readonly kind: 'url'; readonly url: string }
  /** A tar, compressed or not, in a file of this machine. */
  | { readonly kind: 'archive'; readonly path: string };

export interface BuildRequest extends BuildSettings {
  /** Absolute directory of the build context; null: it is `source`, or empty where there is none. */
  readonly contextDir: string | null;
  readonly source?: ContextSource;
  readonly dockerfile: {
    /** Absolute directory of the file, which may lie outside of the context; null: it is no file of this machine. */
    readonly dir: string | null;
    /** Base name, or the path in `source`. */
    readonly name: string;
    /** Absent: a file of this machine. `context`: in `source`, where only the engine reads it and tells it as `dockerfile.read`. */
    readonly origin?: DockerfileOrigin;
    /** Where the engine gets it by itself, whatever the context is; then the origin is `context`. */
    readonly url?: string;
    /** As read at the start of this generation; the very bytes that are sent. Empty where the engine is to read it. */
    readonly text: string;
    readonly plan: DockerfilePlan;
  };
  readonly target: string | null;
  /** In the order given; a null value means: take it from the client's environment was tried and it is not set. */
  readonly buildArgs: ReadonlyArray<readonly [name: string, value: string | null]>;
  readonly tags: readonly string[];
  readonly noCache: boolean;
  /** `linux/arm64`, several separated by commas; null: the engine's own. The plan of a build for several has the steps of each. */
  readonly platform: string | null;
  readonly secrets: readonly SecretSource[];
  readonly ssh: readonly SshSource[];
  /** Empty: the engine's default (a Docker Engine stores the image, a standalone buildkitd keeps the result in its cache). */
  readonly outputs: readonly OutputSpec[];
  /** Null: there is none. Never rejects. The classic builder takes none. */
  readonly sourceControl?: Promise<SourceControl | null>;
  readonly sourcePolicy?: SourcePolicy;
  /** Repositories whose URL has a query go to the frontend as a graph, whatever it can read. */
  readonly sendsGitQueries?: boolean;
  /** Nobody will look into this run: it need not stay usable after its end, and `openContainer` throws `BxError('state')`. */
  readonly isUnattended?: boolean;
  /**
   * A question to the frontend in place of a build, such as `frontend.lint`; the answer is the metadata of the result (`result.json` and
   * others). Nothing is carried out.
   */
  readonly call?: string;
  /** Gets what BuildKit itself tells of the build, message by message, as the JSON of its clients; other engines refuse the build. */
  readonly onRawStatus?: (json: string) => void;
}

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
