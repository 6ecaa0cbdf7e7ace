/** The named pipes of Windows where engines listen when nobody has said otherwise. */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import type { Endpoint } from './endpoint.js';

export const USUAL_PIPES: Readonly<Record<Endpoint['kind'], string>> = {
  docker: '//./pipe/docker_engine',
  buildkitd: '//./pipe/buildkitd',
};
const PODMAN_PIPE = '//./pipe/podman-machine-default';

/** Looks at the list of pipes: who looks at the pipe itself opens it, and the engine takes that for a client. */
export function pipeExists(path: string): boolean {
  try {
    return readdirSync('//./pipe/').includes(basename(path));
  } catch {
    return false;
  }
}

/** As with the usual sockets: Docker's own and buildkitd's are there whether they exist or not. */
export function usualPipes(exists: (path: string) => boolean = pipeExists): Endpoint[] {
  const at = (kind: Endpoint['kind'], path: string, source: string): Endpoint => ({
    ...{ kind, address: `npipe://${path}`, source, tls: null },
  });
  return [
    at('docker', USUAL_PIPES.docker, 'default pipe'),
    at('buildkitd', USUAL_PIPES.buildkitd, 'default buildkitd pipe'),
    ...(exists(PODMAN_PIPE) ? [at('docker', PODMAN_PIPE, 'Podman machine pipe')] : []),
  ];
}
