/** Finds the processes that a test run started: they all carry BXTUI_TEST_RUN in their environment, also after their parents died. */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * @param {string} runId
 * @returns {{ pid: number, command: string }[]} none on a system without /proc
 */
export function processesOfRun(runId) {
  const found = [];
  for (const name of list('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    if (!read(`/proc/${name}/environ`).split('\0').includes(`BXTUI_TEST_RUN=${runId}`)) continue;
    const command = read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim();
    // A zombie has no command line any more; it waits for its parent only.
    if (command !== '') found.push({ pid: Number(name), command });
  }
  return found;
}

/** @param {string} path */
function list(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
