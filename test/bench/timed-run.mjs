/**
 * One run of a client without a terminal: wall time, the CPU time of the process with all its children, and the most memory that any of them had
 * resident. A few lines of perl wait for it and ask getrusage(2), so that a plugin started by a command line tool counts as well.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { SetupError } from '../setup/say.mjs';
import { peakResidentBytes } from './resident.mjs';

/** @typedef {{ file: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string }} Command */
/** @typedef {{ wallMs: number, cpuMs: number, residentBytes: number }} Timing `residentBytes`: of the largest process */

/** getrusage(2) by its number, for perl has no call for it; its structure begins with two struct timeval and ru_maxrss in KiB. */
const SCRIPT = `use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);
my ($call, $out, @command) = @ARGV;
my $start = clock_gettime(CLOCK_MONOTONIC);
my $pid = fork;
if ($pid == 0) {
  open(STDIN, '<', '/dev/null'); open(STDOUT, '>', $out); open(STDERR, '>&', STDOUT);
  exec { $command[0] } @command;
  exit 127;
}
waitpid($pid, 0);
my ($status, $wall, $usage) = ($?, clock_gettime(CLOCK_MONOTONIC) - $start, "\\0" x 256);
syscall($call, -1, $usage) == 0 or exit 126;
printf('%.6f %d %d %d %d %d', $wall, unpack('q5', $usage));
exit($status & 127 ? 128 + ($status & 127) : $status >> 8);`;
const GETRUSAGE = process.arch === 'arm64' ? 165 : 98;

/**
 * @param {Command} command
 * @param {{ outputFile: string, expectedStatus?: number }} options the output is kept for the error alone
 * @returns {Promise<Timing>}
 */
export function timedRun(command, { outputFile, expectedStatus = 0 }) {
  return new Promise((resolve, reject) => {
    const child = spawn('perl', ['-e', SCRIPT, String(GETRUSAGE), outputFile, command.file, ...command.args], {
      ...{ cwd: command.cwd, env: command.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let figures = '';
    child.stdout.on('data', (data) => {
      figures += data;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      const numbers = figures.split(' ').map(Number);
      const [wallS = 0, userS = 0, userUs = 0, systemS = 0, systemUs = 0, residentKiB = 0] = numbers;
      if (status !== expectedStatus || numbers.length < 6) reject(unexpected(command, status, outputFile));
      else {
        const cpuMs = (userS + systemS) * 1000 + (userUs + systemUs) / 1000;
        resolve({ wallMs: wallS * 1000, cpuMs, residentBytes: residentKiB * 1024 });
      }
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
