/**
 * One run of a client without a terminal: wall time, and the CPU time of the process with all its children. bash's `time` gives both
 * as wait4(2) accounts them, so that a plugin started by a command line tool counts as well.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { SetupError } from '../setup/say.mjs';
import { peakResidentBytes } from './resident.mjs';

/** @typedef {{ file: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string }} Command */
/** @typedef {{ wallMs: number, cpuMs: number }} Timing */

/** File descriptors 3 and up keep the figures apart from whatever the command prints. */
const SCRIPT = `TIMEFORMAT='%3R %3U %3S'; { time "$@" >"$OUT" 2>&1 </dev/null 3>&-; } 2>&3`;

/**
 * @param {Command} command
 * @param {{ outputFile: string, expectedStatus?: number }} options the output is kept for the error alone
 * @returns {Promise<Timing>}
 */
export function timedRun(command, { outputFile, expectedStatus = 0 }) {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', SCRIPT, 'bash', command.file, ...command.args], {
      cwd: command.cwd,
      env: { ...command.env, OUT: outputFile },
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    });
    let figures = '';
    child.stdio[3]?.on('data', (data) => {
      figures += data;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      const [realS, userS, systemS] = figures.trim().split(' ').map(Number);
      if (status !== expectedStatus || realS === undefined || userS === undefined || systemS === undefined) {
        reject(unexpected(command, status, outputFile));
      } else resolve({ wallMs: realS * 1000, cpuMs: (userS + systemS) * 1000 });
    });
  });
}

/**
 * @param {Command} command
 * @param {{ outputFile: string }} options
 * @returns {Promise<number>} the most memory that the command and its children had resident, in bytes
 */
export async function peakOfRun(command, { outputFile }) {
  const script = 'exec "$@" >"$OUT" 2>&1 </dev/null';
  const child = spawn('bash', ['-c', script, 'bash', command.file, ...command.args], {
    cwd: command.cwd,
    env: { ...command.env, OUT: outputFile },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const peakBytes = await peakResidentBytes(child.pid ?? 0, ended);
  if ((await ended) !== 0) throw unexpected(command, child.exitCode, outputFile);
  return peakBytes;
}

/** @param {Command} command @param {number | null} status @param {string} outputFile */
function unexpected(command, status, outputFile) {
  const lines = readFileSync(outputFile, 'utf8').trim().split('\n').slice(-12);
  const text = [`${command.file} ${command.args.join(' ')} ended with status ${status}`, ...lines.map((line) => `  ${line}`)];
  return new SetupError(text.join('\n'), 'The row cannot be measured like that.');
}
