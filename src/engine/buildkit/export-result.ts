/** What the two ways of writing a result have in common: how it is returned to the exporters, what they send, and what is told of it. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { severalPlatforms } from '../../core/dockerfile/index.js';
import type { EngineEvent } from '../../core/events.js';
import type { BuildResult } from '../../core/model/index.js';
import { BxError } from '../../platform/errors.js';
import type { BuildRequest, OutputSpec } from '../engine.js';
import { type EngineExport, hasOwnStore, isOfImage, namesOf } from './engine-exports.js';
import type { EngineLink } from './engine-link.js';
import { imageIdOf } from './image-store.js';
import { recordLayout } from './local-caches.js';
import type { OpenBuild } from './open-build.js';
import type { ResultDetails, ResultIds } from './plan.js';
import type { Attestation, AttestationSchema, ResultSchema } from './proto/gen/gateway_pb.js';
import type { RunSession } from './run-session.js';
import type { OutputReceiver, OutputTarget } from './session/index.js';

/** What the parts of an export have in common. */
export interface ExportGround {
  readonly link: EngineLink;
  readonly request: BuildRequest;
  readonly emit: (event: EngineEvent) => void;
}

export interface Written {
  readonly output: OutputSpec;
  readonly imageId: string | null;
  readonly isStored: boolean;
  /** The exporter's; empty where the client made the output itself. */
  readonly response: ExporterResponse;
}

/** Of one build. */
export type ExporterResponse = Readonly<Record<string, string>>;

export function receiveAll(
  session: RunSession,
  exports: ReadonlyArray<{ readonly target: OutputTarget | null }>,
  request: BuildRequest,
): OutputReceiver[] {
  // The tree of each platform comes by itself.
  const calls = ({ kind }: OutputTarget): number =>
    kind === 'local' ? Math.max(1, severalPlatforms(request.platform).length) : 1;
  return exports.flatMap(({ target }, index) => (target ? [session.receive(target, index, calls(target))] : []));
}

/** Ends the build with its result. Where it cannot be written here, the engine knows that only by hearsay. */
export async function finishInto(
  receivers: readonly OutputReceiver[],
  build: OpenBuild,
  result: MessageInitShape<typeof ResultSchema>,
): Promise<ExporterResponse> {
  const reasons: unknown[] = [];
  for (const { done } of receivers) done.catch((error: unknown) => reasons.push(error));
  try {
    const { ExporterResponse } = await build.finish(result);
    await Promise.all(receivers.map(({ done }) => done));
    return ExporterResponse;
  } catch (error) {
    throw reasons.find((reason) => reason instanceof BxError && reason.code === 'input') ?? error;
  }
}

/** `ref`: of what was evaluated; null: an empty filesystem. */
export function resultOf(ref: ResultIds | null, details: ResultDetails): MessageInitShape<typeof ResultSchema> {
  return {
    ...(typeof ref === 'string' && { result: { case: 'ref', value: { id: ref } } }),
    ...(ref instanceof Map && {
      result: { case: 'refs', value: { refs: Object.fromEntries([...ref].map(([platform, id]) => [platform, { id }])) } },
    }),
    metadata: details.metadata,
    attestations: Object.fromEntries(
      Object.entries(details.attestations).map(([key, { attestation }]) => [
        key,
        { attestation: attestation.map(withoutDefinition) },
      ]),
    ),
  };
}

function withoutDefinition({ ref, ...rest }: Attestation): MessageInitShape<typeof AttestationSchema> {
  const { kind, metadata, path, inTotoPredicateType, inTotoSubjects } = rest;
  return { kind, metadata, path, inTotoPredicateType, inTotoSubjects, ...(ref && { ref: { id: ref.id } }) };
}

/** What has come of exports that the engine has made together. An engine that only stores has the images pushed from there. */
export async function writtenBy(
  { link, request, emit }: ExportGround,
  exports: readonly EngineExport[],
  response: ExporterResponse,
  signal: AbortSignal,
): Promise<Written[]> {
  const pushed = hasOwnStore(link.facts) ? exports.filter(({ output }) => isPushed(output)) : [];
  let told = response;
  if (pushed.length > 0) {
    const { pushImages } = await import('./image-push.js');
    const names = [...new Set(pushed.flatMap(({ output }) => namesOf(request, output)))];
    const digest = await pushImages(link, names, emit, signal);
    // Old engines call the configuration the image (docker/buildx, build/build.go).
    const config = response['containerimage.config.digest'] ?? response['containerimage.digest'];
    told = {
      ...response,
      ...(config !== undefined && { 'containerimage.config.digest': config }),
      ...(digest !== null && { 'containerimage.digest': digest }),
    };
  }
  for (const { output } of exports) recordLayout(output, response);
  return exports.map(({ output }) => ({
    output,
    imageId: isOfImage(output) ? imageIdOf(response, link.facts.hasContainerdStore) : null,
    isStored: link.facts.kind === 'docker' && (output.kind === 'store' || output.kind === 'image'),
    response: told,
  }));
}

export function describe(
  request: BuildRequest,
  outputs: readonly OutputSpec[],
  written: readonly Written[],
  rest: ExporterResponse = {},
): BuildResult {
  const metadata = Object.assign({}, ...written.map(({ response }) => response), rest) as ExporterResponse;
  const names = (some: readonly OutputSpec[]): string[] => [...new Set(some.flatMap((output) => namesOf(request, output)))];
  const pushed = names(outputs.filter(isPushed));
  return {
    ...(Object.keys(metadata).length > 0 && { metadata }),
    imageId: written.find(({ imageId }) => imageId !== null)?.imageId ?? null,
    tags: names(written.flatMap(({ isStored, output }) => (isStored ? [output] : []))),
    outputs: outputs.flatMap((output) => ('dest' in output ? [`${output.kind} ${output.dest}`] : [])),
    ...(pushed.length > 0 && { pushed }),
    ...(outputs.length === 0 && request.outputs.length > 0 && { isCacheOnly: true }),
  };
}

function isPushed({ kind, attrs }: OutputSpec): boolean {
  return kind === 'image' && attrs?.push === 'true';
}
