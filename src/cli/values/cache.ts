/** `--cache-from` and `--cache-to`: `REF`, or `type=TYPE,NAME=VALUE…` (docker/buildx, util/buildflags/cache.go and build/opt.go). */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CacheSpec } from '../../engine/engine.js';
import { BxError } from '../../platform/errors.js';
import { parseGoBoolean } from '../../platform/go-boolean.js';
import { nearestName } from '../../platform/nearest-name.js';
import { withEnvironment } from './cache-environment.js';
import { WITHHELD, withoutSecrets } from './cache-secrets.js';
import { parseCsvPairs, parseCsvRecord } from './csv-record.js';

type CacheFlag = '--cache-from' | '--cache-to';
type Env = Readonly<Record<string, string | undefined>>;

const WRITTEN = [
  'mode',
  'ignore-error',
  'compression',
  'compression-level',
  'force-compression',
  'oci-mediatypes',
  'image-manifest',
];
const PLACED = ['prefix', 'blobs_prefix', 'manifests_prefix', 'name'];

/** Names that an engine knows (BuildKit, cache/remotecache). It passes over every other. */
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  registry: ['ref', 'registry.insecure', ...WRITTEN],
  inline: [],
  local: ['src', 'dest', 'tag', 'digest', 'reset', ...WRITTEN],
  gha: ['url', 'url_v2', 'token', 'version', 'scope', 'timeout', 'repository', 'ghtoken', ...WRITTEN],
  s3: [
    ...['bucket', 'region', 'endpoint_url', 'use_path_style', 'access_key_id', 'secret_access_key', 'session_token'],
    ...['touch_refresh', 'upload_parallelism', 'disable_accept_encoding', 'retry_mode', 'retry_max_attempts'],
    ...PLACED,
    ...WRITTEN,
  ],
  azblob: ['account_url', 'account_name', 'secret_access_key', 'container', ...PLACED, ...WRITTEN],
};

const BOOLEANS = [
  'ignore-error',
  'force-compression',
  'oci-mediatypes',
  'image-manifest',
  'registry.insecure',
  'reset',
  'use_path_style',
];
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  mode: ['min', 'max'],
  compression: ['uncompressed', 'gzip', 'estargz', 'zstd'],
};

const TYPES: Readonly<Record<CacheFlag, readonly string[]>> = {
  '--cache-from': ['registry', 'local', 'gha', 's3', 'azblob'],
  '--cache-to': ['inline', 'registry', 'local', 'gha', 's3', 'azblob'],
};

/** What an attribute is needed for; the others have what the engine's own environment says. */
const NEEDED: Readonly<Record<CacheFlag, Readonly<Record<string, readonly [name: string, what: string]>>>> = {
  '--cache-from': { registry: ['ref', 'REF'], local: ['src', 'DIR'] },
  '--cache-to': { registry: ['ref', 'REF'], local: ['dest', 'DIR'] },
};

/**
 * Without an equals sign a value is references, separated by commas. What the environment has is filled in; a cache of GitHub's is left out where
 * there is none. Throws `BxError('usage' | 'input')`.
 */
export function parseCaches(values: readonly string[], flag: CacheFlag, env: Env, cwd: string): CacheSpec[] {
  return values.flatMap((value): CacheSpec[] => {
    if (value === '') return [];
    if (!value.includes('=')) return parseCsvRecord(value).map((ref) => ({ type: 'registry', attrs: { ref } }));
    const cache = withEnvironment(parseCache(value, flag, cwd), env);
    return cache === null ? [] : [cache];
  });
}

function parseCache(value: string, flag: CacheFlag, cwd: string): CacheSpec {
  const { type, ...attrs } = Object.fromEntries(parseCsvPairs(value, flag));
  const hint = `The types are ${TYPES[flag].join(', ')}. For example: ${flag} type=registry,ref=registry.example.com/app:cache`;
  const refused = (why: string): BxError => new BxError('usage', `${flag} ${withoutSecrets(value)}: ${why}`, { hint });
  if (type === undefined || type === '') throw refused('type is required');
  if (!TYPES[flag].includes(type)) {
    const near = nearestName(type, TYPES[flag]);
    throw refused(`unknown type "${type}"${near === null ? '' : `, did you mean ${near}?`}`);
  }
  for (const [name, text] of Object.entries(attrs)) {
    const why = refusal(type, name, text);
    if (why !== null) throw refused(why);
  }
  const [needed, what] = NEEDED[flag][type] ?? [];
  if (needed !== undefined && !attrs[needed]) throw refused(`type=${type} needs ${needed}=${what}`);
  if (type !== 'local') return { type, attrs };
  const place = flag === '--cache-from' ? 'src' : 'dest';
  const path = resolve(cwd, attrs[place] ?? '');
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new BxError('input', `${flag} ${value}: ${path} is a file, where a directory is needed`, {
      hint: `Name another: ${place}=DIR`,
    });
  }
  return { type, attrs: { ...attrs, [place]: path } };
}

function refusal(type: string, name: string, text: string): string | null {
  const known = ATTRIBUTES[type] ?? [];
  if (!known.includes(name)) {
    const near = nearestName(name, known);
    const all = known.length === 0 ? `type=${type} takes none` : `type=${type} takes ${known.join(', ')}`;
    return `unknown attribute "${name}", ${near === null ? all : `did you mean ${near}?`}`;
  }
  if (text === WITHHELD) return `${name} was left out of what a session keeps of its command line: give it again`;
  const choices = CHOICES[name];
  if (choices && !choices.includes(text)) return `${name} is "${text}", and must be ${choices.join(' or ')}`;
  if (BOOLEANS.includes(name) && parseGoBoolean(text) === null) return `${name} is "${text}", and must be true or false`;
  if (name === 'compression-level' && !/^\d+$/.test(text)) return `${name} is "${text}", and must be a whole number`;
  return null;
}
