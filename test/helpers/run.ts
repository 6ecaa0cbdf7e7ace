/** Runs bxtui without a terminal, as a script or a CI job does. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { projectRoot } from '../setup/toolchain.mjs';
import { engineEnv } from './engines.js';

export interface RunResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order of arrival. */
  readonly output: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What comes on stdin; without it stdin is empty. */
  readonly input?: string | Readable;
  readonly timeoutMs?: number;
}

const running = new Set<ChildProcessWithoutNullStreams>();

/** Runs to the end. A run that takes too long is ended and reported with what it had said. */
export function runBxtui(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return startBxtui(args, options).result;
}

/** Starts a run whose process the test wants to signal or watch. */
export function startBxtui(
  args: readonly string[],
  options: RunOptions = {},
): { process: ChildProcessWithoutNullStreams; output: () => string; result: Promise<RunResult> } {
  const env = { ...process.env, CI: undefined, NO_COLOR: undefined, ...engineEnv(), ...options.env };
  const child = spawn(join(projectRoot, 'bin/bxtui'), [...args], { cwd: options.cwd, env });
  running.add(child);
  const texts = { stdout: '', stderr: '', output: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
      texts.output += text;
    });
  }
  child.stdin.on('error', () => {});
  if (options.input instanceof Readable) options.input.pipe(child.stdin);
  else child.stdin.end(options.input ?? '');
  const timeoutMs = options.timeoutMs ?? 60_000;
  const result = new Promise<RunResult>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`bxtui ${args.join(' ')} did not end within ${timeoutMs} ms; it said:\n${texts.output}`));
    }, timeoutMs);
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ status, signal, ...texts });
    });
  });
  return { process: child, output: () => texts.output, result };
}

/** Ends what a failed test left running; belongs into `afterEach`. */
export function endRuns(): void {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
}
