/**
 * What one run of a build offers to the containers that are opened on it: types only.
 * The run owns all of it; who gets it must not keep it beyond the run.
 */

import type { ClientHttp2Session } from 'node:http2';
import type { Capability, CapabilityName, StepKey } from '../../core/model/index.js';
import type { BuildRequest } from '../engine.js';
import type { ReleaseWatch } from './container/release-watch.js';
import type { Gateway } from './gateway.js';
import type { FrontendInputs } from './git-inputs.js';
import type { BuildGraph, Graph, OutputRef } from './graph-types.js';
import type { Op } from './proto/gen/pb_pb.js';

export interface SolveFailure {
  /** The culprit; null when the engine named none. */
  readonly digest: string | null;
  readonly op: Op | null;
  /** Result ids for `Mount.resultID` only, one per input; empty when the engine gave none. */
  readonly inputIds: readonly string[];
  /** Likewise as the failed operation left them: one per `ExecOp.mounts` entry, or one per action of a FileOp. `''`: no result. */
  readonly mountIds: readonly string[];
  /** exec: the command failed. file: a COPY, ADD or WORKDIR while it was carried out. cache: one while its files were looked up. */
  readonly kind: 'exec' | 'file' | 'cache' | 'other';
  /** file: index of the action; cache: index of the op's input. */
  readonly subjectIndex: number | null;
  /** 1-based line of the Dockerfile. */
  readonly line: number | null;
  /** Host paths shortened. */
  readonly message: string;
  readonly exitCode: number | null;
}

export interface RunContext {
  readonly gateway: Gateway;
  readonly session: {
    readonly id: string;
    /** Serves `files` (path -> content) as the local source `name` from now on. */
    addLocal(name: string, files: ReadonlyMap<string, Uint8Array>): void;
  };
  /** `FrontendOpt` of this build's solve, with `overrides` on top. The frontend is `frontend`. */
  frontendOptions(overrides?: Readonly<Record<string, string>>): Record<string, string>;
  readonly frontend: string;
  readonly frontendInputs: FrontendInputs;
  readonly request: BuildRequest;
  readonly graph: Graph;
  readonly capabilities: Readonly<Record<CapabilityName, Capability>>;
  /** The connection, for streams that are framed by hand; send `gateway.metadata` with each. */
  readonly h2: ClientHttp2Session;
  /** For containers that nothing else ends when this process is killed; null: the engine does. */
  readonly releaseWatch: ReleaseWatch | null;
  readonly buildRef: string;
  /** `linux/amd64`. */
  readonly workerPlatform: string;
  /** Of a build for several platforms, the one of `graph`. */
  readonly platform: string | undefined;
  /** The same run with the graph of the platform that the step is carried out for. */
  onPlatformOf(step: StepKey): RunContext;
  /** The newest failure of a vertex of that step in this run; null when there is none, or when it has been carried out since. */
  failureAt(step: StepKey): SolveFailure | null;
  /**
   * The result id of an output, evaluated now if it is not yet; kept per output. Throws `BxError`: 'engine' when a step on the way
   * fails, 'cancelled' after `signal` or `cancel`.
   */
  evaluate(output: OutputRef, signal?: AbortSignal): Promise<string>;
  /**
   * The same run with another graph of the same Dockerfile, for stages that the run's own does not have. What is carried out for it is
   * told as events where it belongs to steps that the run's own graph has nothing of.
   */
  withGraph(graph: BuildGraph): RunContext;
}
