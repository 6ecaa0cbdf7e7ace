/** What opens a session's entrance. Apart from it, because clients do without cryptography. */
import { randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;

/** A new one each time, in hexadecimal. */
export function makeToken(): string {
  return randomBytes(TOKEN_BYTES).toString('hex');
}
