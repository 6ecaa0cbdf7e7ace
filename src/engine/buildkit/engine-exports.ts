/** What an output takes on this engine: an exporter of its own, or the way through an image store. Nothing is exported here. */
import { severalPlatforms } from '../../core/dockerfile/index.js';
import { BxError } from '../../platform/errors.js';
import type { BuildRequest, OutputSpec } from '../engine.js';
import type { EngineFacts } from './engine-facts.js';
import { isLayout } from './local-caches.js';
import type { Exporter } from './open-build.js';
import type { OutputTarget } from './session/index.js';

/** What one exporter of the engine writes by itself. */
export interface EngineExport {
  readonly output: OutputSpec;
  readonly exporter: Exporter;
  /** Where the client receives what the exporter sends; null when it sends nothing. */
  readonly target: OutputTarget | null;
}

export type ExportRequest = Pick<BuildRequest, 'outputs' | 'tags' | 'annotations'>;
export type ExportFacts = Pick<EngineFacts, 'kind' | 'name' | 'hasContainerdStore'>;

const STORE_HINT =
  'Let the engine store images in containerd (daemon.json: "features": {"containerd-snapshotter": true}), or build with a buildkitd.';

/**
 * The outputs of a build, in their order; those that it has without being asked included. Throws `BxError('unsupported')` for one that this engine
 * cannot write (docker/buildx, build/opt.go): the engine itself would say so when all is built.
 */
export function wantedOutputs({ outputs, annotations = {} }: ExportRequest, facts: ExportFacts): readonly OutputSpec[] {
  for (const output of outputs) refuse(output, facts);
  const isIndex = Object.keys(annotations).find((name) => name.startsWith('annotation-index'));
  if (isIndex !== undefined && hasOwnStore(facts)) {
    throw new BxError('unsupported', `--annotation: ${facts.name} makes images without an index, which could be annotated`, {
      hint: STORE_HINT,
    });
  }
  if (outputs.length > 0) return outputs.filter(({ kind }) => kind !== 'cacheonly');
  return facts.kind === 'docker' ? [{ kind: 'store' }] : [];
}

/** A Docker Engine with images in its own store, which knows no registry's form of them (docker/buildx, driver/docker/driver.go). */
export function hasOwnStore({ kind, hasContainerdStore }: Pick<EngineFacts, 'kind' | 'hasContainerdStore'>): boolean {
  return kind === 'docker' && !hasContainerdStore;
}

function refuse(output: OutputSpec, facts: ExportFacts): void {
  const { kind, attrs = {} } = output;
  if (!hasOwnStore(facts)) return;
  if (kind === 'oci') {
    throw new BxError('unsupported', `--output type=oci: ${facts.name} keeps its images in a form that it cannot write as OCI`, {
      hint: `Say type=docker,dest=FILE for an archive in docker's form. ${STORE_HINT}`,
    });
  }
  if (isLayout(output)) {
    throw new BxError('unsupported', `--output type=docker,tar=false: ${facts.name} writes archives only`, { hint: STORE_HINT });
  }
  if (kind === 'image' && attrs.push === 'true' && attrs['push-by-digest'] === 'true') {
    throw new BxError('unsupported', `--output push-by-digest=true: ${facts.name} pushes images by their names only`, {
      hint: STORE_HINT,
    });
  }
}

/** Names that the image gets: those of the build before those of the output. */
export function namesOf({ tags }: Pick<BuildRequest, 'tags'>, { attrs }: OutputSpec): readonly string[] {
  if (tags.length > 0) return tags;
  return attrs?.name ? attrs.name.split(',') : [];
}

/** Null: an output that takes more than an exporter. */
export function engineExport(request: ExportRequest, facts: ExportFacts, output: OutputSpec): EngineExport | null {
  const { kind, attrs = {} } = output;
  switch (kind) {
    case 'local':
    case 'tar':
      return { output, exporter: { type: kind, attrs }, target: output };
    case 'store':
      return facts.kind === 'docker' ? { output, exporter: imageExporter('moby', request, output), target: null } : null;
    case 'image':
      return { output, exporter: imageExporter(facts.kind === 'docker' ? 'moby' : 'image', request, output), target: null };
    case 'oci':
      return { output, exporter: imageExporter('oci', request, output), target: isLayout(output) ? null : output };
    case 'docker':
      if (hasOwnStore(facts)) return null;
      return { output, exporter: imageExporter('docker', request, output), target: isLayout(output) ? null : output };
    case 'cacheonly':
      return null;
  }
}

/** `type`: `moby` is what a Docker Engine calls its image store. */
export function imageExporter(type: string, request: ExportRequest, output: OutputSpec): Exporter {
  const names = namesOf(request, output);
  return {
    type,
    attrs: {
      ...output.attrs,
      ...request.annotations,
      ...(names.length > 0 && { name: names.join(',') }),
      ...(isLayout(output) && { tar: 'false' }),
    },
  };
}

/** Older engines take one exporter a build. What an image in a directory is called is told by a build of its own. */
export function inRounds(
  exports: readonly EngineExport[],
  facts: Pick<EngineFacts, 'takesSeveralExporters'>,
): ReadonlyArray<readonly EngineExport[]> {
  if (!facts.takesSeveralExporters) return exports.map((one) => [one]);
  const together = exports.filter(({ output }) => !isLayout(output));
  const alone = exports.filter(({ output }) => isLayout(output));
  return [...(together.length > 0 ? [together] : []), ...alone.map((one) => [one])];
}

export function isOfImage({ kind }: OutputSpec): boolean {
  return kind !== 'local' && kind !== 'tar';
}

/**
 * A build for several platforms has one result, which an exporter has to take as a whole. Throws `BxError('unsupported')` for an output that
 * cannot, as an image in a store that holds one platform only (so does docker/buildx for its docker driver, build/build.go).
 */
export function requireOutputsForAll(request: BuildRequest, facts: ExportFacts): void {
  if (severalPlatforms(request.platform).length === 0 || request.call !== undefined) return;
  const refuse = (why: string, hint: string): BxError =>
    new BxError('unsupported', `--platform ${request.platform}: ${why}`, { hint });
  const outputs = wantedOutputs(request, facts);
  if (hasOwnStore(facts) && outputs.some(isOfImage)) {
    const hint = 'Write files with --output, let the engine store images in containerd, or build with a buildkitd.';
    throw refuse(`${facts.name} keeps images of one platform only`, hint);
  }
  if (outputs.some(({ kind }) => kind === 'docker'))
    throw refuse("an archive in docker's form holds one platform only", 'Say type=oci,dest=FILE instead of type=docker.');
  const byStore = outputs.find((output) => engineExport(request, facts, output) === null);
  if (byStore === undefined) return;
  throw refuse('a Docker Engine takes an archive of one platform only', 'Say --output with oci, image, local or tar.');
}

/** Whether a vertex of that name is an exporter's. */
export function isExporting(name: string): boolean {
  return /^(?:exporting|sending tarball|copying files|pushing)\b/.test(name);
}
