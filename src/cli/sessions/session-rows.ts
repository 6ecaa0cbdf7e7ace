/** What there is to say of each session of a person, asked of its server. */
import { basename } from 'node:path';
import { describeSession, type SessionRow } from '../../monitor/sessions.js';
import { toBxError } from '../../platform/errors.js';
import type { FoundSession } from '../../session/records/session-records.js';
import { visit } from './connect.js';

/** Never throws: a session that cannot be reached is told as such. */
export async function describeFound(session: FoundSession): Promise<SessionRow> {
  const { id, version, context, dockerfile, startedAtMs, cwd } = session.record;
  const about = { id, version, context: context === '.' ? basename(cwd) : context, dockerfile, startedAtMs };
  const unknown = { builder: null, shells: 0, clients: 0, endsAtMs: null };
  if (session.state === 'crashed') return { ...about, state: 'crashed', ...unknown };
  try {
    return await visit(session, { kind: 'command', isReadOnly: true }, ({ state, clients, idleEndsAtMs }) => ({
      ...describeSession(state),
      ...about,
      clients: clients.filter(({ kind }) => kind === 'screen').length,
      endsAtMs: idleEndsAtMs,
    }));
  } catch (error) {
    const isOther = toBxError(error).code === 'unsupported';
    return { ...about, state: isOther ? 'other version' : 'no answer', ...unknown };
  }
}
