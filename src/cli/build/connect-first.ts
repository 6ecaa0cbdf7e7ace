/** The first endpoint that answers. When none does, the error names every one that was tried. */
import type { Endpoint, EndpointAttempt } from '../../builders/endpoint.js';
import type { Engine } from '../../engine/engine.js';
import { BxError, toBxError } from '../../platform/errors.js';

export interface ConnectDeps {
  resolveEndpoints(): Promise<readonly Endpoint[]>;
  connectEngine(endpoint: Endpoint, signal: AbortSignal): Promise<Engine>;
}

/** Throws `BxError('endpoint')`, `cancelled` when `signal` is aborted. */
export async function connectFirst(deps: ConnectDeps, signal: AbortSignal): Promise<Engine> {
  const attempts: EndpointAttempt[] = [];
  for (const endpoint of await deps.resolveEndpoints()) {
    try {
      return await deps.connectEngine(endpoint, signal);
    } catch (error) {
      if (signal.aborted) throw new BxError('cancelled', 'the connection was given up', { cause: error });
      const { code, message } = toBxError(error, 'endpoint');
      attempts.push({ endpoint, code, message });
    }
  }
  throw noEngine(attempts);
}

function noEngine(attempts: readonly EndpointAttempt[]): BxError {
  const lines = attempts.map(({ endpoint, message }) => `  ${endpoint.address} (${endpoint.source}): ${message}`);
  const what = lines.length === 0 ? 'no engine is known' : `no engine answers; tried:\n${lines.join('\n')}`;
  return new BxError('endpoint', what, {
    hint: 'Start Docker or buildkitd, or name an engine with DOCKER_HOST=unix:///path/docker.sock or BUILDKIT_HOST=unix:///path/buildkitd.sock.',
  });
}
