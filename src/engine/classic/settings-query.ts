/** What is set for all RUN steps and for the image, in the Engine API's words (Engine API, POST /build and POST /containers/create). */
import type { BuildSettings, ClassicSettings } from '../engine.js';

/**
 * Parameters of POST /build. Labels are the last step of a build: one that ends before has none. `areListsJson`: as Podman reads them
 * (containers/podman, pkg/api/handlers/compat/images_build.go).
 */
export function settingsQuery(
  settings: BuildSettings,
  isWhole: boolean,
  areListsJson: boolean,
): Record<string, string | readonly string[] | undefined> {
  const { labels = [], ulimits = [], shmBytes, cgroupParent, network, pull, cacheFrom = [] } = settings;
  const hosts = hostLines(settings);
  return {
    cachefrom: cacheFrom.length > 0 ? JSON.stringify(cacheFrom.map(({ attrs }) => attrs.ref)) : undefined,
    labels: isWhole && labels.length > 0 ? JSON.stringify(Object.fromEntries(labels)) : undefined,
    extrahosts: areListsJson && hosts.length > 0 ? JSON.stringify(hosts) : hosts,
    networkmode: network,
    shmsize: shmBytes === undefined ? undefined : String(shmBytes),
    ulimits: ulimits.length === 0 ? undefined : JSON.stringify(areListsJson ? ulimits.map(ulimitText) : engineUlimits(ulimits)),
    cgroupparent: cgroupParent,
    pull: pull ? '1' : undefined,
    ...classicQuery(settings.classic ?? {}, isWhole, areListsJson),
  };
}

function classicQuery(settings: ClassicSettings, isWhole: boolean, areListsJson: boolean): ReturnType<typeof settingsQuery> {
  const { memoryBytes, memorySwapBytes, cpuShares, cpuPeriodUs, cpuQuotaUs, cpusetCpus, cpusetMems } = settings;
  const { isSquashed, securityOptions = [] } = settings;
  return {
    memory: memoryBytes?.toString(),
    memswap: memorySwapBytes?.toString(),
    cpushares: cpuShares?.toString(),
    cpuperiod: cpuPeriodUs?.toString(),
    cpuquota: cpuQuotaUs?.toString(),
    cpusetcpus: cpusetCpus,
    cpusetmems: cpusetMems,
    securityopt: areListsJson && securityOptions.length > 0 ? JSON.stringify(securityOptions) : securityOptions,
    // The image of a step is that of all layers before it.
    squash: isSquashed && isWhole ? '1' : undefined,
  };
}

/** HostConfig of a container that is to be like those of the RUN steps. */
export function settingsHostConfig(settings: BuildSettings): Record<string, unknown> {
  const { ulimits = [], shmBytes, cgroupParent, network } = settings;
  const hosts = hostLines(settings);
  return {
    ...(hosts.length > 0 && { ExtraHosts: hosts }),
    ...(network !== undefined && { NetworkMode: network }),
    ...(shmBytes !== undefined && { ShmSize: shmBytes }),
    ...(ulimits.length > 0 && { Ulimits: engineUlimits(ulimits) }),
    ...(cgroupParent !== undefined && { CgroupParent: cgroupParent }),
    ...classicHostConfig(settings.classic ?? {}),
  };
}

/** What is left out here is of the whole build: how its context is sent, what becomes of its layers. */
function classicHostConfig(settings: ClassicSettings): Record<string, unknown> {
  const { memoryBytes, memorySwapBytes, cpuShares, cpuPeriodUs, cpuQuotaUs, cpusetCpus, cpusetMems } = settings;
  const { isolation = '', securityOptions = [] } = settings;
  return {
    ...(memoryBytes !== undefined && { Memory: memoryBytes }),
    ...(memorySwapBytes !== undefined && { MemorySwap: memorySwapBytes }),
    ...(cpuShares !== undefined && { CpuShares: cpuShares }),
    ...(cpuPeriodUs !== undefined && { CpuPeriod: cpuPeriodUs }),
    ...(cpuQuotaUs !== undefined && { CpuQuota: cpuQuotaUs }),
    ...(cpusetCpus !== undefined && { CpusetCpus: cpusetCpus }),
    ...(cpusetMems !== undefined && { CpusetMems: cpusetMems }),
    ...(isolation !== '' && { Isolation: isolation }),
    ...(securityOptions.length > 0 && { SecurityOpt: securityOptions }),
  };
}

function hostLines({ extraHosts = [] }: BuildSettings): string[] {
  return extraHosts.map(({ host, ip }) => `${host}:${ip}`);
}

function ulimitText({ name, soft, hard }: NonNullable<BuildSettings['ulimits']>[number]): string {
  return `${name}=${soft}:${hard}`;
}

function engineUlimits(ulimits: NonNullable<BuildSettings['ulimits']>): Array<{ Name: string; Soft: number; Hard: number }> {
  return ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard }));
}
