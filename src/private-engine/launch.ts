/** How each daemon is started: as root in namespaces of its own, else through rootlesskit. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BxError } from '../platform/errors.js';
import { createBridge, planBridge } from './bridge.js';
import type { Installation } from './installed.js';
import { type EnginePaths, type EngineTraces, socketOf } from './record.js';
import { runToEnd, searchPath } from './system-programs.js';
import { NO_TRACES } from './traces.js';

export interface Launch {
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface LaunchPlan {
  /** To be tried in this order. */
  readonly launches: readonly Launch[];
  readonly traces: EngineTraces;
  readonly notes: readonly string[];
}

export interface LaunchWish {
  readonly installation: Installation;
  readonly paths: EnginePaths;
  /** That of the program itself. */
  readonly dataDir: string;
  readonly isDebug: boolean;
  /** Tells private engines apart, in at most six letters. */
  readonly id: string;
  readonly env: NodeJS.ProcessEnv;
  /** Called with what has been made, as soon as it is. */
  readonly onTraces: (traces: EngineTraces) => void;
}

/** Directories where a daemon of the machine has its sockets, which must not serve this one, nor be replaced by those of this one. */
const SHADOWED = ['/run/containerd', '/run/docker', '/run/buildkit'];
/** What each makes there, so that the directory has to be there to be covered. */
const NEEDED = { dockerd: '/run/containerd', buildkitd: '/run/buildkit' };

const BUILDKITD_SETTINGS = '/etc/buildkit/buildkitd.toml';

/**
 * The first process: runs the daemon and listens on descriptor 3, its leash. A line there ends the daemon in order, the end of it at once, with
 * everything below; so nothing outlives the keeper. In a process namespace of its own it is the one who reaps orphans.
 */
const LEASHED = `
"$@" 3<&- &
daemon=$!
{ while read -r word <&3; do kill -TERM "$daemon"; done; if [ $$ = 1 ]; then kill -KILL -1; else kill -KILL "$daemon"; fi; } 2>/dev/null &
leash=$!
exec 3<&-
while :; do
  wait "$daemon"
  status=$?
  # A wait that a signal has interrupted has not seen the daemon end.
  kill -0 "$daemon" 2>/dev/null || break
done
kill -KILL "$leash" 2>/dev/null
exit "$status"
`;
/** With mounts of its own: the sockets of other daemons are covered, what the daemon keeps while it runs is in memory. */
const ROOTED = `
run=$1
shift
ip link set lo up 2>/dev/null
for dir in ${SHADOWED.join(' ')}; do
  [ ! -d "$dir" ] || mount -t tmpfs -o mode=711 tmpfs "$dir" || exit 1
done
mount -t tmpfs -o mode=711 tmpfs "$run/exec" || exit 1
${LEASHED}`;

/** Throws `BxError('state')` where the system does not let a daemon run. */
export async function planLaunch(wish: LaunchWish): Promise<LaunchPlan> {
  return wish.installation.rootless === null ? planAsRoot(wish) : planRootless(wish);
}

async function planAsRoot(wish: LaunchWish): Promise<LaunchPlan> {
  const { installation, paths, id, onTraces } = wish;
  const env = daemonEnv(wish);
  const namespaces = ['unshare', '--mount', '--pid', '--fork', '--mount-proc'];
  const granted = await runToEnd([...namespaces, 'true'], env);
  if (!granted.isOk) {
    throw new BxError('state', `namespaces of its own are not granted to the private engine: ${granted.complaint}`, {
      hint: 'In a container this needs a privileged one; or name an engine elsewhere with DOCKER_HOST.',
    });
  }
  const needed = NEEDED[installation.engine];
  const isNew = !existsSync(needed);
  if (isNew) mkdirSync(needed, { mode: 0o711 });
  mkdirSync(join(paths.run, 'exec'), { mode: 0o711 });
  const base: EngineTraces = { ...NO_TRACES, directories: isNew ? [needed] : [] };
  const inside = ['sh', writeScript(paths, ROOTED), paths.run];
  const cgroup = `bxtui-engine-${id}`;
  if (installation.engine === 'buildkitd') {
    const config = join(paths.run, 'buildkitd.toml');
    // Where the machine has settings they count, with their control group; else the engine's is its own.
    const isOwn = !existsSync(BUILDKITD_SETTINGS);
    if (isOwn) writeFileSync(config, `[worker.oci]\ndefaultCgroupParent = "${cgroup}"\n`, { mode: 0o600 });
    const traces = { ...base, cgroup: isOwn ? cgroup : null };
    onTraces(traces);
    const words = [
      ...namespaces,
      ...inside,
      installation.program,
      ...buildkitdFlags(wish),
      ...(isOwn ? ['--config', config] : []),
    ];
    return { launches: [{ words, env }], traces, notes: [] };
  }
  const bridge = planBridge(`bxtui-${id}`);
  onTraces({ ...base, cgroup, bridge });
  const { refused, problem } = await createBridge(bridge, env);
  const traces = { ...base, cgroup, bridge: refused === null ? bridge : null };
  onTraces(traces);
  const notes = [
    ...(problem === null ? [] : [`programs of a build reach no network outside: ${problem}`]),
    ...(refused === null ? [] : [`neither the engine nor programs of a build have a network: ${refused}`]),
  ];
  // Without a bridge dockerd makes its own, where no other one has any.
  const network = refused === null ? [`--bridge=${bridge.name}`] : [];
  const own = refused === null ? namespaces : [...namespaces, '--net'];
  const flags = [
    ...dockerdFlags(wish),
    ...['--exec-root', join(paths.run, 'exec'), '--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', `/${cgroup}`],
    ...['--iptables=false', '--ip6tables=false', '--ip-masq=false', ...network],
  ];
  const launches = [[], ['--storage-driver=vfs']].map((more) => ({
    words: [...own, ...inside, installation.program, ...flags, ...more],
    env,
  }));
  return { launches, traces, notes };
}

