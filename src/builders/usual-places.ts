/** The sockets where engines listen when nobody has said otherwise. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { homeDirectory } from '../platform/person.js';
import { readRecord, stateOf } from '../private-engine/record.js';
import type { Env } from './docker-config.js';
import type { Endpoint } from './endpoint.js';
import { pipeExists, USUAL_PIPES, usualPipes } from './usual-pipes.js';

export interface PlaceOptions {
  /** Default: of this process. The user's id, for the rootless socket when XDG_RUNTIME_DIR is not set. */
  readonly uid?: number;
  /** Where the usual sockets are; for tests. */
  readonly defaultSocket?: string;
  readonly exists?: (path: string) => boolean;
  readonly platform?: NodeJS.Platform;
}

/** The source of docker's own socket, which is the first of the usual places. */
export const DEFAULT_SOURCE = 'default socket';
/** The source of the one that `bxtui engine start` runs. */
export const PRIVATE_ENGINE = 'private engine';
const DEFAULT_SOCKET = '/var/run/docker.sock';
const BUILDKITD_SOCKET = '/run/buildkit/buildkitd.sock';
const PODMAN_SOCKET = '/run/podman/podman.sock';

/** Where docker itself looks when nobody has said otherwise. */
export function defaultAddress({ platform = process.platform }: PlaceOptions): string {
  return platform === 'win32' ? `npipe://${USUAL_PIPES.docker}` : `unix://${DEFAULT_SOCKET}`;
}

/** Whether something is in the place of an endpoint of this machine. */
export function isThere({ address }: Endpoint, { exists }: PlaceOptions): boolean {
  const look = exists ?? (address.startsWith('npipe://') ? pipeExists : existsSync);
  return look(address.replace(/^(?:unix|npipe):\/\//, ''));
}

/** Docker's own and buildkitd's are there whether they exist or not, so that they are named when nobody answers; the others only where they exist. */
export function usualPlaces(env: Env, options: PlaceOptions): Endpoint[] {
  const exists = options.exists ?? existsSync;
  if ((options.platform ?? process.platform) === 'win32') return usualPipes(options.exists);
  const uid = options.uid ?? process.getuid?.();
  const runtimeDir = env.XDG_RUNTIME_DIR || (uid !== undefined && uid !== 0 ? `/run/user/${uid}` : null);
  const home = homeDirectory(env);
  const docker = (path: string, source: string): Endpoint => ({ kind: 'docker', address: `unix://${path}`, source, tls: null });
  const buildkitd = (path: string, source: string): Endpoint => ({ ...docker(path, source), kind: 'buildkitd' });
  const there = (path: string, source: string): Endpoint[] => (exists(path) ? [docker(path, source)] : []);
  return [
    docker(options.defaultSocket ?? DEFAULT_SOCKET, DEFAULT_SOURCE),
    ...(runtimeDir ? [docker(join(runtimeDir, 'docker.sock'), 'rootless socket')] : []),
    ...there(join(home, '.docker/run/docker.sock'), 'Docker Desktop socket'),
    ...there(join(home, '.docker/desktop/docker.sock'), 'Docker Desktop socket'),
    ...there(join(env.COLIMA_HOME || join(home, '.colima'), 'default/docker.sock'), 'Colima socket'),
    ...there(join(env.XDG_CONFIG_HOME || join(home, '.config'), 'colima/default/docker.sock'), 'Colima socket'),
    ...there(join(home, '.orbstack/run/docker.sock'), 'OrbStack socket'),
    ...there(join(home, '.rd/docker.sock'), 'Rancher Desktop socket'),
    buildkitd(BUILDKITD_SOCKET, 'default buildkitd socket'),
    ...(runtimeDir ? [buildkitd(join(runtimeDir, 'buildkit/buildkitd.sock'), 'rootless buildkitd socket')] : []),
    ...(runtimeDir ? there(join(runtimeDir, 'podman/podman.sock'), 'rootless Podman socket') : []),
    ...there(PODMAN_SOCKET, 'Podman socket'),
    ...there(join(home, '.local/share/containers/podman/machine/podman.sock'), 'Podman machine socket'),
    ...privateEngine(env),
  ];
}

/** That of `bxtui engine start`, while it runs: behind those that somebody else has set up. */
function privateEngine(env: Env): Endpoint[] {
  const record = readRecord(env);
  if (record === null || stateOf(record) !== 'running') return [];
  return [
    { kind: record.engine === 'dockerd' ? 'docker' : 'buildkitd', address: record.address, source: PRIVATE_ENGINE, tls: null },
  ];
}
