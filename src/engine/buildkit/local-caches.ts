/**
 * Caches and image layouts in directories of this machine: which stores the session serves for them, and what stands in their indexes before and
 * after a build (BuildKit, client/solve.go).
 */
import { createHash } from 'node:crypto';
import type { EngineEvent } from '../../core/events.js';
import { BxError } from '../../platform/errors.js';
import { writeReasonOf } from '../../platform/reason.js';
import type { BuildRequest, CacheSpec, OutputSpec } from '../engine.js';
import { type Descriptor, findInIndex, type IndexName, putIntoIndex } from '../shared/files/oci-index.js';

/** What BuildKit calls the store that an exporter writes a layout into; a session has one. */
const EXPORT_STORE = 'export';

type Local = Pick<BuildRequest, 'cacheFrom' | 'cacheTo' | 'outputs'>;

/** Directories by the ids of the stores that the engine will ask for. */
export function contentDirectories({ cacheFrom = [], cacheTo = [], outputs }: Local): ReadonlyMap<string, string> {
  const caches = [
    ...cacheFrom.map(({ type, attrs }) => ({ type, path: attrs.src })),
    ...cacheTo.map(({ type, attrs }) => ({ type, path: attrs.dest })),
  ];
  return new Map([
    ...caches.flatMap(({ type, path }) => (type === 'local' && path ? [[`local:${toldPath(path)}`, path] as const] : [])),
    ...outputs.flatMap((output) => (isLayout(output) ? [[EXPORT_STORE, output.dest] as const] : [])),
  ]);
}

/** As the engine is told of it: the path comes back in headers, which carry plain characters only, and is no more than an id there. */
export function toldCache({ type, attrs }: CacheSpec): CacheSpec {
  if (type !== 'local') return { type, attrs };
  const { src, dest } = attrs;
  return { type, attrs: { ...attrs, ...(src && { src: toldPath(src) }), ...(dest && { dest: toldPath(dest) }) } };
}

function toldPath(path: string): string {
  return /^[\x21-\x7e]*$/.test(path) ? path : encodeURI(path);
}

/** An image as a directory of blobs. */
export function isLayout(output: OutputSpec): output is OutputSpec & { readonly dest: string } {
  return (output.kind === 'oci' || output.kind === 'docker') && output.isDirectory === true;
}

/** The request with what its local caches have now; a cache that is not there is left out, and told of. */
export function withLocalCaches(request: BuildRequest): {
  readonly request: BuildRequest;
  readonly told: readonly EngineEvent[];
} {
  const told: EngineEvent[] = [];
  const cacheFrom = (request.cacheFrom ?? []).flatMap((cache): CacheSpec[] => {
    const { type, attrs } = cache;
    if (type !== 'local' || attrs.digest || attrs.src === undefined) return [cache];
    const found = findInIndex(attrs.src, attrs.tag || 'latest');
    if ('descriptor' in found) return [{ type, attrs: { ...attrs, digest: found.descriptor.digest } }];
    told.push(...skipped(attrs.src, found.why, Date.now()));
    return [];
  });
  return { request: request.cacheFrom ? { ...request, cacheFrom } : request, told };
}

/** In the words of the engine for the caches that it looks up itself. */
function skipped(src: string, why: string, atMs: number): EngineEvent[] {
  const digest = `sha256:${createHash('sha256').update(`cache ${src}`).digest('hex')}`;
  const name = `importing cache manifest from ${src}`;
  return [
    { type: 'vertex.updated', digest, name, inputs: [], isCached: false, startedAtMs: atMs, completedAtMs: atMs, error: '' },
    { type: 'warning.reported', digest, message: `the cache at ${src} is not used: ${why}`, detail: [], url: null, lines: null },
  ];
}

/** Names what the build has put into the local caches. Throws `BxError('input')`. */
export function recordCaches({ cacheTo = [] }: Local, response: Readonly<Record<string, string>>): void {
  const told = response['cache.manifest'];
  if (told === undefined) return;
  const descriptor = JSON.parse(told) as Descriptor;
  for (const { type, attrs } of cacheTo) {
    if (type === 'local' && attrs.dest) put('--cache-to', attrs.dest, descriptor, [{ tag: attrs.tag || 'latest' }]);
  }
}

/** Names the image that an exporter has put into a directory. Throws `BxError('input')`. */
export function recordLayout(output: OutputSpec, response: Readonly<Record<string, string>>): void {
  const told = response['containerimage.descriptor'];
  if (!isLayout(output) || told === undefined) return;
  const descriptor = JSON.parse(Buffer.from(told, 'base64').toString('utf8')) as Descriptor;
  const images = (response['image.name'] ?? '').split(',').filter((name) => name !== '');
  put('--output', output.dest, descriptor, images.length > 0 ? images.map((image) => ({ image })) : [{ tag: 'latest' }]);
}

function put(flag: string, directory: string, descriptor: Descriptor, names: readonly IndexName[]): void {
  try {
    putIntoIndex(directory, descriptor, names);
  } catch (error) {
    throw new BxError('input', `${flag}: cannot write the index of ${directory}: ${writeReasonOf(error)}`, {
      hint: 'Name another directory, and build again: everything is cached.',
      cause: error,
    });
  }
}
