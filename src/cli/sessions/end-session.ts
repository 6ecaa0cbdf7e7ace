/** The end of a session from outside: asked of its server, by force when that does not answer. */
import { type FoundSession, listSessions, removeRecord } from '../../session/records/session-records.js';
import { killSession } from '../../session/wire/index.js';
import { openSocket, tokenOf } from './connect.js';

/** How long a server may take to give everything back before it is ended by force. */
const END_WITHIN_MS = 12_000;
const POLL_MS = 50;

/** Resolves when its server is gone and nothing of it is left. Throws `BxError`. */
export async function endSession(root: string, found: FoundSession): Promise<void> {
  const { id, pid } = found.record;
  if (found.state === 'running') {
    // One that does not answer is asked as processes are; both give back what the session holds.
    await openSocket(found).then(
      (stream) => killSession(stream, tokenOf(found)),
      () => signal(pid, 'SIGTERM'),
    );
    if (!(await isGone(root, found))) signal(pid, 'SIGKILL');
  }
  removeRecord(root, id);
}

async function isGone(root: string, { record }: FoundSession): Promise<boolean> {
  for (const deadlineMs = Date.now() + END_WITHIN_MS; Date.now() < deadlineMs; ) {
    if (!listSessions(root).some((one) => one.record.id === record.id && one.state === 'running')) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {}
}
