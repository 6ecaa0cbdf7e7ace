/** A context that has to be brought here first: into a directory of its own, which goes with the run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildRequest } from '../../engine.js';
import type { Fetching } from '../../shared/fetched-run.js';

export function fetchedContext(request: BuildRequest): Omit<Fetching, 'start'> {
  const home = mkdtempSync(join(tmpdir(), 'bxtui-context-'));
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
