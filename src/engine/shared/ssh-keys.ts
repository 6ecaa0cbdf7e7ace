/**
 * Private keys of ssh out of files, without a passphrase: OpenSSH's own format (openssh-portable, PROTOCOL.key) and PEM. What is read is
 * for an agent to sign with; it must go nowhere else. The parser of the ssh2 package knows no PKCS#8, which openssl writes and docker takes.
 */
import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { BxError } from '../../platform/errors.js';
import { reasonOf } from '../../platform/reason.js';

export interface SshKey {
  /** `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256` … */
  readonly algorithm: string;
  readonly key: KeyObject;
  /** The public key as it is sent (RFC 4253, section 6.6). */
  readonly blob: Buffer;
}

/** What docker reads of such a file (moby/buildkit, session/sshforward/sshprovider). */
const LIMIT_BYTES = 100 * 1024;

const MAGIC = Buffer.from('openssh-key-v1\0');
const CURVES: Readonly<Record<string, string>> = { nistp256: 'P-256', nistp384: 'P-384', nistp521: 'P-521' };

/** Throws `BxError('input')` for what cannot be read, is no such key, or is protected by a passphrase. */
export function readSshKey(path: string): SshKey {
  const text = readKeyFile(path);
  try {
    const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END OPENSSH PRIVATE KEY-----/.exec(text)?.[1];
    if (body !== undefined) return keyOf(readOpenSsh(Buffer.from(body, 'base64')));
    if (/ENCRYPTED/.test(text)) throw new Protected();
    return keyOf(createPrivateKey(text));
  } catch (error) {
    if (error instanceof Protected) {
      throw new BxError('input', `the ssh key ${path} is protected by a passphrase`, {
        hint: `Let an agent hold it: ssh-add ${path}, then --ssh default`,
      });
    }
    throw new BxError('input', `${path} is no private key that can be used: ${reasonOf(error)}`, {
      hint: 'It may be an ed25519, RSA or ECDSA key of ssh-keygen or in PEM, or the socket of an agent.',
      cause: error,
    });
  }
}

class Protected extends Error {}

function readKeyFile(path: string): string {
  try {
    const fd = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(Math.min(fstatSync(fd).size, LIMIT_BYTES));
      return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)).toString('latin1');
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw new BxError('input', `the ssh key ${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

function readOpenSsh(file: Buffer): KeyObject {
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error('it does not begin as one');
  const outer = new SshReader(file.subarray(MAGIC.length));
  const [cipher, kdf] = [outer.text(), outer.text()];
  outer.bytes();
  if (outer.number() !== 1) throw new Error('it holds several keys');
  outer.bytes();
  if (cipher !== 'none' || kdf !== 'none') throw new Protected();
  const inner = new SshReader(outer.bytes());
  const check = inner.number();
  if (inner.number() !== check) throw new Error('it is damaged');
  const algorithm = inner.text();
  return createPrivateKey({ key: readJwk(algorithm, inner), format: 'jwk' });
}

/** As a JSON web key (RFC 7517, RFC 8037), which is what Node takes numbers of a key in. */
function readJwk(algorithm: string, reader: SshReader): JsonWebKey {
  if (algorithm === 'ssh-ed25519') {
    const x = reader.bytes();
    return { kty: 'OKP', crv: 'Ed25519', x: url(x), d: url(reader.bytes().subarray(0, 32)) };
  }
  if (algorithm === 'ssh-rsa') {
    const [n, e, d, qi, p, q] = [
      reader.integer(),
      reader.integer(),
      reader.integer(),
      reader.integer(),
      reader.integer(),
      reader.integer(),
    ];
    const rest = (prime: Buffer): Buffer => bigBytes(bigOf(d) % (bigOf(prime) - 1n));
    return { kty: 'RSA', n: url(n), e: url(e), d: url(d), p: url(p), q: url(q), dp: url(rest(p)), dq: url(rest(q)), qi: url(qi) };
  }
  const curve = CURVES[/^ecdsa-sha2-(\w+)$/.exec(algorithm)?.[1] ?? ''];
  if (curve === undefined) throw new Error(`it is of the kind ${algorithm}`);
  reader.text();
  const point = reader.bytes();
  if (point[0] !== 4) throw new Error('its point is compressed');
  const size = (point.length - 1) / 2;
  const d = reader.integer();
  const padded = Buffer.concat([Buffer.alloc(Math.max(0, size - d.length)), d]);
  return { kty: 'EC', crv: curve, x: url(point.subarray(1, 1 + size)), y: url(point.subarray(1 + size)), d: url(padded) };
}

function keyOf(key: KeyObject): SshKey {
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  const part = (name: 'x' | 'y' | 'n' | 'e'): Buffer => Buffer.from(String(jwk[name]), 'base64url');
  if (key.asymmetricKeyType === 'ed25519') {
    return { algorithm: 'ssh-ed25519', key, blob: Buffer.concat([sshString('ssh-ed25519'), sshString(part('x'))]) };
  }
  if (key.asymmetricKeyType === 'rsa') {
    return {
      algorithm: 'ssh-rsa',
      key,
      blob: Buffer.concat([sshString('ssh-rsa'), sshInteger(part('e')), sshInteger(part('n'))]),
    };
  }
  const curve = Object.keys(CURVES).find((name) => CURVES[name] === jwk.crv);
  if (curve === undefined) throw new Error(`it is of the kind ${key.asymmetricKeyType}`);
  const algorithm = `ecdsa-sha2-${curve}`;
  const point = Buffer.concat([Buffer.from([4]), part('x'), part('y')]);
  return { algorithm, key, blob: Buffer.concat([sshString(algorithm), sshString(curve), sshString(point)]) };
}

/** The types of ssh's messages (RFC 4251, section 5). */
export class SshReader {
  #at = 0;
  readonly #data: Buffer;

  constructor(data: Buffer) {
    this.#data = data;
  }

  number(): number {
    this.#at += 4;
    return this.#data.readUInt32BE(this.#at - 4);
  }

  bytes(): Buffer {
    const length = this.number();
    if (this.#at + length > this.#data.length) throw new Error('it is cut off');
    this.#at += length;
    return this.#data.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return this.bytes().toString('latin1');
  }

  /** Without the zero that says it is not negative. */
  integer(): Buffer {
    const bytes = this.bytes();
    const first = bytes.findIndex((byte) => byte !== 0);
    return first < 0 ? Buffer.from([0]) : bytes.subarray(first);
  }
}

export function sshString(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A number that is not negative. */
export function sshInteger(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const plain = first < 0 ? new Uint8Array() : bytes.subarray(first);
  return sshString((plain[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), plain]) : plain);
}

const url = (bytes: Buffer): string => bytes.toString('base64url');

function bigOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

function bigBytes(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}
