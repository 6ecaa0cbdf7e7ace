/** `--ssh default|ID[=SOCKET]`: which agent answers for a `--mount=type=ssh`. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SshSource } from '../../engine/engine.js';
import { BxError } from '../../platform/errors.js';

/** Throws `BxError`; keys read from files are for an agent to hold, and say so. */
export function parseSsh(value: string, env: NodeJS.ProcessEnv, cwd: string): SshSource {
  const equals = value.indexOf('=');
  const id = equals < 0 ? value : value.slice(0, equals);
  const paths = equals < 0 ? '' : value.slice(equals + 1);
  if (id === '') throw new BxError('usage', `--ssh ${value}: the id is empty`, { hint: 'For example: --ssh default' });
  if (paths.includes(',')) throw keysNotSupported(value);
  const path = paths === '' ? env.SSH_AUTH_SOCK : paths;
  if (path === undefined || path === '') {
    throw new BxError('input', `--ssh ${value}: no agent: SSH_AUTH_SOCK is not set`, {
      hint: 'Start one with: eval "$(ssh-agent)" && ssh-add; or name its socket: --ssh default=/path/to/agent.sock',
    });
  }
  return { id, socket: requireSocket(value, resolve(cwd, path)) };
}

function requireSocket(value: string, path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new BxError('input', `--ssh ${value}: ${path} does not exist`, { hint: 'Name the socket of a running ssh-agent.' });
  }
  if (stat.isSocket()) return path;
  throw keysNotSupported(value);
}

function keysNotSupported(value: string): BxError {
  return new BxError('usage', `--ssh ${value}: key files are not supported yet, only the socket of an agent`, {
    hint: 'Add the keys to an agent (ssh-add FILE) and use --ssh default.',
  });
}
