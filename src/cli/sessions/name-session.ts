/** Which session a command line means whose first word may be an id and may be left out. */
import { type FoundSession, findSession, listSessions } from '../../session/records/session-records.js';

export interface NamedSession {
  readonly found: FoundSession;
  /** The word was an id, or the beginning of one; else it belongs to what follows. */
  readonly isNamed: boolean;
}

/** Without an id the only session that runs is meant. Throws `BxError('not-found')`. */
export function nameSession(root: string, word: string): NamedSession {
  const isId = /^[0-9a-f]{8}$/.test(word) || listSessions(root).some(({ record }) => record.id.startsWith(word));
  return { found: findSession(root, isId ? word : null), isNamed: isId };
}
