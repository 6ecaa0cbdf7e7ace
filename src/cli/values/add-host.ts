/** `--add-host HOST:IP`, `HOST=IP`, `HOST=[IPv6]`, `HOST:host-gateway`: lines of /etc/hosts in each RUN. */
import { isIP } from 'node:net';
import { HOST_GATEWAY, type HostEntry } from '../../engine/engine.js';
import { BxError } from '../../platform/errors.js';
import { parseCsvRecord } from './csv-record.js';

const HINT = 'For example: --add-host db:10.0.0.5, --add-host db=[::1], or --add-host host.docker.internal:host-gateway';

/**
 * One flag may have several, separated by commas; a quoted field may give one host several addresses. The equals sign counts before the
 * colon (docker/buildx, build/utils.go). Throws `BxError('usage')`.
 */
export function parseAddHosts(value: string): HostEntry[] {
  return parseCsvRecord(value).flatMap((field) => {
    const at = field.includes('=') ? field.indexOf('=') : field.indexOf(':');
    const host = at < 0 ? '' : field.slice(0, at);
    const addresses = at < 0 ? '' : field.slice(at + 1);
    if (host === '' || addresses === '') throw invalid(field, 'must be HOST:IP or HOST=IP');
    if (/\s/.test(host)) throw invalid(field, 'a host has no spaces in its name');
    if (addresses === HOST_GATEWAY) return [{ host, ip: HOST_GATEWAY }];
    return addresses.split(',').map((text) => {
      const ip = text.length > 2 && text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
      if (isIP(ip) === 0) throw invalid(field, `"${text}" is neither an IP address nor ${HOST_GATEWAY}`);
      return { host, ip };
    });
  });
}

function invalid(field: string, what: string): BxError {
  return new BxError('usage', `invalid --add-host "${field}": ${what}`, { hint: HINT });
}
