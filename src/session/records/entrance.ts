/**
 * Who may come in at a session's socket: whoever knows the token, which lies beside it for its user alone. Node does not tell who is at the
 * other end of a unix socket, so both sides look at what the file system says instead.
 */
import { lstatSync, readFileSync, type Stats, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BxError } from '../../platform/errors.js';
import { ownUid } from '../../platform/person.js';
import { checkRoot } from './root-dir.js';
import type { FoundSession } from './session-records.js';

const OTHERS = 0o077;

/** By the server, before it listens. */
export function writeToken({ token }: FoundSession, text: string): void {
  writeFileSync(token, text, { mode: 0o600 });
}

/** Null: there is none, as of a session that an older program has started. */
export function readToken({ token }: FoundSession): string | null {
  try {
    return readFileSync(token, 'utf8');
  } catch {
    return null;
  }
}

/**
 * Before anything goes through the socket, at both ends: it, its directory and the one above belong to this user, and nobody else can enter.
 * Throws `BxError('state')`.
 */
export function checkEntrance({ record, socket }: FoundSession): void {
  const directory = dirname(socket);
  checkRoot(dirname(directory));
  const what = (name: string): string => `the ${name} of session ${record.id}`;
  const hint = 'Keys typed there could reach somebody else. Look who made it: ls -la ';
  const stats = [
    [what('directory'), directory, lstatSync(directory, { throwIfNoEntry: false })],
    [what('socket'), socket, lstatSync(socket, { throwIfNoEntry: false })],
  ] as const;
  for (const [name, path, stat] of stats) {
    if (stat === undefined) throw new BxError('state', `${name} is gone`, { hint: `It was ${path}` });
    if (stat.uid !== ownUid()) throw new BxError('state', `${name} belongs to another user`, { hint: hint + path });
    if (!isOfKind(stat, path === socket)) throw new BxError('state', `${name} is something else`, { hint: hint + path });
    if ((stat.mode & OTHERS) !== 0) {
      throw new BxError('state', `others can reach ${name}`, { hint: `Close it with: chmod go= ${path}` });
    }
  }
}

function isOfKind(stat: Stats, isSocket: boolean): boolean {
  return isSocket ? stat.isSocket() : stat.isDirectory();
}
