/** A private engine of a test: a home of its own for it, and the question what it has left on the machine. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { which } from '../setup/command.mjs';
import { runBxtui } from './run.js';
import { testDirectory } from './session-root.js';

/** Where an engine of the machine would be used instead. */
const USUAL_SOCKETS = ['/var/run/docker.sock', '/run/buildkit/buildkitd.sock', '/run/podman/podman.sock'];

/** Null: here one can be started and would be used; else why not. */
export function whyNoPrivateEngine(engine: 'dockerd' | 'buildkitd' = 'dockerd'): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux';
  if (which(engine) === null) return `${engine} is not installed`;
  const other = USUAL_SOCKETS.find((path) => existsSync(path));
  return other === undefined ? null : `the machine has an engine at ${other}`;
}

export interface EngineHome {
  readonly dir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const homes = new Set<EngineHome>();

/** A person who has set up nothing. */
export function createEngineHome(more: Readonly<Record<string, string | undefined>> = {}): EngineHome {
  const dir = testDirectory();
  const home: EngineHome = {
    dir,
    env: {
      ...{ HOME: dir, XDG_STATE_HOME: join(dir, 's'), XDG_CONFIG_HOME: join(dir, 'c'), DOCKER_CONFIG: join(dir, 'd') },
      ...{ XDG_RUNTIME_DIR: undefined, DOCKER_HOST: undefined, BUILDKIT_HOST: undefined, DOCKER_CONTEXT: undefined },
      ...{ DOCKER_BUILDKIT: undefined, BUILDX_BUILDER: undefined },
      ...more,
    },
  };
  homes.add(home);
  return home;
}

/** Belongs into `afterEach`. */
export async function removeEngineHomes(): Promise<void> {
  for (const { env } of homes) await runBxtui(['engine', 'stop', '--remove-data'], { env });
  homes.clear();
}

/** Processes, mounts, sockets, control groups and interfaces of it; empty: nothing is left. */
export function leftOf({ dir }: EngineHome): string[] {
  const id = createHash('sha256').update(join(dir, 's/bxtui/engine')).digest('hex').slice(0, 6);
  const processes = list('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '))
    .filter((command) => command.includes(`${dir}/s/`));
  const mounts = read('/proc/self/mounts')
    .split('\n')
    .filter((line) => line.includes(`${dir}/`));
  const groups = ['', 'unified', 'memory', 'pids', 'systemd'].flatMap((hierarchy) =>
    list(join('/sys/fs/cgroup', hierarchy)).filter((name) => name === `bxtui-engine-${id}`),
  );
  const interfaces = Object.keys(networkInterfaces()).filter((name) => name === `bxtui-${id}`);
  const files = list(join(dir, 's/bxtui/engine')).filter((name) => !/^(data|engine\.json|engine\.log(\.1)?)$/.test(name));
  return [...processes, ...mounts, ...groups, ...interfaces, ...files];
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
