/** What a TLS connection to an endpoint goes by, read once for all of its connections: to parse some hundred certificates takes a tenth of a second. */
import { createSecureContext, type SecureContext } from 'node:tls';
import type { TlsMaterial } from '../../builders/endpoint.js';
import { systemRoots } from './system-roots.js';

const contexts = new WeakMap<TlsMaterial, SecureContext>();

/** Where nobody has named an authority, this machine's are trusted, as by docker (Go's crypto/tls). Throws for what is no certificate or key. */
export function secureContextOf(material: TlsMaterial): SecureContext {
  const known = contexts.get(material);
  if (known !== undefined) return known;
  const { ca, cert, key, skipVerify } = material;
  const context = createSecureContext({
    ca: ca ?? (skipVerify ? undefined : systemRoots(process.env)),
    ...(cert !== null && { cert }),
    ...(key !== null && { key }),
    minVersion: 'TLSv1.2',
  });
  contexts.set(material, context);
  return context;
}