function planRootless(wish: LaunchWish): LaunchPlan {
  const { installation, paths, dataDir, onTraces } = wish;
  const { rootlesskit, script } = installation.rootless!;
  const run = paths.run;
  onTraces(NO_TRACES);
  const inside = ['sh', writeScript(paths, LEASHED)];
  if (script === null) {
    const kit = [
      rootlesskit,
      '--state-dir',
      join(run, 'rootlesskit'),
      '--pidns',
      '--propagation=rslave',
      '--copy-up=/etc',
      '--copy-up=/run',
    ];
    const words = [...inside, ...kit, installation.program, ...buildkitdFlags(wish)];
    return { launches: [{ words, env: { ...daemonEnv(wish), XDG_RUNTIME_DIR: run } }], traces: NO_TRACES, notes: [] };
  }
  const blank = [paths.dir, dataDir].find((path) => /\s/.test(path));
  if (blank !== undefined) {
    throw new BxError('state', `dockerd-rootless.sh takes no path with a blank in it: ${blank}`, {
      hint: 'Name another with --data-dir, and set XDG_STATE_HOME where that is the one.',
    });
  }
  const env = {
    ...daemonEnv(wish),
    XDG_RUNTIME_DIR: run,
    DOCKERD_ROOTLESS_ROOTLESSKIT_STATE_DIR: join(run, 'rootlesskit'),
    DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS: `--pidns --state-dir=${join(run, 'rootlesskit')}`,
  };
  const launches = [[], ['--storage-driver=vfs']].map((more) => ({
    words: [...inside, script, ...dockerdFlags(wish), '--exec-root', join(run, 'exec'), ...more],
    env,
  }));
  return { launches, traces: NO_TRACES, notes: [] };
}

function dockerdFlags({ paths, dataDir, isDebug, env, installation }: LaunchWish): string[] {
  const config = join(paths.run, 'daemon.json');
  writeFileSync(config, JSON.stringify(sharedSettings(env, installation.rootless === null)), { mode: 0o600 });
  return [
    ...['--host', `unix://${socketOf(paths, 'dockerd')}`, '--data-root', dataDir, '--pidfile', join(paths.run, 'docker.pid')],
    ...['--config-file', config, ...(isDebug ? ['--debug'] : [])],
  ];
}

function buildkitdFlags({ paths, dataDir, isDebug }: LaunchWish): string[] {
  return [
    ...['--addr', `unix://${socketOf(paths, 'buildkitd')}`, '--root', dataDir],
    ...['--oci-worker=true', '--containerd-worker=false', '--oci-worker-net=host', ...(isDebug ? ['--debug'] : [])],
  ];
}

/** Of the settings for the machine's dockerd those that say how registries are reached; none that says where it listens or what it shares. */
const SHARED_SETTINGS = ['registry-mirrors', 'insecure-registries', 'proxies', 'dns', 'mtu'];

/** What is damaged there is for that dockerd to tell. */
export function sharedSettings(env: NodeJS.ProcessEnv, isRoot: boolean): Record<string, unknown> {
  const path = isRoot
    ? '/etc/docker/daemon.json'
    : join(env.XDG_CONFIG_HOME || join(env.HOME ?? '/', '.config'), 'docker/daemon.json');
  try {
    const all = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    return Object.fromEntries(SHARED_SETTINGS.filter((name) => name in all).map((name) => [name, all[name]]));
  } catch {
    return {};
  }
}

/** As a file, so that a list of processes stays readable. */
function writeScript({ run }: EnginePaths, script: string): string {
  const path = join(run, 'init.sh');
  writeFileSync(path, script.trimStart(), { mode: 0o600 });
  return path;
}

/** Nothing of what tells this program which engine to use, or a daemon that somebody waits for it. */
function daemonEnv({ env }: LaunchWish): NodeJS.ProcessEnv {
  const {
    DOCKER_HOST: _h,
    BUILDKIT_HOST: _b,
    DOCKER_CONTEXT: _c,
    NOTIFY_SOCKET: _n,
    LISTEN_FDS: _f,
    LISTEN_PID: _p,
    ...rest
  } = env;
  return { ...rest, PATH: searchPath(env) };
}
