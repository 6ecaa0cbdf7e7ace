/** How the keeper starts each kind of engine, and what of it lies outside of its directory. */
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { which } from './command.mjs';
import { cgroupNames, removeCgroups } from './engine-traces.mjs';

/**
 * @typedef {object} EngineKind
 * @property {string} name
 * @property {string} socket
 * @property {string} logFile
 * @property {NodeJS.ProcessEnv} env
 * @property {() => string[][]} flagSets what to try, from the best to what works nearly everywhere
 * @property {(flags: readonly string[]) => string[]} command
 * @property {() => string[]} removeStrays removes what it has left elsewhere, and tells what could not be removed
 */

/** @param {string} dockerd @param {string} dir @param {readonly string[]} features of dockerd(8) that are switched on @returns {EngineKind} */
export function createDockerd(dockerd, dir, features) {
  const socket = join(dir, 'docker.sock');
  return {
    ...{ name: 'dockerd', socket, logFile: join(dir, 'dockerd.log'), env: { TMPDIR: '/tmp' }, removeStrays: () => [] },
    // A storage driver on top of overlay (a container) ends in vfs; without a usable netfilter RUN keeps its bridge, just no way out.
    flagSets() {
      const noFilter = ['--iptables=false', '--ip6tables=false', '--ip-masq=false'];
      const base = which('iptables') === null ? noFilter : [];
      const sets = [base, [...base, '--storage-driver=vfs']];
      if (base.length === 0) sets.push(noFilter, [...noFilter, '--storage-driver=vfs']);
      return sets;
    },
    command: (flags) => [
      ...[dockerd, '--data-root', join(dir, 'data'), '--exec-root', join(dir, 'exec'), '--pidfile', join(dir, 'docker.pid')],
      ...['--host', `unix://${socket}`, '--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', `/${basename(dir)}`],
      ...features.flatMap((feature) => ['--feature', `${feature}=true`]),
      ...flags,
    ],
  };
}

/** Where Podman puts what it runs, in every hierarchy: its containers, and each command of a build. */
const PODMAN_CGROUP = /^(?:libpod_parent|buildah-buildah\d+)$/;

/** @param {string} podman @param {string} dir @returns {EngineKind} */
export function createPodman(podman, dir) {
  const socket = join(dir, 'podman.sock');
  const memory = join(dir, 'memory');
  mkdirSync(memory);
  const before = cgroupNames(PODMAN_CGROUP);
  return {
    ...{ name: 'Podman', socket, logFile: join(dir, 'podman.log') },
    env: { TMPDIR: memory, ...podmanConfig(dir) },
    flagSets: PODMAN_STORAGE,
    command: (flags) => podmanService(podman, memory, flags, socket),
    removeStrays() {
      const added = cgroupNames(PODMAN_CGROUP).filter((name) => !before.includes(name));
      for (const name of added) removeCgroups(name);
      return cgroupNames(PODMAN_CGROUP).filter((name) => !before.includes(name));
    },
  };
}

/** Who runs the rootless one. There is nobody of that name but in the service's own mount namespace. */
const USER = { name: 'bxtui-test', id: 64321, subordinate: '524288:65536' };

/** The service of a user that is not root. @param {string} podman @param {string} dir @returns {EngineKind} */
export function createRootlessPodman(podman, dir) {
  const [memory, etc, sockets] = [join(dir, 'memory'), join(dir, 'etc'), join(dir, 'run/podman')];
  for (const own of [memory, join(dir, 'run'), sockets]) {
    mkdirSync(own, { mode: 0o700 });
    chownSync(own, USER.id, USER.id);
  }
  mkdirSync(etc);
  // engine-init.sh puts them over those of the machine.
  const append = (/** @type {string} */ name, /** @type {string} */ line) =>
    writeFileSync(join(etc, name), `${readFileSync(join('/etc', name), 'utf8').trimEnd()}\n${line}\n`);
  append('passwd', `${USER.name}:x:${USER.id}:${USER.id}::${memory}:/bin/sh`);
  append('group', `${USER.name}:x:${USER.id}:`);
  for (const name of ['subuid', 'subgid']) writeFileSync(join(etc, name), `${USER.name}:${USER.subordinate}\n`);
  chmodSync(dir, 0o711);
  const socket = join(sockets, 'podman.sock');
  const as = ['setpriv', `--reuid=${USER.id}`, `--regid=${USER.id}`, '--clear-groups'];
  return {
    ...{ name: 'rootless Podman', socket, logFile: join(dir, 'podman.log') },
    env: { TMPDIR: memory, HOME: memory, USER: USER.name, XDG_RUNTIME_DIR: `/run/user/${USER.id}`, ...podmanConfig(dir) },
    flagSets: PODMAN_STORAGE,
    command: (flags) => [...as, ...podmanService(podman, memory, flags, socket)],
    removeStrays: () => [],
  };
}

const PODMAN_STORAGE = () => [['--storage-driver=overlay'], ['--storage-driver=vfs']];

/** @param {string} podman @param {string} memory @param {readonly string[]} flags @param {string} socket */
function podmanService(podman, memory, flags, socket) {
  return [
    ...[podman, '--root', join(memory, 'data'), '--runroot', join(memory, 'run'), '--tmpdir', join(memory, 'libpod')],
    ...['--cgroup-manager=cgroupfs', ...flags, 'system', 'service', '--time=0', `unix://${socket}`],
  ];
}

/** @param {string} dir @returns {NodeJS.ProcessEnv} */
function podmanConfig(dir) {
  // crun does not start where version 1 and 2 of control groups are mixed; the network is that of the namespace, which has no way out.
  const runtime = which('runc') === null ? '' : 'runtime = "runc"\n';
  const config = join(dir, 'containers.conf');
  writeFileSync(config, `[engine]\n${runtime}events_logger = "none"\n[containers]\nnetns = "host"\nlog_driver = "k8s-file"\n`);
  // A registry of a test has no TLS. A Docker Engine takes what is on the loopback so by itself.
  const registries = join(dir, 'registries.conf');
  writeFileSync(registries, '[[registry]]\nlocation = "127.0.0.1"\ninsecure = true\n');
  return { CONTAINERS_CONF: config, CONTAINERS_REGISTRIES_CONF: registries };
}
