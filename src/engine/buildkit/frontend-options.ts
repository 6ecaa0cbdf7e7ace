/** A build request as the attributes of the Dockerfile frontend (BuildKit, frontend/dockerui and frontend/dockerfile). */
import { BxError } from '../../platform/errors.js';
import { type BuildRequest, HOST_GATEWAY } from '../engine.js';
import type { EngineFacts } from './engine-facts.js';

export const DOCKERFILE_FRONTEND = 'dockerfile.v0';

export type FrontendFacts = Pick<EngineFacts, 'kind' | 'name' | 'hostGatewayIp'>;

/** `FrontendOpt` of the solve that turns the Dockerfile into a graph. Throws `BxError('unsupported')` for what this engine cannot have. */
export function frontendOptions(request: BuildRequest, facts: FrontendFacts): Record<string, string> {
  const options: Record<string, string> = { filename: request.dockerfile.name };
  if (request.target !== null) options.target = request.target;
  if (request.platform !== null) options.platform = request.platform;
  // Everything beats some stages.
  if (request.noCache) options['no-cache'] = '';
  else if (request.noCacheStages?.length) options['no-cache'] = request.noCacheStages.join(',');
  if (request.pull) options['image-resolve-mode'] = 'pull';
  // A Docker Engine prefers the images that it has; a buildkitd has none of its own.
  else if (facts.kind === 'docker') options['image-resolve-mode'] = 'local';
  for (const [name, value] of request.buildArgs) {
    if (value !== null) options[`build-arg:${name}`] = value;
  }
  for (const [name, value] of request.labels ?? []) options[`label:${name}`] = value;
  return { ...options, ...runOptions(request, facts) };
}

/** What is set for all RUN steps. */
function runOptions(request: BuildRequest, facts: FrontendFacts): Record<string, string> {
  const { network = 'default', shmBytes = 0, ulimits = [], cgroupParent = '' } = request;
  if (!['default', 'none', 'host'].includes(network)) {
    throw new BxError('unsupported', `--network ${network}: BuildKit has the networks default, none and host only`, {
      hint: 'The classic builder takes any network of its engine: --engine=classic.',
    });
  }
  const hosts = addHosts(request, facts);
  return {
    ...(network !== 'default' && { 'force-network-mode': network }),
    ...(hosts !== '' && { 'add-hosts': hosts }),
    ...(shmBytes > 0 && { 'shm-size': String(shmBytes) }),
    ...(ulimits.length > 0 && { ulimit: ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`).join(',') }),
    ...(cgroupParent !== '' && { 'cgroup-parent': cgroupParent }),
  };
}

function addHosts({ extraHosts = [] }: BuildRequest, { name, hostGatewayIp }: FrontendFacts): string {
  const lines = extraHosts.map(({ host, ip }) => {
    if (ip !== HOST_GATEWAY) return `${host}=${ip}`;
    if (hostGatewayIp !== null) return `${host}=${hostGatewayIp}`;
    throw new BxError('unsupported', `--add-host ${host}:${HOST_GATEWAY}: ${name} does not say which address that is`, {
      hint: `Give the address: --add-host ${host}:IP`,
    });
  });
  return lines.join(',');
}

/** What the engine has to grant to a build, told with each solve that has steps of it. */
export function entitlementsOf({ allow = [], network }: BuildRequest): readonly string[] {
  return network === 'host' ? [...new Set([...allow, 'network.host'])] : allow;
}
