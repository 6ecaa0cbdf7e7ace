/** A context that has to be brought here first: into a directory of its own, which goes with the run. */
import { rmSync } from 'node:fs';
import { makePrivateDirectory } from '../../../platform/private-directory.js';
import type { BuildRequest } from '../../engine.js';
import type { Fetching } from '../../shared/fetched-run.js';

export function fetchedContext(request: BuildRequest): Omit<Fetching, 'start'> {
  const home = makePrivateDirectory('context');
  return {
    name: nameOf(request),
    async fetch(signal) {
      const { fetchSource } = await import('./fetch-source.js');
      return fetchSource(request, home, signal);
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

function nameOf({ source }: BuildRequest): string | null {
  if (source === undefined) return null;
  return source.kind === 'url' ? `[internal] load remote build context ${source.url}` : '[internal] unpack build context';
}
