/** The authorities that this machine trusts, of which Node knows only its own list: where OpenSSL and Go look for them (crypto/x509/root_linux.go). */
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';

const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** In the form of TLS's `ca`. SSL_CERT_FILE stands for the machine's; what NODE_EXTRA_CA_CERTS adds stays, whether Node has read it or not. */
export function systemRoots(env: Readonly<Record<string, string | undefined>>): string[] {
  const places = env.SSL_CERT_FILE ? [env.SSL_CERT_FILE] : BUNDLES;
  const machine = places.map(readText).find((text) => text !== '') ?? '';
  return [...rootCertificates, machine, env.NODE_EXTRA_CA_CERTS ? readText(env.NODE_EXTRA_CA_CERTS) : ''].filter(
    (text) => text !== '',
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
