/** The authorities that this machine trusts, of which Node knows only its own list: where OpenSSL and Go look for them (crypto/x509/root_linux.go). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';

type Env = Readonly<Record<string, string | undefined>>;

const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
/** Of single certificates; read where there is no bundle, for they hold the same. */
const DIRECTORIES = ['/etc/ssl/certs', '/etc/pki/tls/certs'];

/**
 * In the form of TLS's `ca`. SSL_CERT_FILE stands for the machine's bundle, SSL_CERT_DIR (several, with colons between) for its directories; what
 * NODE_EXTRA_CA_CERTS adds stays, whether Node has read it or not.
 */
export function systemRoots(env: Env): string[] {
  const bundles = env.SSL_CERT_FILE ? [env.SSL_CERT_FILE] : BUNDLES;
  const bundle = bundles.map(readCertificates).find((text) => text !== '');
  const named = env.SSL_CERT_DIR?.split(':').filter((path) => path !== '') ?? [];
  const directories = named.length > 0 || bundle !== undefined ? named : DIRECTORIES;
  const extra = env.NODE_EXTRA_CA_CERTS ? readCertificates(env.NODE_EXTRA_CA_CERTS) : '';
  return [...rootCertificates, bundle ?? '', ...directories.flatMap(certificatesIn), extra].filter((text) => text !== '');
}

/** Variables that name authorities where no certificate can be read, as `NAME=VALUE`. */
export function variablesWithoutRoots(env: Env): string[] {
  const isEmpty: Readonly<Record<string, (value: string) => boolean>> = {
    SSL_CERT_FILE: (file) => readCertificates(file) === '',
    SSL_CERT_DIR: (directories) => directories.split(':').flatMap(certificatesIn).length === 0,
    NODE_EXTRA_CA_CERTS: (file) => readCertificates(file) === '',
  };
  return Object.entries(isEmpty).flatMap(([name, test]) => (env[name] && test(env[name]) ? [`${name}=${env[name]}`] : []));
}

function certificatesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .map((name) => readCertificates(join(directory, name)))
      .filter((text) => text !== '');
  } catch {
    return [];
  }
}

function readCertificates(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    return text.includes('-----BEGIN') ? text : '';
  } catch {
    return '';
  }
}
