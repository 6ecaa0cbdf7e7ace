/** What is installed that can run as a private engine, and what to install where nothing is. Nothing is installed from here. */
import { readFileSync } from 'node:fs';
import { BxError } from '../platform/errors.js';
import type { EngineProgram } from './record.js';
import { findProgram, runToEnd } from './system-programs.js';

/** Debian keeps the script for rootless use away from PATH. */
const CONTRIB = ['/usr/share/docker.io/contrib', '/usr/share/docker/contrib'];

export interface Installation {
  readonly engine: EngineProgram;
  /** Path of the daemon. */
  readonly program: string;
  /** What starts it for somebody who is not root; null for root. */
  readonly rootless: RootlessTools | null;
}

export interface RootlessTools {
  readonly rootlesskit: string;
  /** `dockerd-rootless.sh`; null for a buildkitd. */
  readonly script: string | null;
}

/** The machine, as far as it decides. */
export interface Machine {
  readonly platform: string;
  readonly uid: number;
  readonly env: NodeJS.ProcessEnv;
  readonly find: typeof findProgram;
  /** Null: it cannot be read. */
  readonly read: (path: string) => string | null;
}

export function thisMachine(env: NodeJS.ProcessEnv): Machine {
  return {
    platform: process.platform,
    uid: process.getuid?.() ?? -1,
    env,
    find: findProgram,
    read(path) {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return null;
      }
    },
  };
}

/**
 * The engine to run: the wanted one, else dockerd, which keeps images, before buildkitd. Throws `BxError('not-found')` that says what to install,
 * `BxError('unsupported')` on a system where none can run.
 */
export function chooseInstallation(wanted: EngineProgram | null, machine: Machine): Installation {
  if (machine.platform !== 'linux') {
    throw new BxError('unsupported', 'dockerd and buildkitd run on Linux only', {
      hint: 'Here they need a virtual machine: Docker Desktop, Colima, OrbStack and Rancher Desktop bring one.',
    });
  }
  const candidates = (wanted === null ? (['dockerd', 'buildkitd'] as const) : [wanted]).map((engine) => look(engine, machine));
  const complete = candidates.find(({ missing }) => missing.length === 0)?.installation;
  if (complete) return complete;
  // Half of one is nearer than nothing of the other.
  const nearest = candidates.find(({ isThere }) => isThere) ?? candidates[0]!;
  throw incomplete(nearest, wanted, machine);
}

/** Whether there is one, for an offer. */
export function findInstallation(wanted: EngineProgram | null, machine: Machine): Installation | null {
  try {
    return chooseInstallation(wanted, machine);
  } catch {
    return null;
  }
}

/** `20.10.24+dfsg1`; null when the program does not say it. */
export async function versionOf(
  { engine, program }: Pick<Installation, 'engine' | 'program'>,
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  const { isOk, stdout } = await runToEnd([program, '--version'], env);
  const said = engine === 'dockerd' ? /version ([^\s,]+)/.exec(stdout)?.[1] : /\bbuildkit v?(\S+)/.exec(stdout)?.[1];
  return (isOk ? said : undefined) ?? null;
}

interface Looked {
  readonly engine: EngineProgram;
  /** The daemon itself is there. */
  readonly isThere: boolean;
  readonly installation: Installation | null;
  readonly missing: readonly Need[];
}

interface Need {
  readonly what: string;
  /** Its package by family of distributions; missing: the same name as everywhere. */
  readonly packages: Readonly<Partial<Record<Family, string>>>;
}

type Family = 'debian' | 'fedora' | 'alpine' | 'arch' | 'suse';

const NEEDS = {
  dockerd: {
    what: 'dockerd',
    packages: { debian: 'docker.io', fedora: 'moby-engine', alpine: 'docker', arch: 'docker', suse: 'docker' },
  },
  buildkitd: { what: 'buildkitd', packages: { alpine: 'buildkit', arch: 'buildkit', suse: 'buildkit' } },
  runc: { what: 'runc', packages: same('runc') },
  unshare: { what: 'unshare', packages: same('util-linux') },
  script: {
    what: 'dockerd-rootless.sh',
    packages: { debian: 'docker.io', alpine: 'docker-rootless-extras', suse: 'docker-rootless-extras' },
  },
  rootlesskit: { what: 'rootlesskit', packages: same('rootlesskit') },
  uidmap: {
    what: 'newuidmap',
    packages: { debian: 'uidmap', fedora: 'shadow-utils', alpine: 'shadow-subids', arch: 'shadow', suse: 'shadow' },
  },
  slirp: { what: 'slirp4netns', packages: same('slirp4netns') },
} as const satisfies Record<string, Need>;

