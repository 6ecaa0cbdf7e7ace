/** Which engine a person means: the environment, the docker context, then the places where engines usually listen. It connects to none. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BxError } from '../platform/errors.js';
import { normaliseAddress } from './address-schemes.js';
import { contextEndpoint, currentContext, dockerConfigDir, type Env } from './docker-config.js';
import type { Endpoint, TlsMaterial } from './endpoint.js';
import { readTlsDir } from './tls-files.js';

export interface ResolveOptions {
  /** Default: of this process. The user's id, for the rootless socket when XDG_RUNTIME_DIR is not set. */
  readonly uid?: number;
  /** Where the usual sockets are; for tests. */
  readonly defaultSocket?: string;
  readonly exists?: (path: string) => boolean;
}

const DEFAULT_SOCKET = '/var/run/docker.sock';
const BUILDKITD_SOCKET = '/run/buildkit/buildkitd.sock';

/**
 * The endpoints to try, in order. What is named by hand (`BUILDKIT_HOST`, `DOCKER_HOST`, `DOCKER_CONTEXT`, the current docker context)
 * is the only one: another engine must not be used in its place unasked. Throws `BxError('endpoint')` when what is named cannot be used.
 */
export async function resolveEndpoints(env: Env, options: ResolveOptions = {}): Promise<Endpoint[]> {
  if (env.BUILDKIT_HOST) return [await fromBuildkitHost(env.BUILDKIT_HOST, env)];
  if (env.DOCKER_HOST) return [await fromDockerHost(env.DOCKER_HOST, env)];
  const named = env.DOCKER_CONTEXT || null;
  const context = named ?? (await currentContext(env));
  if (context !== null && context !== 'default')
    return [await contextEndpoint(context, env, named ? 'DOCKER_CONTEXT' : 'the current one of config.json')];
  return usualPlaces(env, options);
}

/** The Docker Engines to try for an image that a standalone buildkitd has built: those that are meant when no buildkitd is named. */
export async function resolveDockerEngines(env: Env, options: ResolveOptions = {}): Promise<Endpoint[]> {
  const endpoints = await resolveEndpoints({ ...env, BUILDKIT_HOST: undefined }, options);
  return endpoints.filter(({ kind }) => kind === 'docker');
}

async function fromBuildkitHost(host: string, env: Env): Promise<Endpoint> {
  const address = normaliseAddress(host, 'BUILDKIT_HOST');
  const tlsDir = env.BXTUI_BUILDKIT_TLS_DIR;
  const usesTls = address.startsWith('tcp://') && tlsDir;
  const tls = usesTls ? await readTlsDir(tlsDir, { skipVerify: false, source: 'BXTUI_BUILDKIT_TLS_DIR' }) : null;
  if (tls && tls.ca === null && tls.cert === null) throw noCertificates('BXTUI_BUILDKIT_TLS_DIR', tlsDir!);
  return { kind: 'buildkitd', address, source: 'BUILDKIT_HOST', tls };
}

async function fromDockerHost(host: string, env: Env): Promise<Endpoint> {
  const address = normaliseAddress(host, 'DOCKER_HOST');
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

function usualPlaces(env: Env, options: ResolveOptions): Endpoint[] {
  const exists = options.exists ?? existsSync;
  const uid = options.uid ?? process.getuid?.();
  const runtimeDir = env.XDG_RUNTIME_DIR || (uid !== undefined && uid !== 0 ? `/run/user/${uid}` : null);
  const docker = (path: string, source: string): Endpoint => ({ kind: 'docker', address: `unix://${path}`, source, tls: null });
  const buildkitd = (path: string, source: string): Endpoint => ({
    kind: 'buildkitd',
    address: `unix://${path}`,
    source,
    tls: null,
  });
  const places = [docker(options.defaultSocket ?? DEFAULT_SOCKET, 'default socket')];
  if (runtimeDir) places.push(docker(join(runtimeDir, 'docker.sock'), 'rootless socket'));
  const desktop = join(env.HOME || homedir(), '.docker/run/docker.sock');
  if (exists(desktop)) places.push(docker(desktop, 'Docker Desktop socket'));
  // Those that are not there cost nothing to try, and are named when nobody answers at all.
  places.push(buildkitd(BUILDKITD_SOCKET, 'default buildkitd socket'));
  if (runtimeDir) places.push(buildkitd(join(runtimeDir, 'buildkit/buildkitd.sock'), 'rootless buildkitd socket'));
  return places;
}
