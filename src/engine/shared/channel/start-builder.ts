/**
 * Starts the container of a buildx builder, or makes it anew from what buildx has written down (docker/buildx, driver/docker-container/driver.go).
 * It pulls nothing: an image that is missing is named.
 */
import type { BuilderNode, Endpoint } from '../../../builders/endpoint.js';
import { BxError } from '../../../platform/errors.js';
import { describeEndpoint } from '../connect-error.js';
import type { EngineApi } from '../engine-api.js';
import { tarOfFiles } from './tar-of-files.js';

export type BuilderEndpoint = Endpoint & { readonly host: Endpoint; readonly node: BuilderNode };

const DEFAULT_IMAGE = 'moby/buildkit:buildx-stable-1';
const CONFIG_DIR = '/etc/buildkit';
const STATE_DIR = '/var/lib/buildkit';
const CONFIG_FILE = 'buildkitd.toml';
/** From the start of the container until its buildkitd answers. */
const READY_WITHIN_MS = 20_000;
const ASK_EVERY_MS = 150;

/** Resolves when its buildkitd answers. Throws `BxError('endpoint' | 'cancelled')`. */
export async function startBuilder(
  endpoint: BuilderEndpoint,
  api: EngineApi,
  container: string,
  isGone: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (isGone) await create(endpoint, api, container, signal);
  const started = await api.ask('POST', `/containers/${container}/start`, { signal });
  if (started.status >= 400) throw failed(endpoint, `its container ${container} cannot be started: ${started.message}`);
  const deadlineMs = Date.now() + READY_WITHIN_MS;
  while (!(await answers(api, container, signal))) {
    if (Date.now() > deadlineMs) {
      throw failed(
        endpoint,
        `its container ${container} runs, and the buildkitd in it does not answer`,
        `docker logs ${container}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

async function create(endpoint: BuilderEndpoint, api: EngineApi, container: string, signal: AbortSignal): Promise<void> {
  const { host, node } = endpoint;
  const image = node.driverOpts.image || DEFAULT_IMAGE;
  const found = await api.ask('GET', `/images/${image}/json`, { signal });
  if (found.status === 404) {
    throw failed(
      endpoint,
      `neither its container ${container} nor the image ${image} is on ${describeEndpoint(host)}`,
      `docker buildx inspect --bootstrap ${node.builder} (pulls the image), or docker pull ${image}`,
    );
  }
  const info = await api.ask('GET', '/info', { signal });
  const made = await api.ask('POST', '/containers/create', {
    query: { name: container },
    body: containerConfig(node, container, image, info.json ?? {}),
    signal,
  });
  // Somebody else may have made it meanwhile.
  if (made.status >= 400 && made.status !== 409)
    throw failed(endpoint, `its container ${container} cannot be made: ${made.message}`);
  if (made.status < 400) await copyConfig(endpoint, api, container, signal);
}

/** As the Engine API takes it. Throws `BxError('endpoint')` for an option that this client does not carry out. */
export function containerConfig(
  node: BuilderNode,
  container: string,
  image: string,
  info: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const limits: Record<string, unknown> = {};
  const env: string[] = [];
  let network: string | null = null;
  let cgroupParent = '/docker/buildx';
  let restartPolicy: Record<string, unknown> = { Name: 'unless-stopped' };
  for (const [option, value] of Object.entries(node.driverOpts)) {
    if (option.startsWith('env.')) env.push(`${option.slice('env.'.length)}=${value}`);
    else if (option === 'network') network = value;
    else if (option === 'cgroup-parent') cgroupParent = value;
    else if (option === 'restart-policy') restartPolicy = parseRestart(value);
    else if (option === 'memory') limits.Memory = parseBytes(value);
    else if (option === 'memory-swap') limits.MemorySwap = value === '-1' ? -1 : parseBytes(value);
    else if (option === 'cpu-quota') limits.CpuQuota = Number(value);
    else if (option === 'cpu-period') limits.CpuPeriod = Number(value);
    else if (option === 'cpu-shares') limits.CpuShares = Number(value);
    else if (option === 'cpuset-cpus') limits.CpusetCpus = value;
    else if (option === 'cpuset-mems') limits.CpusetMems = value;
    else if (!['image', 'default-load', 'provenance-add-gha', 'qemu.install'].includes(option)) {
      throw new BxError('endpoint', `buildx builder "${node.builder}" has the option ${option}, with which bxtui starts none`, {
        hint: `Start it with buildx: docker buildx inspect --bootstrap ${node.builder}`,
      });
    }
  }
  const security = Array.isArray(info.SecurityOptions) ? info.SecurityOptions.map(String) : [];
  const flags = Object.hasOwn(node.files, CONFIG_FILE) ? ['--config', `${CONFIG_DIR}/${CONFIG_FILE}`, ...node.flags] : node.flags;
  return {
    Image: image,
    Env: env,
    Cmd: flags,
    HostConfig: {
      Privileged: true,
      Init: true,
      RestartPolicy: restartPolicy,
      Mounts: [{ Type: 'volume', Source: `${container}_state`, Target: STATE_DIR }],
      ...(network !== null && { NetworkMode: network }),
      ...(info.CgroupDriver === 'cgroupfs' && { CgroupParent: cgroupParent }),
      ...(security.some((option) => option.startsWith('name=userns')) && { UsernsMode: 'host' }),
      ...limits,
    },
  };
}

/** `on-failure:3`. */
function parseRestart(value: string): Record<string, unknown> {
  const [name = '', count] = value.split(':');
  return { Name: name, ...(count !== undefined && { MaximumRetryCount: Number(count) }) };
}

/** `512m`, as docker's units have it. */
function parseBytes(value: string): number {
  const [, digits = '0', unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)i?b?$/i.exec(value.trim()) ?? [];
  return Math.floor(Number(digits) * 1024 ** ' kmgtp'.indexOf(unit.toLowerCase() || ' '));
}

async function copyConfig(endpoint: BuilderEndpoint, api: EngineApi, container: string, signal: AbortSignal): Promise<void> {
  const files = Object.entries(endpoint.node.files).map(
    ([path, base64]) => [`${CONFIG_DIR.slice('/etc/'.length)}/${path}`, Buffer.from(base64, 'base64')] as const,
  );
  if (files.length === 0) return;
  const tar = await tarOfFiles(files);
  const headers = { 'Content-Type': 'application/x-tar' };
  const query = { path: '/etc' };
  const copied = await api.ask('PUT', `/containers/${container}/archive`, { query, headers, body: tar, signal });
  if (copied.status >= 400) throw failed(endpoint, `its configuration cannot be copied: ${copied.message}`);
}

/** Whether the buildkitd in the container lists its workers. */
async function answers(api: EngineApi, container: string, signal: AbortSignal): Promise<boolean> {
  const exec = await api.ask('POST', `/containers/${container}/exec`, {
    body: { AttachStdout: true, AttachStderr: true, Cmd: ['buildctl', 'debug', 'workers'] },
    signal,
  });
  if (typeof exec.json?.Id !== 'string') return false;
  const path = `/exec/${exec.json.Id}`;
  await api.ask('POST', `${path}/start`, { body: { Detach: false, Tty: false }, signal });
  const { json } = await api.ask('GET', `${path}/json`, { signal });
  return json?.ExitCode === 0;
}

function failed(endpoint: BuilderEndpoint, reason: string, next?: string): BxError {
  const command = next ?? `docker buildx inspect --bootstrap ${endpoint.node.builder}`;
  return new BxError('endpoint', `cannot start ${describeEndpoint(endpoint)}: ${reason}`, { hint: `Try: ${command}` });
}
