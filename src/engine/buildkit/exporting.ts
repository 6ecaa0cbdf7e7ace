/**
 * Writing the result. Where containers may follow, a second build on the engine takes the state that was evaluated, with the frontend's
 * metadata, and returns it to an exporter: nothing runs twice, and the build that containers stand on stays open. A build that nobody
 * will look into returns its result to an exporter itself, which ends it.
 */

import type { MessageInitShape } from '@bufbuild/protobuf';
import type { EngineEvent } from '../../core/events.js';
import type { BuildResult } from '../../core/model/index.js';
import type { BuildRequest, OutputSpec } from '../engine.js';
import type { EngineLink } from './engine-link.js';
import { cacheExports, entitlementsOf } from './frontend-options.js';
import type { BuildGraph } from './graph-types.js';
import { imageIdOf, loadIntoStore, saveFromStore } from './image-store.js';
import { type Exporter, type OpenBuild, openBuild } from './open-build.js';
import { singleRef } from './plan.js';
import type { StatusResponse } from './proto/gen/control_pb.js';
import type { ResultSchema } from './proto/gen/gateway_pb.js';
import type { RunSession } from './run-session.js';
import type { OutputReceiver, OutputTarget } from './session/index.js';

export interface ExportInputs {
  readonly link: EngineLink;
  readonly request: BuildRequest;
  readonly session: RunSession;
  readonly graph: BuildGraph;
  readonly metadata: Readonly<Record<string, Uint8Array>>;
  readonly onStatus: (message: StatusResponse) => Promise<void>;
  readonly emit: (event: EngineEvent) => void;
  readonly signal: AbortSignal;
  readonly isCacheWritten?: boolean;
}

/** Writes all outputs, one after the other: old engines take one exporter a build. Throws what the engine or the file system throws. */
export async function exportOutputs(inputs: ExportInputs): Promise<BuildResult> {
  const outputs = wantedOutputs(inputs);
  const written: Array<Written & { output: OutputSpec }> = [];
  if (outputs.length > 0) inputs.emit({ type: 'export.started' });
  for (const output of outputs) {
    // The cache goes with the first.
    const rest = written.length === 0 ? inputs : { ...inputs, isCacheWritten: true };
    written.push({ output, ...(await writeOutput(rest, output)) });
  }
  if (outputs.length === 0 && cacheExports(inputs.request, inputs.link.facts).length > 0) {
    inputs.emit({ type: 'export.started' });
    await runExporter(inputs, { exporter: null, target: null });
  }
  return describe(inputs.request, written);
}

function describe(request: BuildRequest, written: ReadonlyArray<Written & { readonly output: OutputSpec }>): BuildResult {
  const metadata = Object.assign({}, ...written.map(({ response }) => response)) as Readonly<Record<string, string>>;
  return {
    ...(Object.keys(metadata).length > 0 && { metadata }),
    imageId: written.find(({ imageId }) => imageId !== null)?.imageId ?? null,
    tags: written.some(({ isStored }) => isStored) ? request.tags : [],
    outputs: written.flatMap(({ output }) => (output.kind === 'store' ? [] : [`${output.kind} ${output.dest}`])),
  };
}

function wantedOutputs({ request, link }: Pick<ExportInputs, 'request' | 'link'>): readonly OutputSpec[] {
  if (request.outputs.length > 0) return request.outputs;
  return link.facts.capabilities.imageStore.isAvailable ? [{ kind: 'store' }] : [];
}

interface Written {
  readonly imageId: string | null;
  readonly isStored: boolean;
  /** The exporter's; empty where the client made the output itself. */
  readonly response: Readonly<Record<string, string>>;
}

async function writeOutput(inputs: ExportInputs, output: OutputSpec): Promise<Written> {
  const { link, request } = inputs;
  const direct = directOutput(link, request, output);
  if (direct) return writtenBy(link, direct, await runExporter(inputs, direct));
  if (output.kind === 'docker') {
    // This engine writes archives only of images that it has stored.
    let response: Written['response'] = {};
    const store = async (): Promise<string | null> => {
      response = await runExporter(inputs, storeExport(request));
      return imageIdOf(response, link.facts.hasContainerdStore);
    };
    return { imageId: await saveFromStore(link, request.tags, output.dest, store), isStored: true, response };
  }
  const exporter = { type: 'docker', attrs: nameAttrs(request) };
  let response: Written['response'] = {};
  const imageId = await loadIntoStore(link, inputs.signal, async (dest) => {
    response = await runExporter(inputs, { exporter, target: { kind: 'docker', dest } });
  });
  return { imageId, isStored: true, response };
}

/** What one exporter of the engine writes by itself. */
interface Export {
  readonly exporter: Exporter;
  /** Where the client receives what the exporter sends; null when it sends nothing. */
  readonly target: OutputTarget | null;
}

interface DirectOutput extends Export {
  readonly output: OutputSpec;
}

