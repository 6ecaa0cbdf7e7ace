/** Which engine speaks to which kind of endpoint: the one line that a new engine adds. Loaded lazily, an engine's libraries are heavy. */
import type { Endpoint } from '../builders/endpoint.js';
import type { EngineEvent } from '../core/events.js';
import type { Engine } from './engine.js';
import { NoBuildKitError } from './shared/connect-error.js';

/**
 * Which of a Docker Engine's builders: BuildKit, or the one of `DOCKER_BUILDKIT=0`. `either`: BuildKit, and where an engine has none (Podman,
 * engines of old) the classic one.
 */
export type BuilderKind = 'buildkit' | 'classic' | 'either';

/**
 * Connects to an endpoint. `imageStores`: where an engine that has no image store of its own may load an image; `tell`: what is done before
 * there is an engine, as a builder is started. Throws `BxError('endpoint')` naming the endpoint.
 */
export async function connectEngine(
  endpoint: Endpoint,
  signal: AbortSignal,
  imageStores: () => Promise<readonly Endpoint[]>,
  builder: BuilderKind = 'either',
  tell: (event: EngineEvent) => void = () => undefined,
): Promise<Engine> {
  const classic = async (): Promise<Engine> => {
    const { connectClassic } = await import('./classic/index.js');
    return connectClassic(endpoint, signal);
  };
  if (builder === 'classic') return classic();
  const { connectBuildKit } = await import('./buildkit/index.js');
  return connectBuildKit(endpoint, signal, imageStores, tell).catch((error: unknown) => {
    if (builder === 'buildkit' || endpoint.kind !== 'docker' || !(error instanceof NoBuildKitError)) throw error;
    return classic();
  });
}
