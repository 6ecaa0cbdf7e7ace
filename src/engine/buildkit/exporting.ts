/**
 * Writing the result: a second build on the engine takes the state that was evaluated, with the frontend's metadata, and returns it
 * to an exporter. Nothing runs twice, and the build that containers stand on stays open.
 */
import type { EngineEvent } from '../../core/events.js';
import type { BuildResult } from '../../core/model/index.js';
import type { BuildRequest, OutputSpec } from '../engine.js';
import type { EngineLink } from './engine-link.js';
import type { BuildGraph } from './graph.js';
import { imageIdOf, loadIntoStore, saveFromStore } from './image-store.js';
import { type Exporter, openBuild } from './open-build.js';
import { singleRef } from './plan.js';
import type { StatusResponse } from './proto/gen/control_pb.js';
import type { RunSession } from './run-session.js';
import type { OutputTarget } from './session/index.js';

export interface ExportInputs {
  readonly link: EngineLink;
  readonly request: BuildRequest;
  readonly session: RunSession;
  readonly graph: BuildGraph;
  readonly metadata: Readonly<Record<string, Uint8Array>>;
  readonly onStatus: (message: StatusResponse) => Promise<void>;
  readonly emit: (event: EngineEvent) => void;
  readonly signal: AbortSignal;
}

/** Writes all outputs, one after the other: old engines take one exporter a build. Throws what the engine or the file system throws. */
export async function exportOutputs(inputs: ExportInputs): Promise<BuildResult> {
  const outputs = wantedOutputs(inputs);
  let imageId: string | null = null;
  const written: string[] = [];
  let isStored = false;
  if (outputs.length > 0) inputs.emit({ type: 'export.started' });
  for (const output of outputs) {
    const made = await writeOutput(inputs, output);
    imageId ??= made.imageId;
    isStored ||= made.isStored;
    if (output.kind !== 'store') written.push(`${output.kind} ${output.dest}`);
  }
  return { imageId, tags: isStored ? inputs.request.tags : [], outputs: written };
}

function wantedOutputs({ request, link }: ExportInputs): readonly OutputSpec[] {
  if (request.outputs.length > 0) return request.outputs;
  return link.facts.capabilities.imageStore.isAvailable ? [{ kind: 'store' }] : [];
}

interface Written {
  readonly imageId: string | null;
  readonly isStored: boolean;
}

async function writeOutput(inputs: ExportInputs, output: OutputSpec): Promise<Written> {
  const { link, request } = inputs;
  switch (output.kind) {
    case 'local':
    case 'tar':
      await runExporter(inputs, { type: output.kind, attrs: {} }, output);
      return { imageId: null, isStored: false };
    case 'store':
      if (link.facts.capabilities.imageStore.isAvailable) return { imageId: await exportToStore(inputs), isStored: true };
      return {
        imageId: await loadIntoStore(link, inputs.signal, (file) =>
          runExporter(inputs, { type: 'docker', attrs: nameAttrs(request) }, { kind: 'docker', dest: file }),
        ),
        isStored: true,
      };
    case 'docker':
      if (link.endpoint.kind === 'buildkitd' || link.facts.hasContainerdStore) {
        const response = await runExporter(inputs, { type: 'docker', attrs: nameAttrs(request) }, output);
        return { imageId: imageIdOf(response, link.facts.hasContainerdStore), isStored: false };
      }
      // This engine writes archives only of images that it has stored.
      return { imageId: await saveFromStore(link, request.tags, output.dest, () => exportToStore(inputs)), isStored: true };
  }
}

async function exportToStore(inputs: ExportInputs): Promise<string | null> {
  const response = await runExporter(inputs, { type: 'moby', attrs: nameAttrs(inputs.request) }, null);
  return imageIdOf(response, inputs.link.facts.hasContainerdStore);
}

function nameAttrs(request: BuildRequest): Record<string, string> {
  return request.tags.length === 0 ? {} : { name: request.tags.join(',') };
}

/** `target`: where the client receives what the exporter sends; null when it sends nothing. */
async function runExporter(
  inputs: ExportInputs,
  exporter: Exporter,
  target: OutputTarget | null,
): Promise<Record<string, string>> {
  const { link, session, graph, metadata, signal } = inputs;
  signal.throwIfAborted();
  const receiver = target ? session.receive(target) : null;
  const build = openBuild(link.transport, { sessionId: session.id, exporter, onStatus: inputs.onStatus });
  const abort = (): void => build.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const ref = graph.output
      ? await build.whileOpen(solveAgain(build.gateway.bridge, graph.encoded(graph.output), signal))
      : null;
    const { ExporterResponse } = await build.finish({
      ...(ref !== null && { result: { case: 'ref', value: { id: ref } } }),
      metadata: { ...metadata },
    });
    await receiver?.done;
    return ExporterResponse;
  } finally {
    signal.removeEventListener('abort', abort);
    build.abort();
    receiver?.dispose();
  }
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
