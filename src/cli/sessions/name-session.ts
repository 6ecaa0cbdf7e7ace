/** Which session a command line means whose first word may be an id and may be left out. */
import { BxError, toBxError } from '../../platform/errors.js';
import { type FoundSession, findSession, listSessions } from '../../session/records/session-records.js';

export interface NamedSession {
  readonly found: FoundSession;
  /** The word was an id, or the beginning of one; else it belongs to what follows. */
  readonly isNamed: boolean;
}

/** Without an id the only session that runs is meant. Throws `BxError('not-found')`. */
export function nameSession(root: string, word: string): NamedSession {
  const isId = /^[0-9a-f]{8}$/.test(word) || listSessions(root).some(({ record }) => record.id.startsWith(word));
  if (isId) return { found: findSession(root, word), isNamed: true };
  try {
    return { found: findSession(root, null), isNamed: false };
  } catch (error) {
    const { code, message, hint } = toBxError(error);
    throw new BxError(code, `${word} is no session, and ${message}`, { hint, cause: error });
  }
}
