/** Files of docker's own configuration, which other programs write: what is missing, unreadable or damaged is told with the file's name. */
import { readFileSync } from 'node:fs';
import { BxError } from '../platform/errors.js';
import { reasonOf } from '../platform/reason.js';

/** Null when there is no such file. Throws `BxError('endpoint')` for one that cannot be read or is no JSON object; `hint` is what to do. */
export async function readJsonObject(path: string, hint: string): Promise<Readonly<Record<string, unknown>> | null> {
  const text = await readTextFile(path, hint);
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BxError('endpoint', `${path} is not valid JSON: ${(error as Error).message}`, { hint, cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new BxError('endpoint', `${path} is damaged: a JSON object is expected`, { hint });
}

/** Null when there is no such file. Throws `BxError('endpoint')` for one that cannot be read. */
export async function readTextFile(path: string, hint: string): Promise<string | null> {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new BxError('endpoint', `cannot read ${path}: ${reasonOf(error)}`, { hint, cause: error });
  }
}
