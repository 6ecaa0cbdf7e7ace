/** The container of a builder, from what buildx has written down of its node (docker/buildx, driver/docker-container). Pure. */
import type { BuilderNode } from '../../../builders/endpoint.js';
import type { BxError } from '../../../platform/errors.js';
import { fail, unknownOption, wrongOption } from './driver-option.js';

export const CONFIG_DIR = '/etc/buildkit';
const STATE_DIR = '/var/lib/buildkit';
const CONFIG_FILE = 'buildkitd.toml';
/** All builders of an engine are in one control group. */
const CGROUP_PARENT = '/docker/buildx';
const WSL_LIBRARIES = '/usr/lib/wsl';
/** What the container does not depend on. */
const OF_OTHERS = ['image', 'default-load', 'provenance-add-gha'];

export interface BuilderMachine {
  /** What the engine says of itself (GET /info); null when it does not. */
  readonly info: Readonly<Record<string, unknown>> | null;
  /** Of this machine, which is the engine's: what its graphics cards need in a container. */
  readonly hasWslLibraries?: boolean;
}

/** As the Engine API takes it. Throws `BxError('endpoint')` for an option that is wrong, or that this client does not carry out. */
export function containerConfig(
  node: BuilderNode,
  container: string,
  image: string,
  { info, hasWslLibraries = false }: BuilderMachine,
): { readonly HostConfig: object } & Readonly<Record<string, unknown>> {
  const limits: Record<string, unknown> = {};
  const env: string[] = [];
  let network = '';
  let cgroupParent = '';
  let restartPolicy = parseRestart('unless-stopped');
  for (const [option, value] of Object.entries(node.driverOpts)) {
    const wrong = (): BxError => wrongOption(node, option, value);
    if (/^env\../.test(option)) env.push(`${option.slice('env.'.length)}=${value}`);
    else if (option === 'network') network = value;
    else if (option === 'cgroup-parent') cgroupParent = value;
    else if (option === 'restart-policy') restartPolicy = parseRestart(value) ?? fail(wrong());
    else if (option === 'memory') limits.Memory = parseBytes(value) ?? fail(wrong());
    else if (option === 'memory-swap') limits.MemorySwap = value === '-1' ? -1 : (parseBytes(value) ?? fail(wrong()));
    else if (option === 'cpu-quota') limits.CpuQuota = parseInteger(value) ?? fail(wrong());
    else if (option === 'cpu-period') limits.CpuPeriod = parseInteger(value) ?? fail(wrong());
    else if (option === 'cpu-shares') limits.CpuShares = parseInteger(value) ?? fail(wrong());
    else if (option === 'cpuset-cpus') limits.CpusetCpus = value;
    else if (option === 'cpuset-mems') limits.CpusetMems = value;
    else if (!OF_OTHERS.includes(option)) fail(unknownOption(node, option));
  }
  const security = Array.isArray(info?.SecurityOptions) ? info.SecurityOptions.map(String) : [];
  const isMapped = security.some((option) => option.split(',').includes('name=userns'));
  const flags = Object.hasOwn(node.files, CONFIG_FILE) ? ['--config', `${CONFIG_DIR}/${CONFIG_FILE}`, ...node.flags] : node.flags;
  const state = { Type: 'volume', Source: `${container}_state`, Target: STATE_DIR };
  const libraries = { Type: 'bind', Source: WSL_LIBRARIES, Target: WSL_LIBRARIES, ReadOnly: true };
  return {
    Image: image,
    Env: env,
    Cmd: flags,
    HostConfig: {
      Privileged: true,
      Init: true,
      RestartPolicy: restartPolicy,
      Mounts: hasWslLibraries ? [state, libraries] : [state],
      ...(network !== '' && { NetworkMode: network }),
      ...(info?.CgroupDriver === 'cgroupfs' && { CgroupParent: cgroupParent || CGROUP_PARENT }),
      ...(isMapped && { UsernsMode: 'host' }),
      ...limits,
    },
  };
}

/** `on-failure:3` (docker/cli, opts.ParseRestartPolicy). */
function parseRestart(value: string): Record<string, unknown> | null {
  const [, name, count] = /^([^:]+)(?::(\d+))?$/.exec(value) ?? [];
  return name === undefined ? null : { Name: name, ...(count !== undefined && { MaximumRetryCount: Number(count) }) };
}

/** `512m`, as docker's units have it. */
function parseBytes(value: string): number | null {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(value.trim()) ?? [];
  return digits === undefined ? null : Math.floor(Number(digits) * 1024 ** ' kmgtp'.indexOf(unit.toLowerCase() || ' '));
}

function parseInteger(value: string): number | null {
  return /^[-+]?\d+$/.test(value) ? Number(value) : null;
}
