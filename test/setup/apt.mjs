/** Debian packages for the set-up: as root and with apt only, said in one line, and never a service started by the way. */
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { capture, which } from './command.mjs';
import { SetupError, say } from './say.mjs';

const POLICY = '/usr/sbin/policy-rc.d';
/** An installation that is cut off leaves dpkg in the middle of it, and a slow machine with triggers takes its time. */
const INSTALLED_WITHIN_MS = 30 * 60_000;

/**
 * @param {readonly string[]} packages
 * @param {string} reason why they are needed, for the one line that says so
 */
export function installDebianPackages(packages, reason) {
  const command = `apt-get install ${packages.join(' ')}`;
  if (which('apt-get') === null || process.getuid?.() !== 0) {
    throw new SetupError(`${reason}, and installing it takes root and apt`, `Install it yourself: ${command}`);
  }
  say(`${reason}: ${command}`);
  // Debian starts a service when its package is installed; the set-up brings its own and leaves no daemon behind.
  const blocksServices = !existsSync(POLICY);
  if (blocksServices) {
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n');
    chmodSync(POLICY, 0o755);
  }
  try {
    let result = install(packages);
    if (result.status === 124) throw tooLate(command);
    if (result.status !== 0) {
      const update = capture('apt-get', ['update'], { timeoutMs: 300_000 });
      result = install(packages);
      if (result.status === 124) throw tooLate(command);
      if (result.status !== 0) {
        process.stderr.write(update.output + result.output);
        throw new SetupError(
          `${command} failed with status ${result.status}`,
          'Its output stands above; is a package mirror in reach?',
        );
      }
    }
  } finally {
    if (blocksServices) rmSync(POLICY, { force: true });
  }
}

/** @param {readonly string[]} packages */
function install(packages) {
  return capture('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: INSTALLED_WITHIN_MS,
  });
}

/** @param {string} command */
function tooLate(command) {
  const minutes = INSTALLED_WITHIN_MS / 60_000;
  return new SetupError(
    `${command} did not end within ${minutes} minutes and was stopped`,
    'Complete it first: dpkg --configure -a; then run this again.',
  );
}
