/** Starts the process of a detached session and waits for its first word. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BxError, type ErrorCode } from '../../platform/errors.js';
import { type FoundSession, findSession, prepareLog, removeRecord } from '../../session/records/session-records.js';
import { packageRoot } from '../version.js';

/** The server's end of the pipe on which it says one line. */
export const READY_FD = 3;
export const SERVER_COMMAND = 'session-server';
const LOG_LINES_SHOWN = 5;

export type ServerWord =
  | { readonly ready: true }
  | { readonly error: { readonly code: ErrorCode; readonly message: string; readonly hint: string | null } };

/**
 * `buildArgs`: those of `bxtui build`, checked already; relative paths in them count from this directory. Resolves when the build has begun.
 * Throws `BxError` with what the server says: no engine in reach, a Dockerfile that cannot be read.
 */
export async function startServer(root: string, buildArgs: readonly string[]): Promise<FoundSession> {
  const id = randomBytes(4).toString('hex');
  const log = openSync(prepareLog(root, id), 'a', 0o600);
  const launcher = join(packageRoot(), 'bin/bxtui');
  const server = spawn(process.execPath, [launcher, SERVER_COMMAND, root, id, ...buildArgs], {
    // A process group and session of its own: no signal of this terminal reaches it.
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
  });
  closeSync(log);
  const word = await firstLine(server.stdio[READY_FD] as NodeJS.ReadableStream);
  server.unref();
  if (word !== null && 'ready' in word) return findSession(root, id);
  const said = lastLines(root, id);
  removeRecord(root, id);
  if (word !== null) throw new BxError(word.error.code, word.error.message, { hint: word.error.hint });
  throw new BxError('internal', `the process of the session ended before it began${said === '' ? '' : `:\n${said}`}`);
}

/** Null: it ended without one. */
function firstLine(stream: NodeJS.ReadableStream): Promise<ServerWord | null> {
  return new Promise((resolve) => {
    let text = '';
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
    stream.on('error', () => resolve(null));
    stream.on('close', () => {
      try {
        resolve(JSON.parse(text) as ServerWord);
      } catch {
        resolve(null);
      }
    });
  });
}

function lastLines(root: string, id: string): string {
  try {
    return readFileSync(prepareLog(root, id), 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
  } catch {
    return '';
  }
}
