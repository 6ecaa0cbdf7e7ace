/** Trying endpoints in their order, and saying what became of each when none answers. */
import { BxError, toBxError } from '../platform/errors.js';
import type { Endpoint, EndpointAttempt } from './endpoint.js';

/** One that says nothing for so long is no longer waited for alone. */
const HEAD_START_MS = 1_500;

/**
 * Connects to the first endpoint that answers: the next one is tried when one fails, and also beside one that is silent. `giveBack` takes what comes
 * too late. Throws `BxError('endpoint')` that lists all of them; 'cancelled' ends it at once.
 */
export function firstReachable<T>(
  endpoints: readonly Endpoint[],
  connect: (endpoint: Endpoint, signal: AbortSignal) => Promise<T>,
  giveBack: (late: T) => void = () => undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const failures: (BxError | null)[] = endpoints.map(() => null);
    const running = new Set<AbortController>();
    let next = 0;
    let isSettled = false;
    let timer: NodeJS.Timeout | undefined;
    const settle = (action: () => void): void => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      action();
      for (const other of running) other.abort(new Error('another engine has answered'));
    };
    const tryNext = (): void => {
      clearTimeout(timer);
      if (isSettled) return;
      if (next >= endpoints.length) {
        if (running.size === 0) settle(() => reject(noneOf(endpoints, failures)));
        return;
      }
      const index = next++;
      const abort = new AbortController();
      running.add(abort);
      if (next < endpoints.length) timer = setTimeout(tryNext, HEAD_START_MS);
      connect(endpoints[index]!, abort.signal).then(
        (value) => {
          running.delete(abort);
          if (isSettled) giveBack(value);
          else settle(() => resolve(value));
        },
        (thrown: unknown) => {
          running.delete(abort);
          const error = toBxError(thrown, 'endpoint');
          if (error.code === 'cancelled') return settle(() => reject(error));
          failures[index] = error;
          tryNext();
        },
      );
    };
    tryNext();
  });
}

function noneOf(endpoints: readonly Endpoint[], failures: ReadonlyArray<BxError | null>): BxError {
  // One endpoint's own error says it best, its hint included.
  if (endpoints.length === 1 && failures[0]) return failures[0];
  return noEngine(
    endpoints.map((endpoint, index) => ({
      endpoint,
      code: failures[index]?.code ?? 'endpoint',
      message: failures[index]?.message ?? 'it was not tried',
    })),
  );
}

/** One line for each endpoint that was tried, with its reason. */
export function describeAttempts(attempts: readonly EndpointAttempt[]): string {
  return attempts
    .map(({ endpoint, message }) => `  ${endpoint.address} (${endpoint.source}): ${reasonWithoutName(endpoint, message)}`)
    .join('\n');
}

export function noEngine(attempts: readonly EndpointAttempt[]): BxError {
  return new BxError('endpoint', `no engine is in reach\n${describeAttempts(attempts)}`, {
    hint: hintFor(attempts),
  });
}

/** A socket that is there and refuses is the one that the person means; an engine that is nowhere may have to be installed. */
function hintFor(attempts: readonly EndpointAttempt[]): string {
  if (attempts.some(({ endpoint }) => endpoint.address.startsWith('npipe://'))) {
    return attempts.some(({ message }) => message.includes('permission denied'))
      ? 'Join the group docker-users (net localgroup docker-users NAME /add, then sign in again), or name another engine with DOCKER_HOST.'
      : 'Install Docker or start it (Docker Desktop, or Start-Service docker), or name an engine with DOCKER_HOST, DOCKER_CONTEXT or BUILDKIT_HOST.';
  }
  if (attempts.some(({ message }) => message.includes('permission denied')))
    return 'Join the group that owns the socket (usually: usermod -aG docker $USER, then log in again), or run as root; or name another engine with DOCKER_HOST, or run one of your own: bxtui engine start';
  return 'Install Docker or start it (systemctl start docker; rootless: systemctl --user start docker), or name an engine with DOCKER_HOST, DOCKER_CONTEXT or BUILDKIT_HOST. Where dockerd or buildkitd is installed, this runs a private one: bxtui engine start';
}

/** Where the address is on the line already, a message that begins with it says it twice. */
export function reasonWithoutName(endpoint: Endpoint, message: string): string {
  const named = `${endpoint.address} (${endpoint.source})`;
  const at = message.indexOf(`${named}: `);
  return at >= 0 && /^(cannot connect to )?$/.test(message.slice(0, at)) ? message.slice(at + named.length + 2) : message;
}
