/** What docker fills into a cache from the environment (docker/buildx, build/opt.go): what a job on GitHub has, and who one is at AWS. */
import type { CacheSpec } from '../../engine/engine.js';
import { parseGoBoolean } from '../../platform/go-boolean.js';
import { findAwsKey } from './aws-key.js';

type Env = Readonly<Record<string, string | undefined>>;
type Attrs = Record<string, string>;

/** Null: this is no place where there is such a cache, and the same command line is meant for others. */
export function withEnvironment({ type, attrs }: CacheSpec, env: Env): CacheSpec | null {
  if (type !== 'gha') return { type, attrs };
  const filled = withGithubJob(attrs, env);
  return filled.token && (filled.url || filled.url_v2) ? { type, attrs: filled } : null;
}

/**
 * The key of AWS, which lasts for hours at most and may be asked of a program, so that it is looked up for each run. One that was given whole is
 * meant without anything of the environment. Throws `BxError('input' | 'unsupported')`.
 */
export function withAwsKeys(caches: readonly CacheSpec[], env: Env): CacheSpec[] {
  return caches.map(({ type, attrs }) => {
    const isWhole = attrs.access_key_id !== undefined && attrs.secret_access_key !== undefined;
    return { type, attrs: type !== 's3' || isWhole ? attrs : filledIn(attrs, findAwsKey(env) ?? {}) };
  });
}

/** actions/toolkit, packages/cache. */
function withGithubJob(attrs: CacheSpec['attrs'], env: Env): Attrs {
  const version = attrs.version ?? (parseGoBoolean(env.ACTIONS_CACHE_SERVICE_V2 ?? '') ? '2' : '');
  return filledIn(attrs, {
    token: env.ACTIONS_RUNTIME_TOKEN,
    url_v2: version === '2' ? env.ACTIONS_RESULTS_URL : undefined,
    url: env.ACTIONS_CACHE_URL ?? env.ACTIONS_RESULTS_URL,
  });
}

function filledIn(attrs: CacheSpec['attrs'], more: Env): Attrs {
  const found = Object.entries(more).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  return { ...Object.fromEntries(found), ...attrs };
}
