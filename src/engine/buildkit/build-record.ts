/**
 * The engine's own record of a build, as docker puts it into the metadata: where it is found, and how the result was made (docker/buildx,
 * build/provenance.go and build/build.go).
 */
import type { BuildRequest } from '../engine.js';
import type { EngineLink } from './engine-link.js';

const CONTEXT = /^docker context "(.*)"$/;

/** By docker's keys. `ref`: of a build that has ended. Throws what the engine throws; of one that keeps no records there is none. */
export async function buildRecord(
  link: EngineLink,
  { buildRecord: wanted }: Pick<BuildRequest, 'buildRecord'>,
  ref: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  if (wanted === undefined) return {};
  const builder = builderOf(link);
  return {
    ...(builder !== null && { 'buildx.build.ref': `${builder}/${ref}` }),
    ...(wanted !== 'reference' && (await (await import('./provenance.js')).provenanceOf(link, ref, wanted, signal))),
  };
}

/** Builder and node as docker calls them; null: docker knows none at such an address. */
function builderOf({ endpoint }: EngineLink): string | null {
  if (endpoint.node) return `${endpoint.node.builder}/${endpoint.node.name}`;
  if (endpoint.kind !== 'docker') return null;
  const context = CONTEXT.exec(endpoint.source)?.[1] ?? 'default';
  return `${context}/${context}`;
}
