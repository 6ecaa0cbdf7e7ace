/** Which engine a person means: flags, the environment, what docker and buildx have been told, then the usual places. It connects to none. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BxError } from '../platform/errors.js';
import { normaliseAddress } from './address-schemes.js';
import { contextEndpoint, currentContext, dockerConfigDir, type Env } from './docker-config.js';
import type { Endpoint, TlsMaterial } from './endpoint.js';
import { readTlsDir } from './tls-files.js';
import { defaultAddress, isThere, type PlaceOptions, usualPlaces } from './usual-places.js';

/** What the command line says. */
export interface EndpointWish {
  /** `--builder`: a builder of buildx, or a docker context. */
  readonly builder: string | null;
  /** `--context`. */
  readonly context: string | null;
  /** `--platform`, which chooses among the nodes of a builder. */
  readonly platform: string | null;
  /** The context of a build as an absolute path, which chooses among the pods of a builder. */
  readonly subject?: string;
}

export const NO_WISH: EndpointWish = { builder: null, context: null, platform: null };

/**
 * The endpoints to try, in order. What is named by hand (`--builder`, `--context`, `BUILDX_BUILDER`, `BUILDKIT_HOST`, `DOCKER_HOST`,
 * `DOCKER_CONTEXT`, `docker buildx use`, the current docker context) is the only one: another engine must not be used in its place unasked.
 * Throws `BxError('endpoint')` when what is named cannot be used.
 */
export async function resolveEndpoints(env: Env, options: PlaceOptions = {}, wish: EndpointWish = NO_WISH): Promise<Endpoint[]> {
  if (wish.builder !== null) return namedBuilder(wish.builder, '--builder', env, options, wish);
  if (wish.context !== null) return namedContext(wish.context, '--context', env, options);
  if (env.BUILDX_BUILDER) return namedBuilder(env.BUILDX_BUILDER, 'BUILDX_BUILDER', env, options, wish);
  if (env.BUILDKIT_HOST) return [await fromBuildkitHost(env.BUILDKIT_HOST, env, options)];
  if (env.DOCKER_HOST) return [await fromDockerHost(env.DOCKER_HOST, env)];
  if (env.DOCKER_CONTEXT) return namedContext(env.DOCKER_CONTEXT, 'DOCKER_CONTEXT', env, options);
  const context = (await currentContext(env)) ?? 'default';
  const chosen = await chosenByUse(context, env, options, wish);
  if (chosen !== null) return chosen;
  return namedContext(context, 'the current one of config.json', env, options);
}

/** The Docker Engines to try for an image that a standalone buildkitd has built: those that are meant when no buildkitd is named. */
export async function resolveDockerEngines(
  env: Env,
  options: PlaceOptions = {},
  wish: EndpointWish = NO_WISH,
): Promise<Endpoint[]> {
  const { BUILDKIT_HOST: _host, BUILDX_BUILDER: _builder, ...rest } = env;
  const endpoints = await dockerEndpoints(wish.context, rest, options);
  return endpoints.filter(({ kind }) => kind === 'docker');
}

/** What docker itself would use, whatever buildx has been told. */
async function dockerEndpoints(context: string | null, env: Env, options: PlaceOptions): Promise<Endpoint[]> {
  if (context !== null) return namedContext(context, '--context', env, options);
  if (env.DOCKER_HOST) return [await fromDockerHost(env.DOCKER_HOST, env)];
  if (env.DOCKER_CONTEXT) return namedContext(env.DOCKER_CONTEXT, 'DOCKER_CONTEXT', env, options);
  return namedContext((await currentContext(env)) ?? 'default', 'the current one of config.json', env, options);
}

async function namedContext(name: string, source: string, env: Env, options: PlaceOptions): Promise<Endpoint[]> {
  if (name !== 'default') return [await contextEndpoint(name, env, source)];
  return env.DOCKER_HOST ? [await fromDockerHost(env.DOCKER_HOST, env)] : usualPlaces(env, options);
}

async function namedBuilder(
  name: string,
  source: string,
  env: Env,
  options: PlaceOptions,
  { platform, subject }: EndpointWish,
): Promise<Endpoint[]> {
  const { builderEndpoint, builderNames } = await import('./buildx-endpoint.js');
  const found = await builderEndpoint(name, platform, env, dockerByName(env, options));
  const { storedContexts } = await import('./docker-config.js');
  const contexts = (await storedContexts(env)).map((context) => context.name);
  if (found !== null && contexts.includes(name)) throw twoOfOneName(name, source, found);
  if (found !== null) return [withSubject(found, subject)];
  // Every docker context is a builder as well, with the BuildKit of its engine.
  if (name === 'default' || contexts.includes(name)) return namedContext(name, source, env, options);
  const known = [...(await builderNames(env)), 'default', ...contexts];
  throw new BxError('endpoint', `there is no builder "${name}" (${source})`, {
    hint: `There ${known.length === 1 ? 'is' : 'are'}: ${known.join(', ')}. bxtui engines shows them, docker buildx create makes one.`,
  });
}

