/** The end of a session, bounded in time: an engine that hangs must not keep the program from ending. */
import type { SessionClient } from '../../session/index.js';

const CLEANUP_MAX_MS = 10_000;

/** Releases what the session holds on the engine. Never throws; safe to call twice. */
export async function disconnect(session: SessionClient): Promise<void> {
  await Promise.race([session.execute({ type: 'session.disconnect' }).catch(() => undefined), cleanupTimeout()]);
}

export function cleanupTimeout(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, CLEANUP_MAX_MS).unref());
}
