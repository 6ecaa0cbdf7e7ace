/** The end of a session from outside: asked of its server, by a signal when that does not answer, by force when nothing else helps. */
import { type FoundSession, lookUpSession, removeRecord } from '../../session/records/session-records.js';
import { KILL_WITHIN_MS, killSession } from '../../session/wire/index.js';
import { openSocket, tokenOf } from './connect.js';

const POLL_MS = 50;
/** Of a server that was asked before, and has had its time. */
const SIGNALLED_WITHIN_MS = 3_000;

/** `put away`: it had crashed. */
export type SessionEnd = 'ended' | 'put away' | 'SIGTERM' | 'SIGKILL';

/** Resolves when its server is gone and nothing of it is left, with what has ended it. Throws `BxError`. */
export async function endSession(root: string, found: FoundSession): Promise<SessionEnd> {
  const how = found.state === 'running' ? await endServer(root, found) : 'put away';
  removeRecord(root, found.record.id);
  return how;
}

async function endServer(root: string, found: FoundSession): Promise<SessionEnd> {
  const { pid } = found.record;
  const answer = await openSocket(found).then(
    (stream) => killSession(stream, tokenOf(found)),
    () => 'unreachable' as const,
  );
  if (answer === 'ended' && (await isGone(root, found, KILL_WITHIN_MS))) return 'ended';
  // Told by a signal it gives back what the session holds as well.
  signal(pid, 'SIGTERM');
  const isFresh = answer === 'unreachable' || answer === 'lost';
  if (await isGone(root, found, isFresh ? KILL_WITHIN_MS : SIGNALLED_WITHIN_MS)) return 'SIGTERM';
  signal(pid, 'SIGKILL');
  await isGone(root, found, SIGNALLED_WITHIN_MS);
  return 'SIGKILL';
}

async function isGone(root: string, { record }: FoundSession, limitMs: number): Promise<boolean> {
  for (const deadlineMs = Date.now() + limitMs; Date.now() < deadlineMs; ) {
    if (lookUpSession(root, record.id)?.state !== 'running') return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}

/** One that is gone by itself meanwhile is as well. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {}
}
