/** What docker fills into a cache from the environment (docker/buildx, build/opt.go): what a job on GitHub has, and who one is at AWS. */
import type { BuildSettings, CacheSpec } from '../../engine/engine.js';
import { parseGoBoolean } from '../../platform/go-boolean.js';
import { type AwsKey, type AwsSource, findAwsKey } from './aws-key.js';

type Env = Readonly<Record<string, string | undefined>>;
type Caches = Pick<BuildSettings, 'cacheFrom' | 'cacheTo'>;
type Attrs = Record<string, string>;

/** Null: this is no place where there is such a cache, and the same command line is meant for others. */
export function withEnvironment({ type, attrs }: CacheSpec, env: Env): CacheSpec | null {
  if (type !== 'gha') return { type, attrs };
  const filled = withGithubJob(attrs, env);
  return filled.token && (filled.url || filled.url_v2) ? { type, attrs: filled } : null;
}

/**
 * What tells the key of AWS, which lasts for hours at most, so that it is looked up for each run; null: none of the caches lacks one, or nothing
 * tells it.
 */
export function awsSourceFor({ cacheFrom = [], cacheTo = [] }: Caches, env: Env): AwsSource | null {
  return [...cacheFrom, ...cacheTo].some(lacksKey) ? findAwsKey(env) : null;
}

/** The caches, with the key in those that lack one. */
export function withAwsKey({ cacheFrom, cacheTo }: Caches, key: AwsKey): Caches {
  const filled = (cache: CacheSpec): CacheSpec => (lacksKey(cache) ? { ...cache, attrs: filledIn(cache.attrs, key) } : cache);
  return { ...(cacheFrom && { cacheFrom: cacheFrom.map(filled) }), ...(cacheTo && { cacheTo: cacheTo.map(filled) }) };
}

/** One that was given whole is meant without anything of the environment. */
function lacksKey({ type, attrs }: CacheSpec): boolean {
  return type === 's3' && (attrs.access_key_id === undefined || attrs.secret_access_key === undefined);
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
