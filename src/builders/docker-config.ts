/** What of docker's own configuration says where the engine is: the current context, and the store of contexts. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BxError, toBxError } from '../platform/errors.js';
import { homeDirectory } from '../platform/person.js';
import { normaliseAddress } from './address-schemes.js';
import type { Endpoint } from './endpoint.js';
import { readJsonObject } from './read-json.js';
import { readTlsDir } from './tls-files.js';

/** There is no docker context of that name. */
export class UnknownContextError extends BxError {}

export type Env = Readonly<Record<string, string | undefined>>;

const REPAIR = 'Correct the file, or name the engine with DOCKER_HOST.';
const REPAIR_CONTEXT = 'Make the context again (docker context rm and create), or name the engine with DOCKER_HOST.';

/** `DOCKER_CONFIG`, else `~/.docker`. */
export function dockerConfigDir(env: Env): string {
  return env.DOCKER_CONFIG || join(homeDirectory(env), '.docker');
}

/** `currentContext` of config.json; null when there is no file or no such entry. Throws `BxError('endpoint')` for a broken file. */
export async function currentContext(env: Env): Promise<string | null> {
  const config = await readJsonObject(join(dockerConfigDir(env), 'config.json'), REPAIR);
  const name = config?.currentContext;
  return typeof name === 'string' && name !== '' ? name : null;
}

/** The engine of a docker context. `source`: who names the context, for messages. Throws `BxError('endpoint')`. */
export async function contextEndpoint(name: string, env: Env, source: string): Promise<Endpoint> {
  const store = join(dockerConfigDir(env), 'contexts');
  const id = createHash('sha256').update(name).digest('hex');
  const path = join(store, 'meta', id, 'meta.json');
  const meta = (await readJsonObject(path, REPAIR_CONTEXT).catch((error: unknown) => {
    const { code, message, hint } = toBxError(error, 'endpoint');
    throw new BxError(code, `docker context "${name}" (${source}) cannot be used: ${message}`, { hint, cause: error });
  })) as ContextMeta | null;
  if (!meta) throw await unknownContext(name, store, source);
  const docker = meta.Endpoints?.docker;
  if (typeof docker?.Host !== 'string' || docker.Host === '') {
    throw new BxError('endpoint', `docker context "${name}" (${source}) names no Docker Engine: ${path}`, {
      hint: 'Choose another one with DOCKER_CONTEXT, or name an engine with DOCKER_HOST.',
    });
  }
  const label = `docker context "${name}"`;
  const address = normaliseAddress(docker.Host, label, 'docker');
  const material = await readTlsDir(join(store, 'tls', id, 'docker'), {
    skipVerify: docker.SkipTLSVerify === true,
    source: label,
  });
  const usesTls = address.startsWith('tcp://') && (material.ca !== null || material.cert !== null || material.skipVerify);
  return { kind: 'docker', address, source: label, tls: usesTls ? material : null };
}

interface ContextMeta {
  readonly Name?: unknown;
  readonly Endpoints?: { readonly docker?: { readonly Host?: unknown; readonly SkipTLSVerify?: unknown } };
}

/** What the store of contexts holds: a name, or why one cannot be had. */
export interface StoredContext {
  readonly name: string;
  readonly problem: BxError | null;
}

/** In the order of their names; a damaged one is listed with its problem. None when there is no store. */
export async function storedContexts(env: Env): Promise<StoredContext[]> {
  const meta = join(dockerConfigDir(env), 'contexts', 'meta');
  const ids = await readdir(meta).catch(() => [] as string[]);
  const found = await Promise.all(ids.map((id) => storedContext(join(meta, id, 'meta.json'), id)));
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function storedContext(path: string, id: string): Promise<StoredContext> {
  const damaged = (why: string): StoredContext => ({
    name: id.slice(0, 12),
    problem: new BxError('endpoint', `${path} ${why}`, { hint: REPAIR_CONTEXT }),
  });
  try {
    const meta = await readJsonObject(path, REPAIR_CONTEXT);
    if (meta === null) return damaged('is missing');
    const { Name: name } = meta as ContextMeta;
    if (typeof name !== 'string' || name === '') return damaged('says no name');
    if (createHash('sha256').update(name).digest('hex') === id) return { name, problem: null };
    return { ...damaged(`says the name "${name}", which is that of another context`), name };
  } catch (error) {
    return { name: id.slice(0, 12), problem: toBxError(error, 'endpoint') };
  }
}

async function unknownContext(name: string, store: string, source: string): Promise<BxError> {
  const stored = await storedContexts({ DOCKER_CONFIG: join(store, '..') });
  const known = stored.filter(({ problem }) => problem === null).map((context) => context.name);
  return new UnknownContextError('endpoint', `docker context "${name}" (${source}) does not exist`, {
    hint: `There ${known.length === 0 ? 'is' : 'are'}: ${['default', ...known].join(', ')}. Choose one with DOCKER_CONTEXT or docker context use.`,
  });
}
