/** `--allow ENTITLEMENT`: what the steps of a build may have beyond the usual. */
import { BxError } from '../../platform/errors.js';

/** Throws `BxError('usage')`. The names are those of BuildKit, util/entitlements. */
export function parseEntitlements(values: readonly string[]): string[] {
  return values.filter((value) => value !== '').map(checkEntitlement);
}

function checkEntitlement(value: string): string {
  if (value === 'network.host' || value === 'security.insecure' || value === 'device' || value.startsWith('device='))
    return value;
  throw new BxError('usage', `invalid --allow "${value}": unknown entitlement`, {
    hint: 'It must be network.host, security.insecure or device[=NAME].',
  });
}