function withSubject(endpoint: Endpoint, subject: string | undefined): Endpoint {
  const { node } = endpoint;
  return node === undefined || subject === undefined ? endpoint : { ...endpoint, node: { ...node, subject } };
}

/** What `docker buildx use` has chosen, which counts where nothing is named. The one chosen may be gone: then this is told. */
async function chosenByUse(context: string, env: Env, options: PlaceOptions, wish: EndpointWish): Promise<Endpoint[] | null> {
  const dir = env.BUILDX_CONFIG || join(dockerConfigDir(env), 'buildx');
  if (!(options.exists ?? existsSync)(join(dir, 'current'))) return null;
  const { chosenBuilder } = await import('./buildx-store.js');
  const name = await chosenBuilder(context === 'default' ? defaultAddress(options) : context, env);
  if (name === null || name === context) return null;
  return namedBuilder(name, 'docker buildx use', env, options, wish);
}

/** A node of a builder names its Docker Engine by a context, or by an address. */
export function dockerByName(env: Env, options: PlaceOptions): (name: string, source: string) => Promise<Endpoint> {
  return async (name, source) => {
    if (name.includes('://')) {
      const address = normaliseAddress(name, source, 'docker');
      const isEnvironment = env.DOCKER_HOST !== undefined && name === env.DOCKER_HOST;
      return { kind: 'docker', address, source, tls: isEnvironment ? await tlsOfEnvironment(env) : null };
    }
    return onlyOne(await namedContext(name, source, env, options), options);
  };
}

/** Of the usual places the first that is there. */
function onlyOne(endpoints: readonly Endpoint[], options: PlaceOptions): Endpoint {
  const docker = endpoints.filter(({ kind }) => kind === 'docker');
  return docker.find((endpoint) => isThere(endpoint, options)) ?? docker[0] ?? endpoints[0]!;
}

function twoOfOneName(name: string, source: string, found: Endpoint): BxError {
  return new BxError(
    'endpoint',
    `two endpoints have the name "${name}" (${source}): ${found.source} at ${found.address}, and docker context "${name}"`,
    {
      hint: `For the context: --context ${name}. For the builder give the context another name (docker context export, rm and import).`,
    },
  );
}

async function fromBuildkitHost(text: string, env: Env, options: PlaceOptions): Promise<Endpoint> {
  const address = normaliseAddress(text, 'BUILDKIT_HOST', 'buildkitd');
  if (address.startsWith('docker-container://')) {
    const { contextOf } = await import('./buildx-endpoint.js');
    const hosts = await dockerEndpoints(contextOf(address), env, options);
    return { kind: 'buildkitd', address, source: 'BUILDKIT_HOST', tls: null, host: onlyOne(hosts, options) };
  }
  const tlsDir = env.BXTUI_BUILDKIT_TLS_DIR;
  const usesTls = address.startsWith('tcp://') && tlsDir;
  const tls = usesTls ? await readTlsDir(tlsDir, { skipVerify: false, source: 'BXTUI_BUILDKIT_TLS_DIR' }) : null;
  if (tls && tls.ca === null && tls.cert === null) throw noCertificates('BXTUI_BUILDKIT_TLS_DIR', tlsDir!);
  return { kind: 'buildkitd', address, source: 'BUILDKIT_HOST', tls };
}

async function fromDockerHost(host: string, env: Env): Promise<Endpoint> {
  const address = normaliseAddress(host, 'DOCKER_HOST', 'docker');
  return {
    kind: 'docker',
    address,
    source: 'DOCKER_HOST',
    tls: address.startsWith('tcp://') ? await tlsOfEnvironment(env) : null,
  };
}

/** `DOCKER_TLS_VERIFY` (any value) means TLS with verification, `DOCKER_TLS` without it, as with the docker command. */
async function tlsOfEnvironment(env: Env): Promise<TlsMaterial | null> {
  if (!env.DOCKER_TLS_VERIFY && !env.DOCKER_TLS) return null;
  const verifies = Boolean(env.DOCKER_TLS_VERIFY);
  const dir = env.DOCKER_CERT_PATH || dockerConfigDir(env);
  const source = env.DOCKER_CERT_PATH ? 'DOCKER_CERT_PATH' : 'DOCKER_TLS_VERIFY';
  const tls = await readTlsDir(dir, { skipVerify: !verifies, source });
  if (verifies && env.DOCKER_CERT_PATH && tls.ca === null) throw noCertificates(source, dir);
  return tls;
}

function noCertificates(source: string, dir: string): BxError {
  return new BxError('endpoint', `${source} names ${dir}, where there is no ca.pem`, {
    hint: 'Name the directory that holds ca.pem, cert.pem and key.pem.',
  });
}
