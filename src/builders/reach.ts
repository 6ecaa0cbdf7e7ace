/** Trying endpoints one after the other, and saying what became of each when none answers. */
import { BxError, toBxError } from '../platform/errors.js';
import type { Endpoint, EndpointAttempt } from './endpoint.js';

/** Connects to the first endpoint that answers. Throws `BxError('endpoint')` that lists all of them; 'cancelled' ends it at once. */
export async function firstReachable<T>(endpoints: readonly Endpoint[], connect: (endpoint: Endpoint) => Promise<T>): Promise<T> {
  const attempts: EndpointAttempt[] = [];
  let last: BxError | null = null;
  for (const endpoint of endpoints) {
    try {
      return await connect(endpoint);
    } catch (thrown) {
      const error = toBxError(thrown, 'endpoint');
      if (error.code === 'cancelled') throw error;
      attempts.push({ endpoint, code: error.code, message: error.message });
      last = error;
    }
  }
  // One endpoint's own error says it best, its hint included.
  if (attempts.length === 1 && last) throw last;
  throw noEngine(attempts);
}

/** One line for each endpoint that was tried, with its reason. */
export function describeAttempts(attempts: readonly EndpointAttempt[]): string {
  return attempts
    .map(({ endpoint, message }) => `  ${endpoint.address} (${endpoint.source}): ${reasonOf(endpoint, message)}`)
    .join('\n');
}

export function noEngine(attempts: readonly EndpointAttempt[]): BxError {
  return new BxError('endpoint', `no engine is in reach\n${describeAttempts(attempts)}`, {
    hint: hintFor(attempts),
  });
}

/** A socket that is there and refuses is the one that the person means; an engine that is nowhere may have to be installed. */
function hintFor(attempts: readonly EndpointAttempt[]): string {
  if (attempts.some(({ message }) => message.includes('permission denied')))
    return 'Join the group that owns the socket (usually: usermod -aG docker $USER, then log in again), or run as root; or name another engine with DOCKER_HOST.';
  return 'Install Docker or start it (systemctl start docker; rootless: systemctl --user start docker), or name an engine with DOCKER_HOST, DOCKER_CONTEXT or BUILDKIT_HOST.';
}

/** The address is on the line already; a message that begins with it says it twice. */
function reasonOf(endpoint: Endpoint, message: string): string {
  const named = `${endpoint.address} (${endpoint.source})`;
  const at = message.indexOf(`${named}: `);
  return at >= 0 && /^(cannot connect to )?$/.test(message.slice(0, at)) ? message.slice(at + named.length + 2) : message;
}
