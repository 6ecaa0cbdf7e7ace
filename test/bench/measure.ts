/** Measures processes and tells two contenders apart: always in alternating runs, because a machine drifts by more than they differ. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Sample {
  readonly wallMs: number;
  /** User and system time of the process and its children; null where the shell cannot tell. */
  readonly cpuMs: number | null;
  readonly peakMiB: number;
}

export interface Command {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** Runs a command to its end without a terminal. Throws with its output when it fails: a failed run is no measurement. */
export async function measureCommand({ argv, env, cwd }: Command): Promise<Sample> {
  const startMs = performance.now();
  // bash's time keyword is the only portable way to the resource use of a child.
  const child = spawn('bash', ['-c', 'TIMEFORMAT="%U %S"; time "$@" 2>&3', 'bench', ...argv], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let [output, times, peakMiB] = ['', '', 0];
  child.stdout?.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (times += chunk));
  (child.stdio[3] as NodeJS.ReadableStream).on('data', (chunk) => (output = (output + chunk).slice(-8000)));
  const poll = setInterval(() => (peakMiB = Math.max(peakMiB, ...descendants(child.pid ?? 0).map(peakMiBOf))), 15);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearInterval(poll);
  const wallMs = performance.now() - startMs;
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}: ${output.trim().split('\n').slice(-3).join(' | ')}`);
  const [user, system] = times.trim().split(/\s+/).slice(-2).map(Number);
  const cpuMs = user === undefined || system === undefined || Number.isNaN(user + system) ? null : (user + system) * 1000;
  return { wallMs, cpuMs, peakMiB };
}

/** Runs both in turn, the first one first in every other pair. */
export async function alternate<T>(pairs: number, one: () => Promise<T>, other: (() => Promise<T>) | null): Promise<[T[], T[]]> {
  const results: [T[], T[]] = [[], []];
  for (let pair = 0; pair < pairs; pair++) {
    const order = pair % 2 === 0 ? [0, 1] : [1, 0];
    for (const which of order) {
      if (which === 0) results[0].push(await one());
      else if (other !== null) results[1].push(await other());
    }
  }
  return results;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Resident memory now. */
export function residentMiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(statusOf(pid))?.[1] ?? 0) / 1024;
}

function peakMiBOf(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(statusOf(pid))?.[1] ?? 0) / 1024;
}

function descendants(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).trim().split(/\s+/).filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

const statusOf = (pid: number): string => read(`/proc/${pid}/status`);

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
