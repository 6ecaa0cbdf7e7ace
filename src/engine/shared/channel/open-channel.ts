/** Chooses the channel for an address that has no socket. Loaded when the first such address is dialed. */
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../../../builders/endpoint.js';
import { BxError } from '../../../platform/errors.js';
import { describeEndpoint } from '../connect-error.js';

/** Throws `BxError('endpoint' | 'cancelled')`. */
export async function openChannel(endpoint: Endpoint, signal: AbortSignal): Promise<Duplex> {
  switch (endpoint.address.split('://', 1)[0]) {
    case 'ssh':
      return (await import('./ssh.js')).openSsh(endpoint, signal);
    case 'docker-container':
      return (await import('./docker-container.js')).openDockerContainer(endpoint, signal);
    case 'podman-container':
    case 'nerdctl-container':
      return (await import('./container-program.js')).openContainerProgram(endpoint, signal);
    case 'kube-pod':
    case 'kubernetes':
      return (await import('./kubernetes.js')).openKubernetes(endpoint, signal);
  }
  throw new BxError('endpoint', `${describeEndpoint(endpoint)}: there is no way to such an address`);
}
