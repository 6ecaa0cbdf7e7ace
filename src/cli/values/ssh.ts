/** `--ssh default|ID[=SOCKET|=KEY[,KEY]]`: who answers in a `--mount=type=ssh`. It must not read keys. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SshSource } from '../../engine/engine.js';
import { BxError } from '../../platform/errors.js';

/** An id of nothing is the default one, and a second source of the same id is refused, as docker has it. Throws `BxError`. */
export function parseSshList(values: readonly string[], env: NodeJS.ProcessEnv, cwd: string): SshSource[] {
  const sources = values.filter((value) => value !== '').map((value) => parseSsh(value, env, cwd));
  const twice = sources.find(({ id }, index) => sources.findIndex((other) => other.id === id) !== index);
  if (twice)
    throw new BxError('usage', `--ssh: the id ${twice.id} is given twice`, { hint: 'Give each agent an id of its own.' });
  return sources;
}

/** Throws `BxError`. */
export function parseSsh(value: string, env: NodeJS.ProcessEnv, cwd: string): SshSource {
  const equals = value.indexOf('=');
  const id = (equals < 0 ? value : value.slice(0, equals)) || 'default';
  const given = equals < 0 ? '' : value.slice(equals + 1);
  const written = given === '' ? env.SSH_AUTH_SOCK : given;
  if (written === undefined || written === '') {
    throw new BxError('input', `--ssh ${value}: no agent: SSH_AUTH_SOCK is not set`, {
      hint: 'Start one with: eval "$(ssh-agent)" && ssh-add; or name its socket, or a key: --ssh default=/path/to/key',
    });
  }
  const paths = (given === '' ? [written] : written.split(',')).map((path) => resolve(cwd, path));
  const sockets = paths.filter((path) => isSocket(value, path));
  if (sockets.length === 0) return { id, keys: paths };
  if (sockets[0] !== undefined && paths.length === 1) return { id, socket: sockets[0] };
  throw new BxError('usage', `--ssh ${value}: an agent stands alone`, {
    hint: 'Name one socket, or one or several keys.',
  });
}

function isSocket(value: string, path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new BxError('input', `--ssh ${value}: ${path} does not exist`, {
      hint: 'Name the socket of a running ssh-agent, or files with keys.',
    });
  }
  if (stat.isDirectory()) {
    throw new BxError('input', `--ssh ${value}: ${path} is a directory`, { hint: 'Name the file with the key.' });
  }
  return stat.isSocket();
}
