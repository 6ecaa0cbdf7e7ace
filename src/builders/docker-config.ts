/** What of docker's own configuration says where the engine is: the current context, and the store of contexts. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BxError } from '../platform/errors.js';
import { reasonOf } from '../platform/reason.js';
import { normaliseAddress } from './address-schemes.js';
import type { Endpoint } from './endpoint.js';
import { readTlsDir } from './tls-files.js';

export type Env = Readonly<Record<string, string | undefined>>;

/** `DOCKER_CONFIG`, else `~/.docker`. */
export function dockerConfigDir(env: Env): string {
  return env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker');
}

/** `currentContext` of config.json; null when there is no file or no such entry. Throws `BxError('endpoint')` for a broken file. */
export async function currentContext(env: Env): Promise<string | null> {
  const path = join(dockerConfigDir(env), 'config.json');
  const config = await readJson(path);
  const name = (config as { currentContext?: unknown } | null)?.currentContext;
  return typeof name === 'string' && name !== '' ? name : null;
}

/** The engine of a docker context. `source`: who names the context, for messages. Throws `BxError('endpoint')`. */
export async function contextEndpoint(name: string, env: Env, source: string): Promise<Endpoint> {
  const store = join(dockerConfigDir(env), 'contexts');
  const id = createHash('sha256').update(name).digest('hex');
  const meta = (await readJson(join(store, 'meta', id, 'meta.json'))) as ContextMeta | null;
  if (!meta) throw await unknownContext(name, store, source);
  const docker = meta.Endpoints?.docker;
  if (typeof docker?.Host !== 'string' || docker.Host === '') {
    throw new BxError('endpoint', `docker context "${name}" (${source}) names no Docker Engine`, {
      hint: 'Choose another one with DOCKER_CONTEXT, or name an engine with DOCKER_HOST.',
    });
  }
  const label = `docker context "${name}"`;
  const address = normaliseAddress(docker.Host, label);
  const material = await readTlsDir(join(store, 'tls', id, 'docker'), {
    skipVerify: docker.SkipTLSVerify === true,
    source: label,
  });
  const usesTls = address.startsWith('tcp://') && (material.ca !== null || material.cert !== null || material.skipVerify);
  return { kind: 'docker', address, source: label, tls: usesTls ? material : null };
}

interface ContextMeta {
  readonly Name?: string;
  readonly Endpoints?: { readonly docker?: { readonly Host?: unknown; readonly SkipTLSVerify?: unknown } };
}

async function unknownContext(name: string, store: string, source: string): Promise<BxError> {
  const known = await contextNames(store);
  return new BxError('endpoint', `docker context "${name}" (${source}) does not exist`, {
    hint: `There ${known.length === 1 ? 'is' : 'are'}: ${['default', ...known].join(', ')}. Choose one with DOCKER_CONTEXT or docker context use.`,
  });
}

async function contextNames(store: string): Promise<string[]> {
  const ids = await readdir(join(store, 'meta')).catch(() => []);
  const metas = await Promise.all(ids.map((id) => readJson(join(store, 'meta', id, 'meta.json')).catch(() => null)));
  return metas.flatMap((meta) => (meta as ContextMeta | null)?.Name ?? []).sort();
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new BxError('endpoint', `cannot read ${path}: ${reasonOf(error)}`, {
      hint: 'Make it readable, or name the engine with DOCKER_HOST.',
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BxError('endpoint', `${path} is not valid JSON: ${(error as Error).message}`, {
      hint: 'Correct the file, or name the engine with DOCKER_HOST.',
      cause: error,
    });
  }
}
