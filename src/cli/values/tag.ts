/** `--tag NAME[:TAG]`, checked before anything runs: a wrong name would fail only when the whole build is done. */
import { BxError } from '../../platform/errors.js';

const DOMAIN = /^(?:localhost|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]+)?|\[[a-fA-F0-9:]+\](?::[0-9]+)?)$/;
const PATH_PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[\w][\w.-]{0,127}$/;

/** The reference as written. Grammar of the distribution project's image references. Throws `BxError('usage')`. */
export function checkTag(value: string): string {
  const slash = value.lastIndexOf('/');
  const colon = value.indexOf(':', slash + 1);
  const name = colon < 0 ? value : value.slice(0, colon);
  const tag = colon < 0 ? null : value.slice(colon + 1);
  const parts = name.split('/');
  const first = parts[0]!;
  const hasDomain = parts.length > 1 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const path = hasDomain ? parts.slice(1) : parts;
  if (path.some((part) => part !== part.toLowerCase())) throw tagError(value, 'the name must be in lower case');
  if (value.includes('@')) throw tagError(value, 'a digest cannot be given');
  const isValid =
    (!hasDomain || DOMAIN.test(first)) && path.every((part) => PATH_PART.test(part)) && (tag === null || TAG.test(tag));
  if (!isValid) throw tagError(value, 'not a valid image reference');
  return value;
}

function tagError(value: string, what: string): BxError {
  return new BxError('usage', `invalid --tag "${value}": ${what}`, { hint: 'For example: -t registry.example.com/team/app:1.0' });
}
