/**
 * Writing the result of a build that containers may follow: a second build on the engine takes the state that was evaluated, with the frontend's
 * metadata, and returns it to the exporters. Nothing runs twice, and the build that containers stand on stays open.
 */
import type { BuildResult } from '../../core/model/index.js';
import type { OutputSpec } from '../engine.js';
import { isAttested } from './attestations.js';
import { buildRecord } from './build-record.js';
import { type EngineExport, engineExport, imageExporter, inRounds, namesOf, wantedOutputs } from './engine-exports.js';
import {
  describe,
  type ExporterResponse,
  type ExportGround,
  finishInto,
  receiveAll,
  resultOf,
  type Written,
  writtenBy,
} from './export-result.js';
import { cacheExports, DOCKERFILE_FRONTEND, entitlementsOf, type FrontendRequest } from './frontend-options.js';
import { imageIdOf, loadIntoStore, saveFromStore } from './image-store.js';
import { recordCaches } from './local-caches.js';
import { type OpenBuild, openBuild } from './open-build.js';
import { detailsOf, type ResolvedPlan, type ResultDetails, type ResultIds, resultIds, singleRef } from './plan.js';
import type { StatusResponse } from './proto/gen/control_pb.js';
import type { RunSession } from './run-session.js';
import { sourcePolicyOf } from './source-policy.js';

export interface ExportInputs extends ExportGround {
  readonly session: RunSession;
  readonly frontend: FrontendRequest;
  readonly plan: ResolvedPlan;
  readonly onStatus: (message: StatusResponse) => Promise<void>;
  readonly signal: AbortSignal;
}

type PlainExport = Pick<EngineExport, 'exporter' | 'target'>;

/** Writes all outputs. Throws what the engine or the file system throws. */
export async function exportOutputs(inputs: ExportInputs): Promise<BuildResult> {
  const { link, request } = inputs;
  const outputs = wantedOutputs(request, link.facts);
  const direct = outputs.flatMap((output) => engineExport(request, link.facts, output) ?? []);
  const others = outputs.filter((output) => !direct.some((one) => one.output === output));
  const rounds = inRounds(direct, link.facts);
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

async function runExporters(
  inputs: ExportInputs,
  exports: readonly PlainExport[],
  isWithCache: boolean,
): Promise<ExporterResponse> {
  const { link, request, session, frontend, onStatus, signal } = inputs;
  signal.throwIfAborted();
  const receivers = receiveAll(session, exports, request);
  const build = openBuild(link.transport, {
    ...{ session, frontendAttrs: frontend.options, onStatus },
    exporters: exports.map(({ exporter }) => exporter),
    entitlements: entitlementsOf(request),
    sourcePolicy: sourcePolicyOf(request, link.facts),
    cacheExports: isWithCache ? cacheExports(request, link.facts) : [],
  });
  const abort = (): void => build.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await build.taken;
    const { ref, details } = await build.whileOpen(resultAgain(build.gateway.bridge, inputs));
    const ExporterResponse = await finishInto(receivers, build, resultOf(ref, details));
    return { ...ExporterResponse, ...(await buildRecord(link, request, build.gateway.buildRef, signal)) };
  } finally {
    signal.removeEventListener('abort', abort);
    build.abort();
    for (const receiver of receivers) receiver.dispose();
  }
}

/**
 * Result ids belong to one build; for the engine's solver it is the same vertex, so this only looks the result up. What is attested of it is how this
 * build came to it, so that the frontend is asked again then; it has read the files of this session already.
 */
async function resultAgain(
  bridge: OpenBuild['gateway']['bridge'],
  { request, frontend, plan, signal }: ExportInputs,
): Promise<{ readonly ref: ResultIds | null; readonly details: ResultDetails }> {
  const { graphs, keys, details } = plan;
  if (graphs.every(({ output }) => output === null)) return { ref: resultIds(keys, []), details };
  const asked = { Evaluate: true, allowResultReturn: true, allowResultArrayRef: true };
  if (isAttested(frontend.options) || (request.buildRecord !== undefined && request.buildRecord !== 'reference')) {
    const { options: FrontendOpt, inputs: FrontendInputs } = frontend;
    const { result } = await bridge.solve({ Frontend: DOCKERFILE_FRONTEND, FrontendOpt, FrontendInputs, ...asked }, { signal });
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
