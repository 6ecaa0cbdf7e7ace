/** Who this program is among the clients of a session. */
import { readlinkSync } from 'node:fs';
import type { ConnectOptions } from '../../session/wire/index.js';
import { programVersion } from '../version.js';

/** `kind`, and whether it only looks, and which size it wants a program to have that others show too. */
export type ConnectAs = Pick<ConnectOptions, 'kind'> & Partial<Pick<ConnectOptions, 'isReadOnly' | 'sharedSize'>>;

export function clientIdentity(as: ConnectAs): ConnectOptions {
  const label = as.kind === 'screen' ? terminalName(process.env) : `${as.kind} ${process.pid}`;
  return { version: programVersion(), isReadOnly: false, label, ...as };
}

/** `pts/3`, `pts/3 from 192.0.2.7`: what people find in `who`. */
function terminalName(env: NodeJS.ProcessEnv): string {
  const [host] = env.SSH_CONNECTION?.split(' ') ?? [];
  const device = deviceOfStdin() ?? env.SSH_TTY ?? env.TERM ?? `process ${process.pid}`;
  return `${device.replace(/^\/dev\//, '')}${host ? ` from ${host}` : ''}`;
}

/** Null where the system does not tell. */
function deviceOfStdin(): string | null {
  try {
    const path = readlinkSync('/proc/self/fd/0');
    return path.startsWith('/dev/') ? path : null;
  } catch {
    return null;
  }
}
