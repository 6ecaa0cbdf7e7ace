/** Subprocesses of the set-up scripts, on node built-ins only: they run before any dependency is installed. */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Places where Debian keeps the tools of the administrator; an unprivileged shell has them not in PATH. */
const SYSTEM_DIRS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/**
 * PATH with the system directories at its end.
 * @returns {string}
 */
export function systemPath() {
  const dirs = (process.env.PATH ?? '').split(delimiter).filter((dir) => dir !== '');
  return [...dirs, ...SYSTEM_DIRS.filter((dir) => !dirs.includes(dir))].join(delimiter);
}

/**
 * @param {string} name a program's name, or a path
 * @returns {string | null} the first executable of that name
 */
export function which(name) {
  const candidates = name.includes('/')
    ? [name]
    : systemPath()
        .split(delimiter)
        .map((dir) => join(dir, name));
  for (const candidate of candidates) {
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {}
  }
  return null;
}

/**
 * Runs to the end and collects the output.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, input?: string }} [options]
 * @returns {{ status: number, output: string }} status 127 when the program could not be started, 124 when its time was over
 */
export function capture(file, args, options = {}) {
  const result = spawnSync(file, args, {
    cwd: options.cwd,
    env: { ...(options.env ?? process.env), PATH: systemPath() },
    encoding: 'utf8',
    input: options.input ?? '',
    timeout: options.timeoutMs,
    maxBuffer: 64 << 20,
  });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`;
  if (result.error !== undefined) {
    const isLate = /** @type {NodeJS.ErrnoException} */ (result.error).code === 'ETIMEDOUT';
    return { status: isLate ? 124 : 127, output: `${output}${result.error.message}\n` };
  }
  return { status: result.status ?? 128, output };
}

/**
 * Runs with the script's own stdio; SIGINT and SIGTERM of the script reach it.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, stdio?: import('node:child_process').StdioOptions, timeoutMs?: number }} [options]
 * @returns {Promise<number>} exit status; 128 + signal number semantics are flattened to 130 (SIGINT) or 143
 */
export function passThrough(file, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: options.stdio ?? 'inherit' });
    const forward = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
    const ignore = () => {};
    process.on('SIGTERM', forward);
    // The terminal sends SIGINT to the whole foreground group; the child has it already.
    process.on('SIGINT', ignore);
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
    const settle = () => {
      clearTimeout(timer);
      process.off('SIGTERM', forward);
      process.off('SIGINT', ignore);
    };
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    child.on('close', (code, signal) => {
      settle();
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}
