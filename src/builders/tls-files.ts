/** Certificates as docker and buildkitd's tools keep them: ca.pem, cert.pem and key.pem in one directory. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BxError } from '../platform/errors.js';
import { reasonOf } from '../platform/reason.js';
import type { TlsMaterial } from './endpoint.js';

/** Files that are missing are left out. Throws `BxError('endpoint')` for one that cannot be read, and for half of a key pair. */
export async function readTlsDir(
  dir: string,
  options: { readonly skipVerify: boolean; readonly source: string },
): Promise<TlsMaterial> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readPem(join(dir, name), options.source)),
  );
  if ((cert === null) !== (key === null)) {
    const [missing, present] = cert === null ? ['cert.pem', 'key.pem'] : ['key.pem', 'cert.pem'];
    throw new BxError('endpoint', `${options.source}: ${join(dir, missing)} is missing, while ${present} is there`, {
      hint: `Put the matching ${missing} beside it, or remove ${present}.`,
    });
  }
  return { ca: ca ?? null, cert: cert ?? null, key: key ?? null, skipVerify: options.skipVerify, serverName: null };
}

/** Null when there is no such file. Throws `BxError('endpoint')` for one that cannot be read. */
export async function readPem(path: string, source: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new BxError('endpoint', `${source}: cannot read ${path}: ${reasonOf(error)}`, {
      hint: 'Make the file readable, or name another directory.',
      cause: error,
    });
  }
}
