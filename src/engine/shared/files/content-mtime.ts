/** The modification time of bytes that have none: the engine compares size and time to decide whether a file has changed. */
import { createHash } from 'node:crypto';

const BASE_SECONDS = 1_000_000_000n;
const SPREAD_SECONDS = 500_000_000n;

/** Some moment between 2001 and 2017, the same for the same bytes. */
export function contentMtimeNs(bytes: Uint8Array): bigint {
  const digest = createHash('sha256').update(bytes).digest();
  const seconds = BASE_SECONDS + (digest.readBigUInt64BE(0) % SPREAD_SECONDS);
  return seconds * 1_000_000_000n + (digest.readBigUInt64BE(8) % 1_000_000_000n);
}
