/** Why a COPY or ADD does not find a file in a context that is a directory of this machine: the directory itself tells. */
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { nearestName } from '../../platform/nearest-name.js';
import { printableLine } from '../../platform/printable.js';
import type { BuildRequest } from '../engine.js';
import { baseName, cleanPath, dirName } from './files/go-path.js';
import { readIgnoreLines } from './files/ignore-file.js';
import { createPatternMatcher } from './files/pattern-matcher.js';

const IGNORE_FILE = '.dockerignore';
/** How many entries are looked at for a file of the same name elsewhere. */
const LOOKED_AT = 5_000;
/** What is in them is not what anybody means. */
const PASSED_OVER = new Set(['.git', 'node_modules']);

/** What to do about `path`, which the engine has not found; null: nothing is known. It reads the disk, and never throws. */
export function hintForMissing(
  path: string,
  {
    contextDir,
    dockerfile,
  }: Pick<BuildRequest, 'contextDir'> & { readonly dockerfile: Pick<BuildRequest['dockerfile'], 'dir' | 'name'> },
): string | null {
  const wanted = cleanPath(path.replace(/^\/+/, ''));
  if (contextDir === null || wanted.startsWith('..') || /[*?[\\]/.test(wanted)) return null;
  try {
    if (isThere(contextDir, wanted)) return leftOut(wanted, contextDir, dockerfile);
    const meant = spelt(contextDir, wanted) ?? elsewhere(contextDir, wanted);
    return meant === null ? null : `There is ${quoted(meant)}. Correct the path, or build from another directory.`;
  } catch {
    return null;
  }
}

function leftOut(
  wanted: string,
  contextDir: string,
  dockerfile: Pick<BuildRequest['dockerfile'], 'dir' | 'name'>,
): string | null {
  const own = dockerfile.dir === null ? null : join(dockerfile.dir, `${dockerfile.name}${IGNORE_FILE}`);
  for (const file of own === null ? [join(contextDir, IGNORE_FILE)] : [own, join(contextDir, IGNORE_FILE)]) {
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) continue;
    const lines = readIgnoreLines(readFileSync(file, 'utf8'));
    const at = lines.findLastIndex(({ pattern }) => !pattern.startsWith('!') && createPatternMatcher([pattern]).matches(wanted));
    const line = lines[at];
    const name = baseName(file);
    if (line === undefined || !createPatternMatcher(lines.map(({ pattern }) => pattern)).matches(wanted)) return null;
    return `It is there, and line ${line.number} of ${name} (${printableLine(line.pattern)}) leaves it out: take the line out, or add !${printableLine(wanted)} below it.`;
  }
  return null;
}

/** The path with each part as it is spelt in the directory; null: a part is like nothing there. */
function spelt(contextDir: string, wanted: string): string | null {
  let found = '';
  for (const part of wanted.split('/')) {
    if (!isDirectory(join(contextDir, found))) return null;
    const names = readdirSync(join(contextDir, found));
    const name = names.includes(part)
      ? part
      : (names.find((one) => one.toLowerCase() === part.toLowerCase()) ?? nearestName(part, names));
    if (name === null) return null;
    found = join(found, name);
  }
  return found;
}

/** The nearest to the top that has its name. */
function elsewhere(contextDir: string, wanted: string): string | null {
  const name = baseName(wanted);
  const directories = [''];
  let left = LOOKED_AT;
  for (let directory = directories.shift(); directory !== undefined && left > 0; directory = directories.shift()) {
    for (const entry of readdirSync(join(contextDir, directory), { withFileTypes: true })) {
      left--;
      const path = join(directory, entry.name);
      if (entry.name === name && dirName(path) !== dirName(wanted)) return path;
      if (entry.isDirectory() && !PASSED_OVER.has(entry.name)) directories.push(path);
    }
  }
  return null;
}

function isThere(contextDir: string, path: string): boolean {
  return lstatSync(join(contextDir, path), { throwIfNoEntry: false }) !== undefined;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function quoted(path: string): string {
  return `"${printableLine(path)}"`;
}
