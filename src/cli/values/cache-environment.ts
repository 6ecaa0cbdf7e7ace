/** What docker fills into a cache from the environment (docker/buildx, build/opt.go): what a job on GitHub has, and who one is at AWS. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { CacheSpec } from '../../engine/engine.js';
import { parseGoBoolean } from './go-boolean.js';

type Env = Readonly<Record<string, string | undefined>>;
type Attrs = Record<string, string>;

/** Null: this is no place where there is such a cache, and the same command line is meant for others. */
export function withEnvironment({ type, attrs }: CacheSpec, env: Env): CacheSpec | null {
  if (type === 's3') return { type, attrs: withAwsCredentials(attrs, env) };
  if (type !== 'gha') return { type, attrs };
  const filled = withGithubJob(attrs, env);
  return filled.token && (filled.url || filled.url_v2) ? { type, attrs: filled } : null;
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

/** A key that was given whole is meant without anything of the environment. */
function withAwsCredentials(attrs: CacheSpec['attrs'], env: Env): Attrs {
  if (attrs.access_key_id !== undefined && attrs.secret_access_key !== undefined) return { ...attrs };
  const found = fromVariables(env) ?? fromFiles(env) ?? {};
  return filledIn(attrs, {
    access_key_id: found.aws_access_key_id,
    secret_access_key: found.aws_secret_access_key,
    session_token: found.aws_session_token,
  });
}

function fromVariables(env: Env): Env | null {
  const [id, secret] = [env.AWS_ACCESS_KEY_ID || env.AWS_ACCESS_KEY, env.AWS_SECRET_ACCESS_KEY || env.AWS_SECRET_KEY];
  if (!id || !secret) return null;
  return { aws_access_key_id: id, aws_secret_access_key: secret, aws_session_token: env.AWS_SESSION_TOKEN };
}

/** The two files of AWS's tools; the first goes first, as with them. */
function fromFiles(env: Env): Env | null {
  const profile = env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE || 'default';
  const home = join(env.HOME || homedir(), '.aws');
  const credentials = readSection(env.AWS_SHARED_CREDENTIALS_FILE || join(home, 'credentials'), profile);
  const config = readSection(env.AWS_CONFIG_FILE || join(home, 'config'), profile === 'default' ? profile : `profile ${profile}`);
  return [credentials, config].find((found) => found?.aws_access_key_id && found.aws_secret_access_key) ?? null;
}

/** Null: there is no such file or section. */
function readSection(path: string, name: string): Env | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  let isWanted = false;
  const values: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[\s*(.*?)\s*\]/.exec(line)?.[1];
    if (section !== undefined) isWanted = section.replace(/\s+/g, ' ') === name;
    const [, key, value] = /^([A-Za-z_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (isWanted && key !== undefined) values[key.toLowerCase()] = value ?? '';
  }
  return values;
}

function filledIn(attrs: CacheSpec['attrs'], more: Env): Attrs {
  const found = Object.entries(more).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  return { ...Object.fromEntries(found), ...attrs };
}
