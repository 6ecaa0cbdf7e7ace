/** How a result was made, from the engine's record of the build, as docker puts it into the metadata (docker/buildx, build/provenance.go). */
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import type { EngineLink } from './engine-link.js';
import { Content } from './proto/gen/content_pb.js';
import { type BuildResultInfo, Control, type Descriptor } from './proto/gen/control_pb.js';

const SLSA = 'https://slsa.dev/provenance/';

/** By docker's keys, one for each platform where there are several. Throws what the engine throws; of one that keeps no records there is none. */
export async function provenanceOf(
  { transport }: EngineLink,
  ref: string,
  mode: 'min' | 'max',
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const take = async (key: string, result: BuildResultInfo): Promise<void> => {
    const attestation = result.Attestations.find(
      ({ mediaType, annotations }) =>
        mediaType === 'application/vnd.in-toto+json' && annotations['in-toto.io/predicate-type']?.startsWith(SLSA),
    );
    if (!attestation) return;
    const bytes = await readBlob(transport, attestation, signal);
    found[key] = encoded(bytes, attestation.annotations['in-toto.io/predicate-type'] ?? '', mode);
  };
  try {
    for await (const { record } of createClient(Control, transport).listenBuildHistory(
      { Ref: ref, EarlyExit: true },
      { signal },
    )) {
      if (record?.Result) await take('buildx.build.provenance', record.Result);
      for (const [platform, result] of Object.entries(record?.Results ?? {}))
        await take(`buildx.build.provenance/${platform}`, result);
    }
  } catch (error) {
    if (!(error instanceof ConnectError) || error.code !== Code.Unimplemented) throw error;
  }
  return found;
}

async function readBlob(transport: EngineLink['transport'], { digest }: Descriptor, signal: AbortSignal): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const { data } of createClient(Content, transport).read({ digest }, { signal })) parts.push(data);
  return Buffer.concat(parts);
}

/** In the older form, whichever the engine has, and in base64, as docker has it. */
function encoded(bytes: Buffer, predicateType: string, mode: 'min' | 'max'): string {
  const told = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  const { buildConfig, metadata, ...rest } = predicateType === `${SLSA}v1` ? asOlder(told as unknown as Provenance1) : told;
  const whole = {
    ...rest,
    ...(mode === 'max' && { ...(buildConfig != null && { buildConfig }), ...(metadata != null && { metadata }) }),
  };
  return Buffer.from(JSON.stringify(whole)).toString('base64');
}

/** What is read of version 1 (BuildKit, solver/llbsolver/provenance/types). */
interface Provenance1 {
  readonly buildDefinition: {
    readonly externalParameters?: { readonly configSource?: Readonly<Record<string, unknown>>; readonly request?: unknown };
    readonly internalParameters?: Readonly<Record<string, unknown>>;
    readonly resolvedDependencies?: ReadonlyArray<{ readonly uri?: string; readonly digest?: unknown }>;
  };
  readonly runDetails: { readonly builder?: { readonly id?: string }; readonly metadata?: Readonly<Record<string, unknown>> };
}

function asOlder({ buildDefinition, runDetails }: Provenance1): Record<string, unknown> {
  const { externalParameters = {}, internalParameters = {}, resolvedDependencies } = buildDefinition;
  const { buildConfig, builderPlatform, ...environment } = internalParameters;
  const { path, ...source } = externalParameters.configSource ?? {};
  const { metadata } = runDetails;
  const completeness = metadata?.buildkit_completeness as Readonly<Record<string, unknown>> | undefined;
  return {
    builder: { id: runDetails.builder?.id ?? '' },
    buildType: 'https://mobyproject.org/buildkit@v1',
    ...(resolvedDependencies && { materials: resolvedDependencies.map(({ uri, digest }) => ({ uri, digest })) }),
    invocation: {
      configSource: { ...source, ...(path !== undefined && { entryPoint: path }) },
      parameters: externalParameters.request ?? {},
      environment: { platform: builderPlatform, ...environment },
    },
    ...(buildConfig !== undefined && { buildConfig }),
    ...(metadata && {
      metadata: {
        buildInvocationID: metadata.invocationId,
        buildStartedOn: metadata.startedOn,
        buildFinishedOn: metadata.finishedOn,
        completeness: { parameters: completeness?.request, environment: true, materials: completeness?.resolvedDependencies },
        reproducible: metadata.buildkit_reproducible,
        'https://mobyproject.org/buildkit@v1#hermetic': metadata.buildkit_hermetic,
        'https://mobyproject.org/buildkit@v1#metadata': metadata.buildkit_metadata,
      },
    }),
  };
}
