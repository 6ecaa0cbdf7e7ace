/** The engine under test, as the global set-up names it, and questions about it that only a test asks. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sessionRoot } from './session-root.js';

/** Before an address: its classic builder. */
export const CLASSIC = 'classic+';
/** Before all of it: not the engine, but the replays of sessions that are recorded on it. */
export const REPLAY = 'replay+';

/** Address of the engine that the tests share. */
export function testEngine(): string {
  const first = (process.env.BXTUI_TEST_ENGINES ?? '').split(',')[0]?.trim();
  if (!first) throw new Error('BXTUI_TEST_ENGINES names no engine: run the tests through vitest projects or npm test');
  return first;
}

/** It speaks the API of a Docker Engine, and keeps the image of a build; else a standalone buildkitd. */
export function isDocker(address: string = testEngine()): boolean {
  return address.endsWith('docker.sock') || isPodman(address);
}

/** Behind the same API. */
export function isPodman(address: string = testEngine()): boolean {
  return address.endsWith('podman.sock');
}

/** Environment that leads bxtui to one engine and nowhere else. */
export function engineEnv(address: string = testEngine()): Record<string, string | undefined> {
  const isBuildKit = !isDocker(address);
  const isClassic = address.startsWith(CLASSIC);
  return {
    BUILDKIT_HOST: isBuildKit ? address : undefined,
    DOCKER_HOST: isBuildKit ? undefined : address.replace(CLASSIC, ''),
    DOCKER_BUILDKIT: isClassic ? '0' : undefined,
    DOCKER_CONTEXT: undefined,
    DOCKER_CONFIG: '/nonexistent',
    XDG_CONFIG_HOME: '/nonexistent',
    XDG_STATE_HOME: join(sessionRoot(), 'state'),
    BXTUI_ROOT: sessionRoot(),
  };
}

/**
 * Command lines of the processes in the containers of a private engine; null when the engine is not ours to look into. Empty means
 * that nothing was left behind on it.
 */
export function containerProcesses(cgroup: string | undefined = process.env.BXTUI_TEST_CGROUP): string[] | null {
  if (!cgroup) return null;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => readProc(pid, 'cgroup').includes(`/${cgroup}/`))
    .map((pid) => readProc(pid, 'cmdline').replaceAll('\0', ' ').trim());
}

/** Resolves when no container is left on a private engine, throws with what is still there. */
export async function expectNoContainers(cgroup?: string, withinMs = 8000): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  let left = containerProcesses(cgroup);
  while (left !== null && left.length > 0 && Date.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    left = containerProcesses(cgroup);
  }
  if (left !== null && left.length > 0) throw new Error(`left on the engine: ${left.join(' | ')}`);
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
