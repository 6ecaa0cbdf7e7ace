/** Pulling an image through the Engine API, with the credentials that docker is configured with. */
import type { EngineApi } from '../engine-api.js';
import { createMessageReader } from '../message-stream.js';
import { createRegistryAuth } from '../registry-auth.js';
import { configKeyOf, registryOf } from '../registry-name.js';
import { hintForRefusal } from '../registry-refusal.js';

export interface PullOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Bytes of the layers that are known so far. */
  onProgress(current: number, total: number): void;
  readonly signal: AbortSignal;
}

/** Why an image is not there now, and what helps; null: it is. */
export type PullRefusal = { readonly reason: string; readonly hint: string | null } | null;

/** POST /images/create. Throws `BxError` for what is no answer of the engine. */
export async function pullImage(api: EngineApi, image: string, { env, onProgress, signal }: PullOptions): Promise<PullRefusal> {
  const auth = createRegistryAuth(env, () => undefined);
  const registry = registryOf(image);
  const found = await auth.lookUp(registry);
  const refused = (reason: string): PullRefusal => ({ reason, hint: hintForRefusal(reason, image, auth.lookUps()) });
  const [name, tag] = splitReference(image);
  const options = { query: { fromImage: name, tag }, ...(found && { headers: authHeader(registry, found) }), signal };
  const answer = await api.stream('POST', '/images/create', options).catch((error: unknown) => {
    if (error instanceof Error && 'status' in error) return error.message;
    throw error;
  });
  if (typeof answer === 'string') return refused(answer);
  const reader = createMessageReader();
  const layers = new Map<string, { current: number; total: number }>();
  let refusal: string | null = null;
  const take = (messages: ReturnType<typeof reader.end>): void => {
    for (const { id, status = '', progressDetail, error } of messages) {
      refusal ??= error ?? null;
      const { current, total } = progressDetail ?? {};
      if (id !== undefined && status === 'Downloading' && total) layers.set(id, { current: current ?? 0, total });
      const layer = id === undefined ? undefined : layers.get(id);
      if (layer && /^(?:Download|Pull) complete/.test(status)) layer.current = layer.total;
    }
    const known = [...layers.values()];
    const sum = (key: 'current' | 'total'): number => known.reduce((bytes, layer) => bytes + layer[key], 0);
    if (known.length > 0) onProgress(sum('current'), sum('total'));
  };
  try {
    for await (const chunk of answer) take(reader.push(chunk as Buffer));
    take(reader.end());
  } catch (error) {
    throw api.broken(error, signal);
  }
  return refusal === null ? null : refused(refusal);
}

/** `host:5000/app:1@sha256:…`: a digest says more than the tag, nothing means latest (docker, client/image_pull.go). */
export function splitReference(image: string): readonly [name: string, tag: string] {
  const [named = '', digest] = image.split('@');
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const name = colon < 0 ? named : named.slice(0, colon);
  return [name, digest ?? (colon < 0 ? 'latest' : named.slice(colon + 1))];
}

function authHeader(registry: string, found: { readonly username: string; readonly secret: string }): Record<string, string> {
  const serveraddress = configKeyOf(registry);
  const { username, secret } = found;
  const who = username === '' ? { identitytoken: secret } : { username, password: secret };
  const base64 = Buffer.from(JSON.stringify({ ...who, serveraddress })).toString('base64');
  return { 'X-Registry-Auth': base64.replaceAll('+', '-').replaceAll('/', '_') };
}
