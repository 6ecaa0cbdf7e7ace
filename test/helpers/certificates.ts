/** Certificates made for a test, in the files that docker has them in: ca.pem, cert.pem, key.pem. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture, which } from '../setup/command.mjs';
import { testDirectory } from './session-root.js';

export interface Authority {
  /** A directory with the authority's certificate, and one of `name` that it has signed. */
  issue(name: string, options?: { readonly days?: number; readonly subject?: string }): string;
}

export const hasOpenssl = which('openssl') !== null;

/** A certificate authority; those it issues are good for 127.0.0.1 unless `subject` (a subjectAltName) says otherwise. */
export function createAuthority(): Authority {
  const dir = testDirectory();
  const inside = (file: string): string => join(dir, file);
  openssl(
    'req',
    '-x509',
    ...KEY,
    '-keyout',
    inside('ca-key.pem'),
    '-out',
    inside('ca.pem'),
    '-days',
    '2',
    '-subj',
    '/CN=test-ca',
  );
  return {
    issue(name, { days = 2, subject = 'IP:127.0.0.1' } = {}) {
      const target = inside(name);
      mkdirSync(target);
      const [key, request, extensions] = ['key.pem', 'request.pem', 'extensions'].map((file) => join(target, file));
      openssl('req', ...KEY, '-keyout', key!, '-out', request!, '-subj', `/CN=${name}`);
      writeFileSync(extensions!, `subjectAltName=${subject}\nextendedKeyUsage=serverAuth,clientAuth\n`);
      const signer = ['-CA', inside('ca.pem'), '-CAkey', inside('ca-key.pem'), '-CAcreateserial', '-extfile', extensions!];
      openssl('x509', '-req', '-in', request!, ...signer, '-days', String(days), '-out', join(target, 'cert.pem'));
      capture('cp', [inside('ca.pem'), target]);
      return target;
    },
  };
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(...args: string[]): void {
  const { status, output } = capture('openssl', args);
  if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${output}`);
}
