/** What is asked of an engine: one build, with all that is set for it. Plain values but for what comes later or goes back; an engine reads it only. */
import type { DockerfilePlan } from '../core/dockerfile/index.js';
import type { DockerfileOrigin } from '../core/model/index.js';
import type { SourcePolicy } from './source-policy.js';

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
  /** Stages that are carried out whatever the cache has; one empty name alone: all of them (moby/buildkit, dockerui/config.go). */
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
