/** Starts the process of a session, and is its first client over a stream that both have from the start. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { BxError, toBxError } from '../../platform/errors.js';
import { prepareLog, removeRecord } from '../../session/records/session-records.js';
import { connectSession, type RemoteSession } from '../../session/wire/index.js';
import type { FrontEnd } from '../build/front-end.js';
import { packageRoot } from '../version.js';
import { type ConnectAs, clientIdentity } from './client-identity.js';

/** The server's end of the stream. */
export const STARTER_FD = 3;
export const SERVER_COMMAND = 'session-server';
const LOG_LINES_SHOWN = 5;

export interface StartedServer {
  readonly id: string;
  /** Resolves when the session's first state is here. Rejects with `BxError`: what the server says is wrong, or that it has ended. */
  readonly session: Promise<RemoteSession>;
}

export interface ServerWish {
  readonly root: string;
  /** Those of `bxtui build`, checked already; relative paths in them count from this directory. */
  readonly buildArgs: readonly string[];
  /** When the session opens a shell by itself. */
  readonly openOn: FrontEnd['openOn'];
  /** What this program is to the session. */
  readonly as: ConnectAs;
}

/** Throws `BxError('state')` where no session can be kept. */
export function startServer({ root, buildArgs, openOn, as }: ServerWish): StartedServer {
  const id = randomBytes(4).toString('hex');
  const log = openSync(prepareLog(root, id), 'a', 0o600);
  const launcher = join(packageRoot(), 'bin/bxtui');
  const server = spawn(process.execPath, [launcher, SERVER_COMMAND, root, id, openOn, ...buildArgs], {
    // A process group and session of its own: no signal of this terminal reaches it.
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
  });
  closeSync(log);
  server.unref();
  return { id, session: connect(root, id, server, as) };
}

async function connect(root: string, id: string, server: ChildProcess, as: ConnectAs): Promise<RemoteSession> {
  const started = new Promise<never>((_, reject) => server.once('error', reject));
  // Node gives both ends of a pipe beyond the first three both directions.
  const stream = server.stdio[STARTER_FD] as unknown as Duplex;
  try {
    return await Promise.race([connectSession(stream, clientIdentity(as)), started]);
  } catch (error) {
    const { code, message, hint } = toBxError(error, 'internal');
    const said = lastLines(root, id);
    removeRecord(root, id);
    throw said === '' ? error : new BxError(code, `${message}\n${said}`, { hint, cause: error });
  }
}

function lastLines(root: string, id: string): string {
  try {
    return readFileSync(prepareLog(root, id), 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
  } catch {
    return '';
  }
}