/** Null: an output that takes more than an exporter. */
function directOutput(link: EngineLink, request: BuildRequest, output: OutputSpec): DirectOutput | null {
  switch (output.kind) {
    case 'local':
    case 'tar':
      return { output, exporter: { type: output.kind, attrs: {} }, target: output };
    case 'store':
      return link.facts.capabilities.imageStore.isAvailable ? { output, ...storeExport(request) } : null;
    case 'docker':
      return link.endpoint.kind === 'buildkitd' || link.facts.hasContainerdStore
        ? { output, exporter: { type: 'docker', attrs: nameAttrs(request) }, target: output }
        : null;
  }
}

function writtenBy(link: EngineLink, { output }: DirectOutput, response: Readonly<Record<string, string>>): Written {
  const isImage = output.kind === 'store' || output.kind === 'docker';
  return {
    imageId: isImage ? imageIdOf(response, link.facts.hasContainerdStore) : null,
    isStored: output.kind === 'store',
    response,
  };
}

function storeExport(request: BuildRequest): Export {
  return { exporter: { type: 'moby', attrs: nameAttrs(request) }, target: null };
}

/** The engine does it for a solve that has the frontend's arguments itself (control/control.go in moby/buildkit). */
function withEpoch({ type, attrs }: Exporter, { buildArgs }: BuildRequest): Exporter {
  const epoch = buildArgs.findLast(([name]) => name === 'SOURCE_DATE_EPOCH')?.[1];
  return { type, attrs: epoch ? { 'source-date-epoch': epoch, ...attrs } : attrs };
}

function nameAttrs(request: BuildRequest): Record<string, string> {
  return request.tags.length === 0 ? {} : { name: request.tags.join(',') };
}

async function runExporter(
  inputs: ExportInputs,
  { exporter, target }: { readonly exporter: Exporter | null; readonly target: OutputTarget | null },
): Promise<Record<string, string>> {
  const { link, session, graph, metadata, signal } = inputs;
  signal.throwIfAborted();
  const receiver = target ? session.receive(target) : null;
  const entitlements = entitlementsOf(inputs.request);
  const cache = inputs.isCacheWritten ? [] : cacheExports(inputs.request, link.facts);
  const { onStatus } = inputs;
  const dated = exporter && withEpoch(exporter, inputs.request);
  const build = openBuild(link.transport, { session, exporter: dated, entitlements, cacheExports: cache, onStatus });
  const abort = (): void => build.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const ref = graph.output
      ? await build.whileOpen(solveAgain(build.gateway.bridge, graph.encoded(graph.output), signal))
      : null;
    const { ExporterResponse } = await build.finish(resultOf(ref, metadata));
    await receiver?.done;
    return ExporterResponse;
  } finally {
    signal.removeEventListener('abort', abort);
    build.abort();
    receiver?.dispose();
  }
}

/** `ref`: of what was evaluated; null: an empty filesystem. */
function resultOf(ref: string | null, metadata: ExportInputs['metadata']): MessageInitShape<typeof ResultSchema> {
  return {
    ...(ref !== null && { result: { case: 'ref', value: { id: ref } } }),
    metadata: { ...metadata },
  };
}

/** The exporter that a build is opened with to end in it. */
export interface ClosingExport {
  readonly exporter: Exporter;
  /** Takes in what the exporter sends from now on, in the build's own session. */
  receive(session: RunSession): void;
  /** Ends the build with its result, which the engine carries out where it has not yet. Throws what the engine or the file system throws. */
  finish(build: OpenBuild, ref: string | null, metadata: ExportInputs['metadata'], signal: AbortSignal): Promise<BuildResult>;
  dispose(): void;
}

/** Null: there is no output, several, or one that takes more than an exporter. */
export function closingExport(link: EngineLink, request: BuildRequest): ClosingExport | null {
  const [output, ...others] = wantedOutputs({ link, request });
  const direct = output && others.length === 0 ? directOutput(link, request, output) : null;
  if (!output || !direct) return null;
  let receiver: OutputReceiver | null = null;
  return {
    exporter: withEpoch(direct.exporter, request),
    receive(session) {
      receiver = direct.target ? session.receive(direct.target) : null;
    },
    async finish(build, ref, metadata, signal) {
      signal.throwIfAborted();
      const abort = (): void => build.stop();
      signal.addEventListener('abort', abort, { once: true });
      try {
        const { ExporterResponse } = await build.finish(resultOf(ref, metadata));
        await receiver?.done;
        return describe(request, [{ output, ...writtenBy(link, direct, ExporterResponse) }]);
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    dispose: () => receiver?.dispose(),
  };
}

/** Result ids belong to one build; for the engine's solver it is the same vertex, so this only looks the result up. */
async function solveAgain(
  bridge: ReturnType<typeof openBuild>['gateway']['bridge'],
  definition: Uint8Array,
  signal: AbortSignal,
): Promise<string | null> {
  const { result } = await bridge.solve(
    { Definition: definition, Evaluate: true, allowResultReturn: true, allowResultArrayRef: true },
    { signal },
  );
  return singleRef(result)?.id ?? null;
}
