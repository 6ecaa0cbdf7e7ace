/** Which engine speaks to which kind of endpoint: the one line that a new engine adds. Loaded lazily, an engine's libraries are heavy. */
import type { Endpoint } from '../builders/endpoint.js';
import type { Engine } from './engine.js';

/** Connects to an endpoint. Throws `BxError('endpoint')` naming it, within `timeoutMs`. */
export async function connectEngine(endpoint: Endpoint, signal: AbortSignal): Promise<Engine> {
  const { connectBuildKit } = await import('./buildkit/index.js');
  return connectBuildKit(endpoint, signal);
}
