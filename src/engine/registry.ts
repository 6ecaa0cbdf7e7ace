/** Which engine speaks to which kind of endpoint: the one line that a new engine adds. Loaded lazily, an engine's libraries are heavy. */
import type { Endpoint } from '../builders/endpoint.js';
import type { Engine } from './engine.js';

/** Which of a Docker Engine's builders: BuildKit, or the one of `DOCKER_BUILDKIT=0`. */
export type BuilderKind = 'buildkit' | 'classic';

/**
 * Connects to an endpoint. `imageStores`: where an engine that has no image store of its own may load an image. Throws `BxError('endpoint')`
 * naming the endpoint.
 */
export async function connectEngine(
  endpoint: Endpoint,
  signal: AbortSignal,
  imageStores: () => Promise<readonly Endpoint[]>,
  builder: BuilderKind = 'buildkit',
): Promise<Engine> {
  if (builder === 'classic') {
    const { connectClassic } = await import('./classic/index.js');
    return connectClassic(endpoint, signal);
  }
  const { connectBuildKit } = await import('./buildkit/index.js');
  return connectBuildKit(endpoint, signal, imageStores);
}
