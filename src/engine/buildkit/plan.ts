/** The Dockerfile turned into the engine's graph, without anything of it being carried out. */

import { BxError } from '../../platform/errors.js';
import type { BuildRequest } from '../engine.js';
import { readDefinition, readSourceInfo, type SourceFile } from './definition.js';
import { DOCKERFILE_FRONTEND } from './frontend-options.js';
import type { Gateway } from './gateway.js';
import { readGraph } from './graph.js';
import type { BuildGraph } from './graph-types.js';
import type { Ref, Result } from './proto/gen/gateway_pb.js';

/** What the frontend says of the result (`containerimage.config` and others); an exporter needs it all. */
export type ResultDetails = Pick<Result, 'metadata' | 'attestations'>;

export interface ResolvedPlan {
  readonly graph: BuildGraph;
  /** Of the other platforms. */
  readonly others: readonly BuildGraph[];
  readonly details: ResultDetails;
}

/** What is returned to an exporter: the id of a result, or one for each platform. */
export type ResultIds = string | ReadonlyMap<string, string>;

export interface PlannedRef {
  readonly id: ResultIds;
  readonly def: Uint8Array;
}

export interface PlanHooks {
  /** Told of the result (unless it is empty) before its definition is read, which takes a while for a large one. */
  onResult(ref: PlannedRef, details: ResultDetails): void;
  /** Told of the Dockerfile where the engine alone could read it; gives the request with it. */
  onDockerfile(file: SourceFile): BuildRequest;
}

/**
 * Throws what the engine throws: a Dockerfile that cannot be read, an unknown target, a base image that cannot
 * be had.
 */
export async function resolvePlan(
  gateway: Gateway,
  request: BuildRequest,
  options: Record<string, string>,
  signal: AbortSignal,
  hooks: PlanHooks,
): Promise<ResolvedPlan> {
  const { result } = await gateway.bridge.solve(
    { Frontend: DOCKERFILE_FRONTEND, FrontendOpt: options, allowResultReturn: true, allowResultArrayRef: true },
    { signal },
  );
  const platforms = result?.result.case === 'refs' ? Object.entries(result.result.value.refs) : [];
  const refs = platforms.length > 1 ? platforms.map(([, ref]) => ref) : [singleRef(result)];
  const details = detailsOf(result);
  const [encoded = new Uint8Array(), ...others] = refs.map((ref) => ref?.def ?? new Uint8Array());
  if (refs[0] && encoded.length > 0) {
    const ids = new Map(platforms.map(([platform, { id }]) => [platform, id]));
    hooks.onResult({ id: ids.size > 1 ? ids : refs[0].id, def: encoded }, details);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const file = request.dockerfile.origin === 'context' ? mainSource(encoded) : null;
  const { dockerfile, buildArgs } = file === null ? request : hooks.onDockerfile(file);
  const { plan, name: dockerfileName, text: dockerfileText } = dockerfile;
  const read = (def: Uint8Array): BuildGraph => readGraph(def, { plan, dockerfileName, dockerfileText, buildArgs });
  return { graph: read(encoded), others: others.map(read), details };
}

export function detailsOf(result: Result | undefined): ResultDetails {
  return { metadata: result?.metadata ?? {}, attestations: result?.attestations ?? {} };
}

/** Null: the definition has no source map, as one of an image that nothing is done for. */
function mainSource(encoded: Uint8Array): SourceFile | null {
  const { infos } = readDefinition(encoded);
  return infos?.map(readSourceInfo).find(({ data }) => data.length > 0) ?? null;
}

/** Null: the result is an empty filesystem. */
export function singleRef(result: Result | undefined): Ref | null {
  if (result?.result.case === 'ref') return result.result.value;
  if (result?.result.case !== 'refs') return null;
  const refs = Object.values(result.result.value.refs);
  if (refs.length > 1) {
    throw new BxError('unsupported', `the build gives results for ${refs.length} platforms, and one at a time can be debugged`, {
      hint: 'Name one platform with --platform.',
    });
  }
  return refs[0] ?? null;
}
