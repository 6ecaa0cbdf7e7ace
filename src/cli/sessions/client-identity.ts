/** Who this program is among the clients of a session. */
import type { ConnectOptions } from '../../session/wire/index.js';
import { programVersion } from '../version.js';

/** `kind`, and whether it only looks, and which size it wants a program to have that others show too. */
export type ConnectAs = Pick<ConnectOptions, 'kind'> & Partial<Pick<ConnectOptions, 'isReadOnly' | 'sharedSize'>>;

export function clientIdentity(as: ConnectAs): ConnectOptions {
  const label = `${process.env.SSH_TTY ?? process.env.TERM ?? as.kind}, ${process.pid}`;
  return { version: programVersion(), isReadOnly: false, label, ...as };
}
