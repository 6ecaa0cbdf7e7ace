/** A size as docker's flags take it: `64m`, `1.5 GiB`, `4096` (docker/go-units, RAMInBytes). */
import { BxError } from '../../platform/errors.js';

const UNITS = ['', 'k', 'm', 'g', 't', 'p'];

/** Units are powers of 1024. Throws `BxError('usage')` that names `flag`. */
export function parseByteSize(value: string, flag: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?|\.\d+) ?(?:([kmgtp])?(?:i?b)?)$/i.exec(value) ?? [];
  const bytes = number === undefined ? Number.NaN : Math.trunc(Number(number) * 1024 ** UNITS.indexOf(unit.toLowerCase()));
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new BxError('usage', `invalid ${flag} "${value}": not a size`, {
    hint: `A number of bytes, or one with k, m or g. For example: ${flag} 64m`,
  });
}
