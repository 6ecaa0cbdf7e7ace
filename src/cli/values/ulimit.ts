/** `--ulimit TYPE=SOFT[:HARD]`: limits of the commands in each RUN. */
import type { Ulimit } from '../../engine/engine.js';
import { BxError } from '../../platform/errors.js';

/** The types of docker/go-units, ulimit.go. */
const TYPES = [
  ...['core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc', 'rss', 'rtprio', 'rttime'],
  ...['sigpending', 'stack'],
];

/** Of one type the last counts. Throws `BxError('usage')`. */
export function parseUlimits(values: readonly string[]): Ulimit[] {
  const byName = new Map(values.map((value) => parseUlimit(value)).map((limit) => [limit.name, limit]));
  return [...byName.values()];
}

function parseUlimit(value: string): Ulimit {
  const [name = '', limits, ...rest] = value.split('=');
  if (limits === undefined || rest.length > 0) throw invalid(value, 'must be TYPE=SOFT[:HARD]');
  if (!TYPES.includes(name)) throw invalid(value, `unknown type "${name}", must be one of ${TYPES.join(', ')}`);
  const parts = limits.split(':');
  if (parts.length > 2) throw invalid(value, 'too many limits, at most SOFT:HARD');
  const [soft, hard = soft] = parts.map((part) => readNumber(value, part)) as [number, number?];
  if (hard !== -1 && (soft === -1 || soft > hard)) {
    throw invalid(value, `the soft limit (${soft === -1 ? 'unlimited' : soft}) is above the hard one (${hard})`);
  }
  return { name, soft, hard };
}

function readNumber(value: string, part: string): number {
  const number = /^[+-]?\d+$/.test(part) ? Number(part) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw invalid(value, `"${part}" is not a number`);
  return number;
}

function invalid(value: string, what: string): BxError {
  return new BxError('usage', `invalid --ulimit "${value}": ${what}`, { hint: 'For example: --ulimit nofile=1024:2048' });
}
