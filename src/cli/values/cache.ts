/** `--cache-from` and `--cache-to`: `REF`, or `type=registry,ref=REF`, `type=inline`. */
import type { CacheSpec } from '../../engine/engine.js';
import { BxError } from '../../platform/errors.js';
import { parseCsvPairs, parseCsvRecord } from './csv-record.js';

type CacheFlag = '--cache-from' | '--cache-to';

/** Types that the client has a part in, or that want what only their places have. */
const LATER = new Set(['local', 'gha', 's3', 'azblob']);
const TYPES: Readonly<Record<CacheFlag, readonly string[]>> = {
  '--cache-from': ['registry'],
  '--cache-to': ['registry', 'inline'],
};

/** Without an equals sign a value is references, separated by commas. Throws `BxError('usage')`. */
export function parseCaches(values: readonly string[], flag: CacheFlag): CacheSpec[] {
  return values.flatMap((value) => {
    if (value === '') return [];
    if (value.includes('=')) return [parseCache(value, flag)];
    return parseCsvRecord(value).map((ref) => ({ type: 'registry', attrs: { ref } }));
  });
}

function parseCache(value: string, flag: CacheFlag): CacheSpec {
  const { type, ...attrs } = Object.fromEntries(parseCsvPairs(value, flag));
  const hint = `The types are ${TYPES[flag].join(' and ')}. For example: ${flag} type=registry,ref=registry.example.com/app:cache`;
  if (type === undefined || type === '') throw new BxError('usage', `${flag} ${value}: type is required`, { hint });
  if (LATER.has(type)) throw new BxError('usage', `${flag} type=${type} is not supported yet`, { hint });
  if (!TYPES[flag].includes(type)) throw new BxError('usage', `${flag} ${value}: unknown type "${type}"`, { hint });
  if (type === 'registry' && !attrs.ref) throw new BxError('usage', `${flag} ${value}: type=registry needs ref=REF`, { hint });
  return { type, attrs };
}
