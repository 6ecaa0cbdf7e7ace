/** `--secret id=npmrc[,src=FILE|,env=NAME]`, with the defaults of docker's own reading of it. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SecretSource } from '../../engine/engine.js';
import { BxError } from '../../platform/errors.js';
import { reasonOf } from '../../platform/reason.js';
import { parseCsvPairs } from './csv-record.js';

/** What BuildKit's client refuses to send: 500 KiB. */
export const SECRET_MAX_BYTES = 500 * 1024;

/** A secret without a source is the variable of that name, else the file of that name. Throws `BxError`. */
export function parseSecret(value: string, env: NodeJS.ProcessEnv, cwd: string): SecretSource {
  let id = '';
  let path: string | null = null;
  let name: string | null = null;
  let type: string | null = null;
  for (const [key, text] of parseCsvPairs(value, '--secret')) {
    if (key === 'id') id = text;
    else if (key === 'source' || key === 'src') path = text;
    else if (key === 'env') name = text;
    else if (key === 'type') type = text;
    else throw new BxError('usage', `--secret ${value}: unknown key "${key}"`, { hint: 'The keys are id, src, env and type.' });
  }
  if (type !== null && type !== 'file' && type !== 'env') {
    throw new BxError('usage', `--secret ${value}: unknown type "${type}"`, { hint: 'The types are file and env.' });
  }
  if (type === 'env' && name === null) {
    name = path ?? null;
    path = null;
  }
  if (id === '')
    throw new BxError('usage', `--secret ${value}: id is required`, { hint: 'For example: --secret id=npmrc,src=.npmrc' });
  if (path === null && name === null) {
    if (type !== 'file' && env[id] !== undefined) name = id;
    else path = id;
  }
  if (name !== null) return { id, from: { kind: 'env', name } };
  return { id, from: { kind: 'file', path: requireFile(value, resolve(cwd, path!)) } };
}

function requireFile(value: string, path: string): string {
  let size: number;
  try {
    const stat = statSync(path);
    if (!stat.isFile() && !stat.isFIFO() && !stat.isCharacterDevice()) {
      throw new BxError('input', `--secret ${value}: ${path} is not a file`, { hint: 'Name a file with src=FILE.' });
    }
    size = stat.size;
  } catch (error) {
    if (error instanceof BxError) throw error;
    throw new BxError('input', `--secret ${value}: cannot read ${path}: ${reasonOf(error)}`, {
      hint: 'Name an existing file with src=FILE, or a variable with env=NAME.',
      cause: error,
    });
  }
  if (size <= SECRET_MAX_BYTES) return path;
  throw new BxError('input', `--secret ${value}: ${path} has ${size} bytes, the limit is ${SECRET_MAX_BYTES}`, {
    hint: 'Files of this size belong into the build context or into a bind mount.',
  });
}
