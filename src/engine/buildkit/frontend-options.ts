/** A build request as the attributes of the Dockerfile frontend (BuildKit, frontend/dockerui and frontend/dockerfile). */
import { BxError } from '../../platform/errors.js';
import { type BuildRequest, type CacheSpec, HOST_GATEWAY } from '../engine.js';
import { localNameOf } from '../shared/local-name.js';
import { attestOptions } from './attestations.js';
import type { EngineFacts } from './engine-facts.js';
import { type FrontendInputs, hasGitQuery } from './git-inputs.js';
import { layoutReference } from './layout-contexts.js';
import { toldCache } from './local-caches.js';

export const DOCKERFILE_FRONTEND = 'dockerfile.v0';

/** Told to frontends that might not know named contexts, so that they refuse instead of looking for an image of that name. */
const CONTEXTS_CAP = 'moby.buildkit.frontend.contexts+forward';
const GIT_QUERY_CAP = 'moby.buildkit.frontend.gitquerystring';
/** The attribute that such a capability is told in. */
const CAPS = 'frontend.caps';

/** What the frontend is asked with. */
export interface FrontendRequest {
  readonly options: Record<string, string>;
  readonly inputs: FrontendInputs;
}

export type FrontendFacts = Pick<EngineFacts, 'kind' | 'name' | 'hostGatewayIp' | 'capabilities' | 'lacksAttestations'>;

/** `FrontendOpt` of the solve that turns the Dockerfile into a graph. `uploadId`: what a context that is an archive is asked for by. Throws `BxError('unsupported')` for what this engine cannot have. */
export function frontendOptions(request: BuildRequest, facts: FrontendFacts, uploadId = ''): Record<string, string> {
  const options: Record<string, string> = { filename: request.dockerfile.name };
  if (request.target !== null) options.target = request.target;
  if (request.platform !== null) options.platform = request.platform;
  // A reload without the cache beats what the build began with.
  if (request.noCache) options['no-cache'] = '';
  else if (request.noCacheStages?.length) options['no-cache'] = request.noCacheStages.join(',');
  if (request.pull) options['image-resolve-mode'] = 'pull';
  // A Docker Engine prefers the images that it has; a buildkitd has none of its own.
  else if (facts.kind === 'docker') options['image-resolve-mode'] = 'local';
  for (const [name, value] of request.buildArgs) {
    if (value !== null) options[`build-arg:${name}`] = value;
  }
  for (const [name, value] of request.labels ?? []) options[`label:${name}`] = value;
  const contexts = contextOptions(request, facts);
  const source = sourceOptions(request, uploadId);
  const caps = [source, contexts].flatMap((part) => part[CAPS] ?? []);
  return {
    ...options,
    ...runOptions(request, facts),
    ...source,
    ...contexts,
    ...cacheOptions(request),
    ...attestOptions(request, facts),
    ...(caps.length > 0 && { [CAPS]: caps.join(',') }),
  };
}

/** A context that is no directory of this machine, and a Dockerfile of this machine with it (docker/buildx, build/opt.go, loadInputs). */
function sourceOptions({ source, dockerfile, sendsGitQueries }: BuildRequest, uploadId: string): Record<string, string> {
  const isDockerfileHere = dockerfile.origin !== 'context';
  return {
    ...(source?.kind === 'url' && { context: source.url }),
    // The engine asks the session for what has this host (moby/buildkit, source/http/transport.go). Two builds that asked for the same would
    // get the same, whoever they are.
    ...(source?.kind === 'archive' && { context: `http://buildkit-session/${uploadId}` }),
    ...(source !== undefined && isDockerfileHere && { dockerfilekey: 'dockerfile' }),
    // A frontend that does not read them is to refuse.
    ...(source?.kind === 'url' && !sendsGitQueries && hasGitQuery(source.url) && { [CAPS]: GIT_QUERY_CAP }),
  };
}

function contextOptions(
  { contexts = [], dockerfile, sendsGitQueries }: BuildRequest,
  { name, capabilities }: FrontendFacts,
): Record<string, string> {
  if (contexts.length === 0) return {};
  // Frontends learned of both at the same time, and nothing tells of the one. One that the Dockerfile names itself may be newer.
  const mayBeNewer = dockerfile.origin === 'context';
  const isKnown = capabilities.signals.isAvailable || mayBeNewer || /^#\s*syntax\s*=/im.test(dockerfile.text);
  if (!isKnown) {
    throw new BxError('unsupported', `${name} knows no named contexts (--build-context)`, {
      hint: 'Copy the files into the context, or build with a newer engine.',
    });
  }
  const hasQuery = contexts.some(({ from }) => from.kind === 'reference' && hasGitQuery(from.ref));
  const caps = [CONTEXTS_CAP, ...(hasQuery && !sendsGitQueries ? [`${GIT_QUERY_CAP}+forward`] : [])];
  const options: Record<string, string> = { [CAPS]: caps.join(',') };
  for (const { name: key, from } of contexts) {
    options[`context:${key}`] =
      from.kind === 'dir' ? `local:${localNameOf(key)}` : from.kind === 'layout' ? layoutReference(key, from) : from.ref;
    // What the engine keeps of these files it finds again under this text.
    if (from.kind === 'dir') options[`sharedkey:localdir:${key}`] = from.dir;
  }
  return options;
}

/** With a frontend the imports of the solve itself are not used. */
function cacheOptions({ cacheFrom = [] }: BuildRequest): Record<string, string> {
  if (cacheFrom.length === 0) return {};
  return { 'cache-imports': JSON.stringify(cacheFrom.map(toldCache).map(({ type, attrs }) => ({ Type: type, Attrs: attrs }))) };
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

/**
 * Where the solve that ends with the result puts its cache. An argument of its own may ask for the one in the image, too (docker/buildx,
 * build/opt.go). Throws `BxError('unsupported')`: such an engine (moby/moby, builder-next/controller.go) says so only when all is built.
 */
export function cacheExports(
  { cacheTo = [], buildArgs }: Pick<BuildRequest, 'cacheTo' | 'buildArgs'>,
  { kind, name, hasContainerdStore }: Pick<EngineFacts, 'kind' | 'name' | 'hasContainerdStore'>,
): readonly CacheSpec[] {
  const other = kind === 'docker' && !hasContainerdStore ? cacheTo.find(({ type }) => type !== 'inline') : undefined;
  if (other) {
    throw new BxError(
      'unsupported',
      `--cache-to type=${other.type}: ${name} keeps its images where no cache can be written from`,
      {
        hint: 'Say --cache-to type=inline and push the image, let the engine store images in containerd, or build with a buildkitd.',
      },
    );
  }
  const far = kind === 'docker' ? cacheTo.find(({ type }) => type === 's3' || type === 'azblob') : undefined;
  if (far) {
    throw new BxError(
      'unsupported',
      `--cache-to type=${far.type}: ${name} writes its cache to inline, registry, local and gha only`,
      {
        hint: 'Say --cache-to with one of these, or build with a buildkitd.',
      },
    );
  }
  const told = cacheTo.map(toldCache);
  const wantsInline = buildArgs.some(([arg, value]) => arg === 'BUILDKIT_INLINE_CACHE' && /^(?:1|t|true)$/i.test(value ?? ''));
  if (!wantsInline || told.some(({ type }) => type === 'inline')) return told;
  return [...told, { type: 'inline', attrs: {} }];
}

/** What the engine has to grant to a build, told with each solve that has steps of it. */
export function entitlementsOf({ allow = [], network }: BuildRequest): readonly string[] {
  return network === 'host' ? [...new Set([...allow, 'network.host'])] : allow;
}
