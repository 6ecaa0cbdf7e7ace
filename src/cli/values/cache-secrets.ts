/** What of a cache is nobody else's business: tokens and keys. They go to the engine, and into nothing that is written or shown. */
import type { CacheSpec } from '../../engine/engine.js';
import { parseCsvRecord } from './csv-record.js';

/** What stands for a secret that is not told. */
export const WITHHELD = '[withheld]';

const SECRET_ATTRIBUTES = ['token', 'ghtoken', 'secret_access_key', 'session_token'];

/** Whether they were given or come from the environment. */
export function cacheSecrets(caches: readonly CacheSpec[]): string[] {
  return caches.flatMap(({ attrs }) => SECRET_ATTRIBUTES.flatMap((name) => attrs[name] ?? []));
}

/** A command line with `WITHHELD` for what is secret in its caches. */
export function withoutCacheSecrets(args: readonly string[]): string[] {
  return args.map((arg, at) => {
    if (/^--cache-(?:to|from)$/.test(args[at - 1] ?? '')) return withoutSecrets(arg);
    const [, flag, value] = /^(--cache-(?:to|from)=)(.*)$/s.exec(arg) ?? [];
    return flag === undefined || value === undefined ? arg : `${flag}${withoutSecrets(value)}`;
  });
}

/** Of one `type=TYPE,NAME=VALUE…`. */
export function withoutSecrets(value: string): string {
  if (!SECRET_ATTRIBUTES.some((name) => value.toLowerCase().includes(name))) return value;
  try {
    return parseCsvRecord(value).map(withoutSecret).map(asField).join(',');
  } catch {
    // Where a field ends is not known then.
    return WITHHELD;
  }
}

function withoutSecret(field: string): string {
  const equals = field.indexOf('=');
  const isSecret = SECRET_ATTRIBUTES.includes(field.slice(0, equals).trim().toLowerCase());
  return isSecret ? `${field.slice(0, equals)}=${WITHHELD}` : field;
}

function asField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
