/** The Dockerfile turned into the engine's graph, without anything of it being carried out. */

import { parseDockerfile, severalPlatforms } from '../../core/dockerfile/index.js';
import type { StepKey } from '../../core/model/index.js';
import { BxError } from '../../platform/errors.js';
import type { BuildRequest } from '../engine.js';
import { readDefinition, readSourceInfo, type SourceFile } from './definition.js';
import { DOCKERFILE_FRONTEND, type FrontendRequest } from './frontend-options.js';
import type { Gateway } from './gateway.js';
import { readGraph } from './graph.js';
import type { BuildGraph } from './graph-types.js';
import type { Ref, Result } from './proto/gen/gateway_pb.js';

/** What the frontend says of the result (`containerimage.config` and others); an exporter needs it all. */
export type ResultDetails = Pick<Result, 'metadata' | 'attestations'>;

export interface ResolvedPlan {
  /** One, or one for each platform in the order in which they were asked for. Read when they are asked for, which takes a while. */
  readonly graphs: readonly [BuildGraph, ...BuildGraph[]];
  /** What the frontend calls the result of each graph; empty where there is one result. */
  readonly keys: readonly string[];
  readonly details: ResultDetails;
}

/** What is returned to an exporter: the id of a result, or one for each platform. */
export type ResultIds = string | ReadonlyMap<string, string>;

export interface PlannedRef {
  readonly id: string;
  /** Empty: an empty filesystem. */
  readonly def: Uint8Array;
}

export interface PlanHooks {
  /** Told of the results (unless all are empty) before their definitions are read, which takes a while for large ones. */
  onResults(refs: readonly PlannedRef[], ids: ResultIds, details: ResultDetails): void;
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
  { options, inputs }: FrontendRequest,
  signal: AbortSignal,
  hooks: PlanHooks,
): Promise<ResolvedPlan> {
  const { result } = await gateway.bridge.solve(
    {
      ...{ Frontend: DOCKERFILE_FRONTEND, FrontendOpt: options, FrontendInputs: inputs },
      ...{ allowResultReturn: true, allowResultArrayRef: true },
    },
    { signal },
  );
  const details = detailsOf(result);
  const keys = platformKeys(result);
  const byKey = result?.result.case === 'refs' ? result.result.value.refs : {};
  const found = keys.length > 0 ? keys.map((key) => byKey[key] ?? null) : [singleRef(result)];
  const refs = found.map((ref) => ({ id: ref?.id ?? '', def: ref?.def ?? new Uint8Array() }));
  if (refs.some(({ def }) => def.length > 0)) {
    hooks.onResults(
      refs,
      resultIds(
        keys,
        refs.map(({ id }) => id),
      )!,
      details,
    );
    await new Promise((resolve) => setImmediate(resolve));
  }
  const file = request.dockerfile.origin === 'context' ? mainSource(refs.find(({ def }) => def.length > 0)?.def) : null;
  const { dockerfile, buildArgs } = file === null ? request : hooks.onDockerfile(file);
  const { plan, name: dockerfileName, text: dockerfileText } = dockerfile;
  const platforms = severalPlatforms(request.platform);
  const read = ({ def }: PlannedRef, at: number): BuildGraph => {
    // A frontend that gives other results than were asked for has them all at the same steps.
    const platform = platforms.length === refs.length ? platforms[at] : platforms[0];
    return readGraph(def, { plan, dockerfileName, dockerfileText, buildArgs, platform });
  };
  const [first, ...others] = refs;
  let graphs: ResolvedPlan['graphs'] | null = null;
  return {
    ...{ keys, details },
    get graphs() {
      graphs ??= [read(first!, 0), ...others.map((ref, at) => read(ref, at + 1))];
      return graphs;
    },
  };
}

/** The graph that has the step, or would have it if it were needed: that of its platform. */
export function graphFor({ graphs }: ResolvedPlan, { dockerfile }: BuildRequest, step: StepKey): BuildGraph {
  const { stages, instructions } = dockerfile.plan;
  const platform = stages[instructions.find(({ key }) => key === step)?.stage ?? -1]?.targetPlatform;
  return graphs.find((graph) => graph.platform === platform) ?? graphs[0];
}

/** Null: an empty filesystem. `ids`: by graph. */
export function resultIds(keys: readonly string[], ids: readonly string[]): ResultIds | null {
  return keys.length === 0 ? ids[0] || null : new Map(keys.map((key, at) => [key, ids[at] ?? '']));
}

/** In the order in which the platforms were asked for, which a map does not keep (`refs.platforms`: exporter/containerimage/exptypes in moby/buildkit). Empty: one result. */
function platformKeys(result: Result | undefined): readonly string[] {
  const refs = result?.result.case === 'refs' ? Object.keys(result.result.value.refs) : [];
  const told = result?.metadata['refs.platforms'];
  const keys = told === undefined ? refs : idsOfPlatforms(told);
  return keys.length > 1 ? keys : [];
}

function idsOfPlatforms(told: Uint8Array): readonly string[] {
  const { Platforms = [] } = JSON.parse(Buffer.from(told).toString('utf8')) as { Platforms?: ReadonlyArray<{ ID: string }> };
  return Platforms.map(({ ID }) => ID);
}

export function detailsOf(result: Result | undefined): ResultDetails {
  return { metadata: result?.metadata ?? {}, attestations: result?.attestations ?? {} };
}

/** The request with the Dockerfile that the engine has read for it. */
export function withDockerfile(request: BuildRequest, { filename: name, data }: SourceFile): BuildRequest {
  const text = Buffer.from(data).toString('utf8');
  const plan = parseDockerfile(text, severalPlatforms(request.platform));
  return { ...request, dockerfile: { ...request.dockerfile, name, text, plan } };
}

/** Null: the definition has no source map, as one of an image that nothing is done for. */
function mainSource(encoded: Uint8Array = new Uint8Array()): SourceFile | null {
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
