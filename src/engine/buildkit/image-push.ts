/**
 * Pushing from a Docker Engine that keeps images in its own store, whose exporter only stores: over its Engine API, as docker does (docker/buildx,
 * build/build.go, pushWithMoby). Told like the steps of an export.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { EngineEvent } from '../../core/events.js';
import { BxError } from '../../platform/errors.js';
import { reasonOf } from '../../platform/reason.js';
import { createRegistryAuth } from '../shared/registry-auth.js';
import { configKeyOf, registryOf } from '../shared/registry-name.js';
import type { EngineLink } from './engine-link.js';
import { engineApi } from './transport/index.js';

type Emit = (event: EngineEvent) => void;

/** A line of the answer to POST /images/NAME/push (Docker Engine API). */
export interface PushMessage {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly aux?: { readonly Digest?: string };
}

/** Pushes one name after the other; resolves with the digest under which the registry has the first. Throws `BxError('engine' | 'cancelled')`. */
export async function pushImages(
  link: EngineLink,
  names: readonly string[],
  emit: Emit,
  signal: AbortSignal,
): Promise<string | null> {
  const docker = await engineApi(link.endpoint);
  const auth = createRegistryAuth(process.env, () => undefined);
  let first: string | null = null;
  for (const name of names) {
    signal.throwIfAborted();
    const progress = createPushProgress(name, emit, Date.now);
    try {
      const [repository, tag] = splitName(name);
      const registry = registryOf(name);
      const found = await auth.lookUp(registry);
      const authconfig = found
        ? found.username === ''
          ? { identitytoken: found.secret, serveraddress: configKeyOf(registry) }
          : { username: found.username, password: found.secret, serveraddress: configKeyOf(registry) }
        : {};
      // dockerode's types know only the credentials with a password.
      const options = { tag, authconfig, abortSignal: signal } as Parameters<ReturnType<typeof docker.getImage>['push']>[0];
      const answer = (await docker.getImage(repository).push(options)) as Readable;
      const stop = (): void => void answer.destroy();
      signal.addEventListener('abort', stop, { once: true });
      await new Promise<void>((resolve, reject) => {
        answer.once('close', () => reject(new Error('the engine broke the push off')));
        docker.modem.followProgress(
          answer,
          (error) => (error ? reject(error) : resolve()),
          (message: PushMessage) => progress.take(message),
        );
      }).finally(() => signal.removeEventListener('abort', stop));
      const refusal = progress.refusal();
      if (refusal !== null) throw new Error(refusal);
      progress.end();
      first ??= progress.digest();
    } catch (error) {
      if (signal.aborted) throw new BxError('cancelled', `pushing ${name} was broken off`, { cause: error });
      const message = `cannot push ${name}: ${reasonOf(error)}`;
      progress.fail(message);
      throw new BxError('engine', message, { hint: hintFor(name, reasonOf(error)), cause: error });
    }
  }
  return first;
}

function hintFor(name: string, reason: string): string {
  if (/denied|unauthorized|no basic auth|authentication required/i.test(reason)) {
    return `Log in with 'docker login ${registryOf(name)}', then build again: everything is cached.`;
  }
  return 'The image is in the engine. Build again when its registry can be reached: everything is cached.';
}

/** `host:5000/app:1` as repository and tag. */
export function splitName(name: string): readonly [repository: string, tag: string] {
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  return colon < 0 ? [name, 'latest'] : [name.slice(0, colon), name.slice(colon + 1)];
}

export interface PushProgress {
  take(message: PushMessage): void;
  /** What the engine or the registry has refused. */
  refusal(): string | null;
  end(): void;
  fail(message: string): void;
  digest(): string | null;
}

/** One step, with a line for each layer. */
export function createPushProgress(name: string, emit: Emit, now: () => number): PushProgress {
  const digest = `sha256:${createHash('sha256').update(`push ${name}`).digest('hex')}`;
  const startedAtMs = now();
  const layers = new Map<string, { current: number; total: number; startedAtMs: number }>();
  let pushed: string | null = null;
  let refused: string | null = null;
  const tell = (completedAtMs: number | null, error = ''): void =>
    emit({
      ...{ type: 'vertex.updated', digest, name: `pushing ${name} with docker`, inputs: [], isCached: false },
      ...{ startedAtMs, completedAtMs, error },
    });
  const tellLayer = (id: string, isDone: boolean): void => {
    const layer = layers.get(id);
    if (!layer) return;
    const current = isDone ? layer.total : layer.current;
    emit({
      ...{
        type: 'vertex.progressed',
        digest,
        id: `pushing layer ${id}`,
        name: `pushing layer ${id}`,
        current,
        total: layer.total,
      },
      ...{ startedAtMs: layer.startedAtMs, completedAtMs: isDone ? now() : null },
    });
    if (isDone) layers.delete(id);
  };
  const tellAll = (): void => {
    for (const id of [...layers.keys()]) tellLayer(id, true);
  };
  tell(null);
  return {
    take({ id, status = '', error, progressDetail, aux }) {
      refused ??= error ?? null;
      pushed = aux?.Digest ?? pushed;
      if (id === undefined) return;
      const isDone = /^(?:Pushed|Layer already exists|Mounted from)/.test(status);
      if (!isDone && !/^(?:Pushing|Preparing|Waiting)/.test(status)) return;
      const known = layers.get(id);
      const { current = known?.current ?? 0, total = known?.total ?? 0 } = progressDetail ?? {};
      layers.set(id, { current, total: Math.max(total, current), startedAtMs: known?.startedAtMs ?? now() });
      tellLayer(id, isDone);
    },
    end() {
      tellAll();
      tell(now());
    },
    fail(message) {
      tellAll();
      tell(now(), message);
    },
    refusal: () => refused,
    digest: () => pushed,
  };
}
