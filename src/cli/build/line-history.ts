/** The lines typed at the prompt, kept in a file that only their owner can read. A file that cannot be used costs the memory, not the prompt. */
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createHistory, HISTORY_MAX, type History } from '../../monitor/line/index.js';
import { makeDirectory } from '../../platform/make-directory.js';
import { stateDirectory } from '../../platform/state-directory.js';

export function historyPath(env: NodeJS.ProcessEnv): string {
  return join(stateDirectory(env), 'history');
}

/** The file has the oldest line first. A line that begins with a blank is not written, as in shells that are told so. */
export function openHistory(path: string): History {
  return createHistory(read(path), (line) => {
    if (/^\s/.test(line) || /[\r\n]/.test(line)) return;
    try {
      makeDirectory(dirname(path));
      appendFileSync(path, `${line}\n`, { mode: 0o600 });
    } catch {}
  });
}

function read(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  const written = text.split('\n').filter((line) => line.trim() !== '');
  if (written.length > 2 * HISTORY_MAX) shorten(path, written.slice(-HISTORY_MAX));
  return [...new Set(written.toReversed())].slice(0, HISTORY_MAX);
}

function shorten(path: string, kept: readonly string[]): void {
  try {
    writeFileSync(`${path}.part`, `${kept.join('\n')}\n`, { mode: 0o600 });
    renameSync(`${path}.part`, path);
  } catch {}
}
