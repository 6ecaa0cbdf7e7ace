/** What a private engine can leave on the machine when its keeper is killed, and its removal. */
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeBridge } from './bridge.js';
import { dataBelow, removeTree } from './directory.js';
import { type EnginePaths, type EngineRecord, type EngineTraces, socketOf } from './record.js';
import { runToEnd } from './system-programs.js';

const CGROUP_ROOT = '/sys/fs/cgroup';
const DAEMON_ENDS_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 50;

export const NO_TRACES: EngineTraces = { cgroup: null, bridge: null, directories: [] };

/** Everything but the data and the log. Its keeper must be gone; its daemon goes with it, and is waited for. */
export async function removeTraces(record: EngineRecord, paths: EnginePaths, env: NodeJS.ProcessEnv): Promise<void> {
  const { pid, traces, dataDir, engine } = record;
  for (const deadlineMs = Date.now() + DAEMON_ENDS_WITHIN_MS; isDaemon(pid, paths) && Date.now() < deadlineMs; ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  for (const mount of mountsBelow([paths.run, dataDir]).toReversed()) await runToEnd(['umount', '--lazy', mount], env);
  if (traces.bridge !== null) await removeBridge(traces.bridge, env);
  if (traces.cgroup !== null) for (const group of cgroupDirs(traces.cgroup)) removeGroup(group);
  rmSync(socketOf(paths, engine), { force: true });
  try {
    removeTree(paths.run);
  } catch {
    // Of another user id of a rootless engine; the next start says so where it matters.
  }
  for (const dir of traces.directories) {
    try {
      rmdirSync(dir);
    } catch {
      // Somebody else has put something there since.
    }
  }
}

/** Removes the data of all programs. `remover`: runs before the words of a command, to become the owner of files of other user ids. */
export async function removeData(dataDir: string, remover: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  for (const dir of dataBelow(dataDir)) {
    if (remover.length > 0) await runToEnd([...remover, 'rm', '-rf', dir], env, 10 * 60_000);
    removeTree(dir);
  }
  try {
    rmdirSync(dataDir);
  } catch {
    // It holds something else, or was never made.
  }
}

/** The daemon carries the private engine's directory in its command line. */
function isDaemon(pid: number | null, { run }: EnginePaths): boolean {
  if (pid === null) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(run);
  } catch {
    return false;
  }
}

/** In the order of mounting. */
function mountsBelow(dirs: readonly string[]): string[] {
  let table = '';
  try {
    table = readFileSync('/proc/self/mounts', 'utf8');
  } catch {}
  return table
    .split('\n')
    .map((line) =>
      (line.split(' ')[1] ?? '').replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))),
    )
    .filter((path) => dirs.some((dir) => path.startsWith(`${dir}/`)));
}

/** Of the unified hierarchy, or in each of the older ones. */
function cgroupDirs(name: string): string[] {
  let hierarchies: string[] = [];
  try {
    hierarchies = readdirSync(CGROUP_ROOT);
  } catch {}
  return [join(CGROUP_ROOT, name), ...hierarchies.map((one) => join(CGROUP_ROOT, one, name))].filter((path) => existsSync(path));
}

/** With rmdir, children first: its files are the kernel's. */
function removeGroup(path: string): void {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) if (entry.isDirectory()) removeGroup(join(path, entry.name));
    rmdirSync(path);
  } catch {}
}
