/**
 * An ssh agent inside of this process, for keys that are named on the command line. It lists them and signs, and knows nothing else; the
 * files are read when somebody asks. Message numbers: draft-miller-ssh-agent, sections 5.1 and 5.3.
 */
import { sign } from 'node:crypto';
import { readSshKey, type SshKey, SshReader, sshInteger, sshString } from '../../shared/ssh-keys.js';

const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
const FAILURE = 5;
/** Which hash an RSA key signs with (RFC 8332); without a flag SHA-1, as old servers have it. */
const RSA_SHA2_256 = 2;
const RSA_SHA2_512 = 4;

const HASHES: Readonly<Record<string, string>> = { nistp256: 'sha256', nistp384: 'sha384', nistp521: 'sha512' };

/** Answers one message, its length included in both. Throws `BxError('input')` for a file that can no longer be read. */
export function answerWithKeys(paths: readonly string[], request: Buffer): Buffer {
  const keys = paths.map((path) => readSshKey(path));
  try {
    if (request[4] === REQUEST_IDENTITIES) {
      const count = Buffer.alloc(4);
      count.writeUInt32BE(keys.length);
      // Without a comment, as buildx lists them: where a key lies is nothing that a build has to know.
      const listed = keys.flatMap(({ blob }) => [sshString(blob), sshString('')]);
      return message(IDENTITIES_ANSWER, count, ...listed);
    }
    if (request[4] !== SIGN_REQUEST) return message(FAILURE);
    const reader = new SshReader(request.subarray(5));
    const [blob, data, flags] = [reader.bytes(), reader.bytes(), reader.number()];
    const wanted = keys.find((key) => key.blob.equals(blob));
    return wanted === undefined ? message(FAILURE) : message(SIGN_RESPONSE, sshString(signatureOf(wanted, data, flags)));
  } catch {
    // A request that is cut off, or a key that cannot sign: the program in the container is told no more than that.
    return message(FAILURE);
  }
}

function signatureOf({ algorithm, key }: SshKey, data: Buffer, flags: number): Buffer {
  if (algorithm === 'ssh-ed25519') return Buffer.concat([sshString(algorithm), sshString(sign(null, data, key))]);
  if (algorithm === 'ssh-rsa') {
    const [name, hash] =
      flags & RSA_SHA2_512 ? ['rsa-sha2-512', 'sha512'] : flags & RSA_SHA2_256 ? ['rsa-sha2-256', 'sha256'] : [algorithm, 'sha1'];
    return Buffer.concat([sshString(name), sshString(sign(hash, data, key))]);
  }
  const hash = HASHES[algorithm.slice('ecdsa-sha2-'.length)] ?? 'sha256';
  const both = sign(hash, data, { key, dsaEncoding: 'ieee-p1363' });
  const half = both.length / 2;
  const numbers = Buffer.concat([sshInteger(both.subarray(0, half)), sshInteger(both.subarray(half))]);
  return Buffer.concat([sshString(algorithm), sshString(numbers)]);
}

function message(kind: number, ...parts: readonly Buffer[]): Buffer {
  return sshString(Buffer.concat([Buffer.from([kind]), ...parts]));
}