function same(name: string): Record<Family, string> {
  return { debian: name, fedora: name, alpine: name, arch: name, suse: name };
}

function look(engine: EngineProgram, machine: Machine): Looked {
  const { find, env } = machine;
  const needs: Need[] = [];
  const need = (names: readonly string[], one: Need, more?: readonly string[]): string | null => {
    const path = find(names, env, more);
    if (path === null) needs.push(one);
    return path;
  };
  const program = need([engine], NEEDS[engine]);
  if (engine === 'buildkitd') need(['buildkit-runc', 'runc', 'crun'], NEEDS.runc);
  const isRoot = machine.uid === 0;
  if (isRoot) need(['unshare'], NEEDS.unshare);
  const rootless = isRoot ? null : lookRootless(engine, need);
  const installation = program === null || needs.length > 0 ? null : { engine, program, rootless };
  return { engine, isThere: program !== null, installation, missing: needs };
}

function lookRootless(
  engine: EngineProgram,
  need: (names: readonly string[], one: Need, more?: readonly string[]) => string | null,
): RootlessTools {
  const script = engine === 'dockerd' ? need(['dockerd-rootless.sh'], NEEDS.script, CONTRIB) : null;
  const rootlesskit = need(['docker-rootlesskit', 'rootlesskit'], NEEDS.rootlesskit) ?? '';
  need(['newuidmap'], NEEDS.uidmap);
  if (engine === 'dockerd') need(['slirp4netns', 'vpnkit', 'pasta'], NEEDS.slirp);
  return { rootlesskit, script };
}

function incomplete({ engine, isThere, missing }: Looked, wanted: EngineProgram | null, machine: Machine): BxError {
  const names = missing.map(({ what }) => what).join(', ');
  const message = !isThere
    ? wanted === null
      ? 'neither dockerd nor buildkitd is installed'
      : `${wanted} is not installed`
    : `${engine} is installed, but not all that it needs${machine.uid === 0 ? '' : ' without root'}: ${names} ${missing.length === 1 ? 'is' : 'are'} missing`;
  return new BxError('not-found', message, { hint: installHint(engine, missing, machine) });
}

const INSTALL: Readonly<Record<Family, string>> = {
  debian: 'apt-get install',
  fedora: 'dnf install',
  alpine: 'apk add',
  arch: 'pacman -S',
  suse: 'zypper install',
};
const ELSEWHERE: Readonly<Record<EngineProgram, string>> = {
  dockerd: 'Docker Engine is described at https://docs.docker.com/engine/install',
  buildkitd: 'BuildKit’s own archives are at https://github.com/moby/buildkit/releases',
};

/** Exact where the distribution is known. */
function installHint(engine: EngineProgram, missing: readonly Need[], machine: Machine): string {
  const family = familyOf(machine.read('/etc/os-release') ?? '');
  const packages = family === null ? [] : [...new Set(missing.map((need) => need.packages[family]))];
  const command =
    family === null || packages.some((name) => name === undefined)
      ? `${ELSEWHERE[engine]}.`
      : `Install it: ${INSTALL[family]} ${packages.join(' ')}`;
  return `${command} bxtui installs nothing by itself.`;
}

/** os-release(5): ID, else the first of ID_LIKE that is known. */
export function familyOf(osRelease: string): Family | null {
  const value = (name: string): string => new RegExp(`^${name}=["']?([^"'\\n]*)`, 'm').exec(osRelease)?.[1] ?? '';
  const families: Readonly<Record<string, Family>> = {
    debian: 'debian',
    ubuntu: 'debian',
    fedora: 'fedora',
    alpine: 'alpine',
    arch: 'arch',
    suse: 'suse',
    opensuse: 'suse',
  };
  for (const id of `${value('ID')} ${value('ID_LIKE')}`.split(/\s+/)) {
    const family = families[id] ?? families[id.split('-')[0] ?? ''];
    if (family !== undefined) return family;
  }
  return null;
}
