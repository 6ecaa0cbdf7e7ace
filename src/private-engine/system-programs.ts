/** Programs of the system: where they are, and what they say when run to their end. */
import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where daemons and their helpers are, also for those whose PATH has no sbin (FHS 3.16). */
const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const ENDS_WITHIN_MS = 10_000;

export interface Ended {
  readonly isOk: boolean;
  readonly stdout: string;
  /** What it said is wrong, on one line. */
  readonly complaint: string;
}

/** PATH of the environment with the system's own directories behind it. */
export function searchPath(env: NodeJS.ProcessEnv): string {
  const named = (env.PATH ?? '').split(delimiter).filter((dir) => dir.startsWith('/'));
  return [...new Set([...named, ...SYSTEM_PATH])].join(delimiter);
}

/** The path of the first of these programs that is there and may be run; null when there is none. */
export function findProgram(names: readonly string[], env: NodeJS.ProcessEnv, more: readonly string[] = []): string | null {
  const dirs = [...searchPath(env).split(delimiter), ...more];
  for (const path of names.flatMap((name) => dirs.map((dir) => join(dir, name)))) {
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {}
  }
  return null;
}

/** Never throws: a program that is not there has ended badly. */
export function runToEnd(words: readonly string[], env: NodeJS.ProcessEnv, timeoutMs = ENDS_WITHIN_MS): Promise<Ended> {
  const [program = '', ...args] = words;
  return new Promise((resolve) => {
    const options = { env: { ...env, PATH: searchPath(env) }, timeout: timeoutMs, killSignal: 'SIGKILL' as const };
    execFile(program, args, options, (error, stdout, stderr) => {
      const said = (stderr.trim() || error?.message || '').replace(/\s+/g, ' ');
      resolve({ isOk: error === null, stdout, complaint: error === null ? '' : said });
    });
  });
}
