/** Starts a builder of buildx that does not run, as buildx does at the first build, and tells it as a step of that build. */
import type { EngineEvent } from '../../../core/events.js';
import { toBxError } from '../../../platform/errors.js';
import { dialCancelled } from '../connect-error.js';
import { createBootProgress } from './boot-progress.js';
import type { BuilderDownError } from './builder-down.js';

/** Resolves when its buildkitd answers. Throws `BxError('endpoint' | 'cancelled')`. */
export async function bootBuilder(
  { place }: BuilderDownError,
  tell: (event: EngineEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const progress = createBootProgress(place.kind === 'container' ? place.container : place.deployment, tell, Date.now);
  try {
    if (place.kind === 'container') await (await import('./boot-container.js')).bootContainer({ ...place, progress, signal });
    else await (await import('./boot-deployment.js')).bootDeployment({ ...place, progress, signal });
    progress.end();
  } catch (thrown) {
    const error = signal.aborted ? dialCancelled(place.endpoint, signal.reason) : toBxError(thrown, 'endpoint');
    progress.fail(error.code === 'cancelled' ? 'context canceled' : error.message);
    throw error;
  }
}
