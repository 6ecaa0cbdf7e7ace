/** What a private engine leaves on a machine (processes, mounts, control groups, directories), how to find it and to remove it. */
import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { capture } from './command.mjs';

const CGROUP_ROOT = '/sys/fs/cgroup';
const DIR_NAME = /^bxtui-engine-\w{6}$/;

/**
 * @typedef {{ processes: number[], mounts: string[], cgroups: string[], directories: string[] }} Leftovers
 */

/**
 * @param {{ dir: string, cgroup: string, namespaces: readonly string[] }} engine
 * @returns {Leftovers} what is there of the engine; all lists empty: nothing
 */
export function engineLeftovers({ dir, cgroup, namespaces }) {
  const processes = processIds().filter((pid) => {
    if (pid === process.pid || isKeeper(pid)) return false;
    return (
      read(`/proc/${pid}/cmdline`).includes(dir) ||
      read(`/proc/${pid}/cgroup`).includes(`/${cgroup}`) ||
      namespaces.includes(link(`/proc/${pid}/ns/net`))
    );
  });
  return { processes, mounts: mountsBelow(dir), cgroups: cgroupDirs(cgroup), directories: existsSync(dir) ? [dir] : [] };
}

/**
 * @param {Leftovers} leftovers
 * @returns {string | null} a sentence, or null when nothing is left
 */
export function describeLeftovers(leftovers) {
  const parts = Object.entries(leftovers)
    .filter(([, list]) => list.length > 0)
    .map(([kind, list]) => `${kind}: ${list.join(', ')}`);
  return parts.length === 0 ? null : parts.join('; ');
}

/**
 * Processes in the engine's control groups: its containers.
 * @param {string} cgroup
 * @returns {number[]}
 */
export function cgroupProcesses(cgroup) {
  return processIds().filter((pid) => read(`/proc/${pid}/cgroup`).includes(`/${cgroup}`));
}

/**
 * The daemon's helpers (containerd, shims, proxies), known by the paths in their command lines.
 * @param {string} dir
 * @returns {number[]}
 */
export function helperProcesses(dir) {
  return processIds().filter(
    (pid) => pid !== process.pid && /\/(exec|data)\b/.test(read(`/proc/${pid}/cmdline`).split(dir)[1] ?? ''),
  );
}

/** @param {string} dir */
export function unmountBelow(dir) {
  for (const path of mountsBelow(dir).toReversed()) capture('umount', ['--lazy', path]);
}

/** @param {string} cgroup the name of the engine's parent group, in every hierarchy */
export function removeCgroups(cgroup) {
  for (const path of cgroupDirs(cgroup)) removeTree(path);
}

/**
 * @param {RegExp} pattern
 * @returns {string[]} names of control groups at the top of any hierarchy
 */
export function cgroupNames(pattern) {
  const hierarchies = [CGROUP_ROOT, ...list(CGROUP_ROOT).map((name) => join(CGROUP_ROOT, name))];
  return [...new Set(hierarchies.flatMap(list))].filter((name) => pattern.test(name));
}

/** Removes engines whose keeper was killed: their namespaces are gone, directories and control groups are not. */
export function sweepStaleEngines() {
  for (const parent of new Set([tmpdir(), '/tmp', '/var/tmp'])) {
    for (const name of list(parent)) {
      if (!DIR_NAME.test(name)) continue;
      const dir = join(parent, name);
      const pid = read(join(dir, 'keeper.pid'));
      if (pid === '' || existsSync(`/proc/${pid}`)) continue;
      unmountBelow(dir);
      rmSync(dir, { recursive: true, force: true });
      removeCgroups(name);
    }
  }
}

/** @param {string} cgroup @returns {string[]} */
function cgroupDirs(cgroup) {
  const hierarchies = [CGROUP_ROOT, ...list(CGROUP_ROOT).map((name) => join(CGROUP_ROOT, name))];
  const found = hierarchies.map((path) => join(path, basename(cgroup))).filter((path) => existsSync(path));
  // cpu and cpuacct may be one hierarchy under several names.
  return [...new Set(found)];
}

/** A control group is removed with rmdir, children first; its files are the kernel's. @param {string} path */
function removeTree(path) {
  for (const entry of list(path)) {
    if (existsSync(join(path, entry, 'cgroup.procs'))) removeTree(join(path, entry));
  }
  try {
    rmdirSync(path);
  } catch {}
}

/** @param {string} dir @returns {string[]} mount points, in the order of mounting */
function mountsBelow(dir) {
  return read('/proc/self/mounts')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path === dir || path.startsWith(`${dir}/`));
}

/** @param {number} pid */
function isKeeper(pid) {
  return read(`/proc/${pid}/cmdline`).includes('engine-keeper.mjs');
}

function processIds() {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** @param {string} path @returns {string[]} empty when there is no such directory */
function list(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** @param {string} path */
function link(path) {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
