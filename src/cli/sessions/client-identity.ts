/** Who this program is among the clients of a session. */
import type { ClientIdentity } from '../../session/wire/index.js';
import { programVersion } from '../version.js';

export function clientIdentity(kind: ClientIdentity['kind'], isReadOnly = false): ClientIdentity {
  const label = `${process.env.SSH_TTY ?? process.env.TERM ?? kind}, ${process.pid}`;
  return { version: programVersion(), kind, isReadOnly, label };
}
