/**
 * Brings a work tree to the point where bxtui runs: dependencies as the lock file has them, the bundle as the sources are.
 * Node built-ins only. Does nothing (in milliseconds) when all is fresh.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { capture } from './command.mjs';
import { SetupError, say } from './say.mjs';

/** The root of the work tree. */
export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What the bundle is made from; anything newer than the bundle makes it stale. */
const BUNDLE_INPUTS = [
  'src',
  'package-lock.json',
  'bin/build.mjs',
  'bin/descriptors.mjs',
  'bin/exports.mjs',
  'bin/packs.mjs',
  'bin/straight-imports.mjs',
  'bin/start.cjs',
];
const BUNDLE_ENTRY = 'dist/cli/main.cjs';

/**
 * `npm ci` when node_modules is missing or holds other versions than the lock file.
 * @returns {boolean} whether something was installed
 */
export function ensureDependencies() {
  const stale = staleDependency();
  if (stale === null) return false;
  say(`installing dependencies (npm ci; ${stale})`);
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const inProject = { cwd: projectRoot };
  const result =
    npm?.endsWith('.js') === true ? capture(process.execPath, [npm, ...args], inProject) : capture('npm', args, inProject);
  if (result.status !== 0) {
    process.stderr.write(result.output);
    throw new SetupError(
      `npm ci failed with status ${result.status}`,
      'Its output stands above; with a registry in reach run `npm ci` again.',
    );
  }
  return true;
}

/** @returns {string | null} why node_modules has to be installed again */
function staleDependency() {
  const installedLock = join(projectRoot, 'node_modules/.package-lock.json');
  if (!existsSync(installedLock)) return 'node_modules is missing';
  const wanted = JSON.parse(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedLock, 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = installed[path];
    // Optional packages of other platforms, and those that could not be compiled, are rightly absent.
    if (found === undefined && (entry.optional === true || entry.devOptional === true)) continue;
    if (found === undefined) return `${path} is missing`;
    if (found.version !== entry.version) return `${path} is ${found.version}, the lock file has ${entry.version}`;
  }
  return null;
}

/**
 * Builds the bundle when it is missing or older than its sources.
 * @returns {boolean} whether it was built
 */
export function ensureBuild() {
  const entry = join(projectRoot, BUNDLE_ENTRY);
  if (existsSync(entry) && newestMs(BUNDLE_INPUTS) <= statSync(entry).mtimeMs) return false;
  say('building dist');
  const result = capture(process.execPath, [join(projectRoot, 'bin/build.mjs')], { cwd: projectRoot });
  if (result.status !== 0) {
    process.stderr.write(result.output);
    throw new SetupError(`the build failed with status ${result.status}`, 'Its output stands above.');
  }
  return true;
}

/**
 * @param {readonly string[]} paths files or folders, relative to the root
 * @returns {number} the newest modification time among them
 */
function newestMs(paths) {
  let newest = 0;
  const visit = (/** @type {string} */ path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return;
    newest = Math.max(newest, stat.mtimeMs);
    if (stat.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name));
  };
  for (const path of paths) visit(join(projectRoot, path));
  return newest;
}
