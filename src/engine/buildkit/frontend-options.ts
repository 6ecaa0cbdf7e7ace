/** A build request as the attributes of the Dockerfile frontend (BuildKit, frontend/dockerui and frontend/dockerfile). */
import type { Endpoint } from '../../builders/endpoint.js';
import type { BuildRequest } from '../engine.js';

export const DOCKERFILE_FRONTEND = 'dockerfile.v0';

/** `FrontendOpt` of the solve that turns the Dockerfile into a graph. */
export function frontendOptions(request: BuildRequest, kind: Endpoint['kind']): Record<string, string> {
  const options: Record<string, string> = { filename: request.dockerfile.name };
  if (request.target !== null) options.target = request.target;
  if (request.platform !== null) options.platform = request.platform;
  if (request.noCache) options['no-cache'] = '';
  // A Docker Engine prefers the images that it has; a buildkitd has none of its own.
  if (kind === 'docker') options['image-resolve-mode'] = 'local';
  for (const [name, value] of request.buildArgs) {
    if (value !== null) options[`build-arg:${name}`] = value;
  }
  return options;
}
