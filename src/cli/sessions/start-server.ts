/** The first client of a session's process, over a stream that both have from the start. */
import { readFileSync } from 'node:fs';
import { BxError, toBxError } from '../../platform/errors.js';
import { removeRecord } from '../../session/records/session-records.js';
import { connectSession, isSilence, type RemoteSession } from '../../session/wire/index.js';
import { type ConnectAs, clientIdentity } from './client-identity.js';
import { type ServerLogFile, type ServerWish, type SpawnedServer, spawnServer } from './spawn-server.js';

const LOG_LINES_SHOWN = 5;

export interface StartedServer {
  readonly id: string;
  /** Resolves when the session's first state is here. Rejects with `BxError`: what the server says is wrong, or that it has ended. */
  readonly session: Promise<RemoteSession>;
}

/** `as`: what this program is to the session. Throws `BxError('state')` where no session can be kept. */
export function startServer(wish: ServerWish, as: ConnectAs): StartedServer {
  const server = spawnServer(wish);
  return { id: server.id, session: joinServer(server, as) };
}

/** Resolves when the session's first state is here. Rejects with `BxError`: what the server says is wrong, or that it has ended. */
export async function joinServer({ root, id, stream, log, kill }: SpawnedServer, as: ConnectAs): Promise<RemoteSession> {
  try {
    return await connectSession(await stream, clientIdentity(as));
  } catch (error) {
    const { code, message, hint } = toBxError(error, 'internal');
    const said = await lastLines(log);
    // It has no record yet by which somebody could find it.
    if (isSilence(error)) kill('SIGKILL');
    removeRecord(root, id);
    throw said === '' ? error : new BxError(code, `${message}\n${said}`, { hint, cause: error });
  }
}

/** What it has said that is no line of its log. */
async function lastLines({ path, begin }: ServerLogFile): Promise<string> {
  try {
    const { isLogLine } = await import('./server-log.js');
    const lines = readFileSync(path).subarray(begin).toString().trimEnd().split('\n');
    return lines
      .filter((line) => !isLogLine(line))
      .slice(-LOG_LINES_SHOWN)
      .join('\n');
  } catch {
    return '';
  }
}
