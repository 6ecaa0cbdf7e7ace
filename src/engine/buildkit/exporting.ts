/**
 * Writing the result. Where containers may follow, a second build on the engine takes the state that was evaluated, with the frontend's
 * metadata, and returns it to the exporters: nothing runs twice, and the build that containers stand on stays open. A build that nobody
 * will look into returns its result to the exporters itself, which ends it.
 */

import type { MessageInitShape } from '@bufbuild/protobuf';
import { severalPlatforms } from '../../core/dockerfile/index.js';
import type { EngineEvent } from '../../core/events.js';
import type { BuildResult } from '../../core/model/index.js';
import { BxError } from '../../platform/errors.js';
import type { BuildRequest, OutputSpec } from '../engine.js';
import { isAttested } from './attestations.js';
import { buildRecord } from './build-record.js';
import { type EngineExport, engineExport, hasOwnStore, imageExporter, namesOf, wantedOutputs } from './engine-exports.js';
import type { EngineLink } from './engine-link.js';
import { cacheExports, DOCKERFILE_FRONTEND, entitlementsOf } from './frontend-options.js';
import { imageIdOf, loadIntoStore, saveFromStore } from './image-store.js';
import { isLayout, recordCaches, recordLayout } from './local-caches.js';
import { type Exporter, type OpenBuild, openBuild } from './open-build.js';
import { detailsOf, type ResolvedPlan, type ResultDetails, type ResultIds, resultIds, singleRef } from './plan.js';
import type { StatusResponse } from './proto/gen/control_pb.js';
import type { Attestation, AttestationSchema, ResultSchema } from './proto/gen/gateway_pb.js';
import type { RunSession } from './run-session.js';
import type { OutputReceiver, OutputTarget } from './session/index.js';

/** What the parts of an export have in common. */
interface ExportGround {
  readonly link: EngineLink;
  readonly request: BuildRequest;
  readonly emit: (event: EngineEvent) => void;
}

export interface ExportInputs extends ExportGround {
  readonly session: RunSession;
  /** Of the frontend. */
  readonly options: Readonly<Record<string, string>>;
  readonly plan: ResolvedPlan;
  readonly onStatus: (message: StatusResponse) => Promise<void>;
  readonly signal: AbortSignal;
}

interface Written {
  readonly output: OutputSpec;
  readonly imageId: string | null;
  readonly isStored: boolean;
  /** The exporter's; empty where the client made the output itself. */
  readonly response: ExporterResponse;
}

/** Whether a vertex of that name is an exporter's. */
export function isExporting(name: string): boolean {
  return /^(?:exporting|sending tarball|copying files|pushing)\b/.test(name);
}

type ExporterResponse = Readonly<Record<string, string>>;

/** Writes all outputs. Throws what the engine or the file system throws. */
export async function exportOutputs(inputs: ExportInputs): Promise<BuildResult> {
  const { link, request } = inputs;
  const outputs = wantedOutputs(request, link.facts);
  const direct = outputs.flatMap((output) => engineExport(request, link.facts, output) ?? []);
  const others = outputs.filter((output) => !direct.some((one) => one.output === output));
  const rounds = inRounds(direct, link);
  const written: Written[] = [];
  const hasCache = cacheExports(request, link.facts).length > 0;
  if (outputs.length > 0 || hasCache) inputs.emit({ type: 'export.started' });
  // The cache goes with the first.
  let isCacheWritten = !hasCache;
  const run = async (exports: readonly PlainExport[]): Promise<ExporterResponse> => {
    const isWithCache = !isCacheWritten;
    isCacheWritten = true;
    const response = await runExporters(inputs, exports, isWithCache);
    if (isWithCache) recordCaches(request, response);
    return response;
  };
  for (const round of rounds) written.push(...(await writtenBy(inputs, round, await run(round), inputs.signal)));
  for (const output of others) written.push(await writeByStore(inputs, output, run));
  const isUnrecorded = request.buildRecord !== undefined && outputs.length === 0;
  const rest = isCacheWritten && !isUnrecorded ? {} : await run([]);
  return describe(request, outputs, written, rest);
}

