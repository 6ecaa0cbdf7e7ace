/** The named pipes of Windows where engines listen when nobody has said otherwise. */
import type { Endpoint } from './endpoint.js';

export const USUAL_PIPES: Readonly<Record<Endpoint['kind'], string>> = {
  docker: '//./pipe/docker_engine',
  buildkitd: '//./pipe/buildkitd',
};
const PODMAN_PIPE = '//./pipe/podman-machine-default';

/** As with the usual sockets: Docker's own and buildkitd's are there whether they exist or not. */
export function usualPipes(exists: (path: string) => boolean): Endpoint[] {
  const at = (kind: Endpoint['kind'], path: string, source: string): Endpoint => ({
    ...{ kind, address: `npipe://${path}`, source, tls: null },
  });
  return [
    at('docker', USUAL_PIPES.docker, 'default pipe'),
    at('buildkitd', USUAL_PIPES.buildkitd, 'default buildkitd pipe'),
    ...(exists(PODMAN_PIPE) ? [at('docker', PODMAN_PIPE, 'Podman machine pipe')] : []),
  ];
}
