/** Whole numbers as docker's flags take them (Go, strconv.ParseInt with base 0): `512`, `-1`, `0x10`, `0o17`, `017`, `0b11`, `1_000`. */
import { BxError } from '../../platform/errors.js';

const BASES: Readonly<Record<string, number>> = { x: 16, o: 8, b: 2 };
const DIGITS: Readonly<Record<number, RegExp>> = { 2: /^[01]+$/, 8: /^[0-7]+$/, 10: /^\d+$/, 16: /^[\da-f]+$/ };

/** Throws `BxError('usage')` that names `flag`, with `example` as a value that it takes. */
export function parseGoInteger(value: string, flag: string, example: string): number {
  const number = read(value.toLowerCase());
  if (Number.isSafeInteger(number)) return number;
  throw new BxError('usage', `invalid ${flag} "${value}": not a whole number`, { hint: `For example: ${flag} ${example}` });
}

function read(text: string): number {
  const [, sign = '', prefix = '', body = ''] = /^([+-]?)(0[xob]?(?=.))?(.+)$/.exec(text) ?? [];
  const base = prefix === '' ? 10 : (BASES[prefix[1] ?? 'o'] ?? 8);
  // An underscore stands between digits, or between the prefix and them.
  const isGrouped = /__|_$/.test(body) || (prefix === '' && body.startsWith('_'));
  const digits = body.replaceAll('_', '');
  if (isGrouped || !DIGITS[base]?.test(digits)) return Number.NaN;
  const number = Number.parseInt(digits, base);
  return sign === '-' && number !== 0 ? -number : number;
}