/** Older engines take one exporter a build. What an image in a directory is called is told by a build of its own. */
function inRounds(exports: readonly EngineExport[], { facts }: EngineLink): ReadonlyArray<readonly EngineExport[]> {
  if (!facts.takesSeveralExporters) return exports.map((one) => [one]);
  const together = exports.filter(({ output }) => !isLayout(output));
  const alone = exports.filter(({ output }) => isLayout(output));
  return [...(together.length > 0 ? [together] : []), ...alone.map((one) => [one])];
}

function describe(
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

/** Outputs that take a Docker Engine's image store besides an exporter. */
async function writeByStore(
  { link, request, signal }: ExportInputs,
  output: OutputSpec,
  run: (exports: readonly PlainExport[]) => Promise<ExporterResponse>,
): Promise<Written> {
  let response: ExporterResponse = {};
  if (output.kind === 'docker') {
    // This engine writes archives only of images that it has stored.
    const store = async (): Promise<string | null> => {
      response = await run([{ exporter: imageExporter('moby', request, output), target: null }]);
      return imageIdOf(response, link.facts.hasContainerdStore);
    };
    const imageId = await saveFromStore(link, namesOf(request, output), output.dest, { store, signal });
    return { output, imageId, isStored: true, response };
  }
  const exporter = imageExporter('docker', request, output);
  const imageId = await loadIntoStore(link, signal, async (dest) => {
    response = await run([{ exporter, target: { kind: 'docker', dest } }]);
  });
  return { output, imageId, isStored: true, response };
}

/** What has come of exports that the engine has made together. An engine that only stores has the images pushed from there. */
async function writtenBy(
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

function isOfImage({ kind }: OutputSpec): boolean {
  return kind !== 'local' && kind !== 'tar';
}

type PlainExport = Pick<EngineExport, 'exporter' | 'target'>;

async function runExporters(
  inputs: ExportInputs,
  exports: readonly PlainExport[],
  isWithCache: boolean,
): Promise<ExporterResponse> {
  const { link, request, session, options, onStatus, signal } = inputs;
  signal.throwIfAborted();
  const receivers = receiveAll(session, exports, request);
  const build = openBuild(link.transport, {
    ...{ session, frontendAttrs: options, onStatus },
    exporters: exports.map(({ exporter }) => exporter),
    entitlements: entitlementsOf(request),
    cacheExports: isWithCache ? cacheExports(request, link.facts) : [],
  });
  const abort = (): void => build.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const { ref, details } = await build.whileOpen(resultAgain(build.gateway.bridge, inputs));
    const ExporterResponse = await finishInto(receivers, build, resultOf(ref, details));
    return { ...ExporterResponse, ...(await buildRecord(link, request, build.gateway.buildRef, signal)) };
  } finally {
    signal.removeEventListener('abort', abort);
    build.abort();
    for (const receiver of receivers) receiver.dispose();
  }
}

function receiveAll(
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
async function finishInto(
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

/**
 * A build for several platforms has one result, which an exporter has to take as a whole. Throws `BxError('unsupported')` for an output that
 * cannot, as an image in a store that holds one platform only (so does docker/buildx for its docker driver, build/build.go).
 */
export function requireOutputsForAll({ link, request }: ExportGround): void {
  if (severalPlatforms(request.platform).length === 0 || request.call !== undefined) return;
  const refuse = (why: string, hint: string): BxError =>
    new BxError('unsupported', `--platform ${request.platform}: ${why}`, { hint });
  const outputs = wantedOutputs(request, link.facts);
  if (hasOwnStore(link.facts) && outputs.some(isOfImage)) {
    const hint = 'Write files with --output, let the engine store images in containerd, or build with a buildkitd.';
    throw refuse(`${link.facts.name} keeps images of one platform only`, hint);
  }
  const byStore = outputs.find((output) => engineExport(request, link.facts, output) === null);
  if (byStore === undefined) return;
  throw refuse('a Docker Engine takes an archive of one platform only', 'Say --output with oci, image, local or tar.');
}

/** `ref`: of what was evaluated; null: an empty filesystem. */
function resultOf(ref: ResultIds | null, details: ResultDetails): MessageInitShape<typeof ResultSchema> {
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

/** The exporters that a build is opened with to end in them. */
export interface ClosingExport {
  readonly exporters: readonly Exporter[];
  /** Takes in what the exporters send from now on, in the build's own session. */
  receive(session: RunSession): void;
  /** Ends the build with its result, which the engine carries out where it has not yet. Throws what the engine or the file system throws. */
  finish(build: OpenBuild, ref: ResultIds | null, details: ResultDetails, signal: AbortSignal): Promise<BuildResult>;
  dispose(): void;
}

/** Null: somebody may look into the build, there is no output, or one that takes more than an exporter, or several that take a build each. */
export function closingExport(ground: ExportGround): ClosingExport | null {
  const { link, request } = ground;
  if (!request.isUnattended || request.call !== undefined) return null;
  const outputs = wantedOutputs(request, link.facts);
  const exports = outputs.flatMap((output) => engineExport(request, link.facts, output) ?? []);
  if (exports.length === 0 || exports.length < outputs.length) return null;
  if (inRounds(exports, link).length > 1) return null;
  let receivers: OutputReceiver[] = [];
  return {
    exporters: exports.map(({ exporter }) => exporter),
    receive(session) {
      receivers = receiveAll(session, exports, request);
    },
    async finish(build, ref, details, signal) {
      signal.throwIfAborted();
      const abort = (): void => build.stop();
      signal.addEventListener('abort', abort, { once: true });
      try {
        const ExporterResponse = await finishInto(receivers, build, resultOf(ref, details));
        recordCaches(request, ExporterResponse);
        const response = { ...ExporterResponse, ...(await buildRecord(link, request, build.gateway.buildRef, signal)) };
        return describe(request, outputs, await writtenBy(ground, exports, response, signal));
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    dispose() {
      for (const receiver of receivers) receiver.dispose();
    },
  };
}

/**
 * Result ids belong to one build; for the engine's solver it is the same vertex, so this only looks the result up. What is attested of it is how this
 * build came to it, so that the frontend is asked again then; it has read the files of this session already.
 */
async function resultAgain(
  bridge: OpenBuild['gateway']['bridge'],
  { request, options, plan, signal }: ExportInputs,
): Promise<{ readonly ref: ResultIds | null; readonly details: ResultDetails }> {
  const { graphs, keys, details } = plan;
  if (graphs.every(({ output }) => output === null)) return { ref: resultIds(keys, []), details };
  const asked = { Evaluate: true, allowResultReturn: true, allowResultArrayRef: true };
  if (isAttested(options) || (request.buildRecord !== undefined && request.buildRecord !== 'reference')) {
    const { result } = await bridge.solve({ Frontend: DOCKERFILE_FRONTEND, FrontendOpt: { ...options }, ...asked }, { signal });
    const refs = result?.result.case === 'refs' ? result.result.value.refs : {};
    const ids = keys.length > 0 ? keys.map((key) => refs[key]?.id ?? '') : [singleRef(result)?.id ?? ''];
    return { ref: resultIds(keys, ids), details: detailsOf(result) };
  }
  const ids = graphs.map(async ({ output, encoded }) => {
    if (output === null) return '';
    const { result } = await bridge.solve({ Definition: encoded(output), ...asked }, { signal });
    return singleRef(result)?.id ?? '';
  });
  return { ref: resultIds(keys, await Promise.all(ids)), details };
}
