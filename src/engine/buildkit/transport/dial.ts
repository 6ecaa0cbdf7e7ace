/** Reaches an endpoint: the streams on which HTTP/2 is spoken with its BuildKit, and the Engine API beside it. */
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../../../builders/endpoint.js';
import { BxError } from '../../../platform/errors.js';
import { describeEndpoint } from '../../shared/connect-error.js';
import { answerTimeoutMs, openSocket } from '../../shared/open-socket.js';
import { type RawHeaders, upgradeSocket } from './upgrade.js';

/**
 * A stream on which HTTP/2 with prior knowledge is spoken and we are the client: `POST /grpc` of the Engine API, or buildkitd's own
 * socket. Throws `BxError('endpoint')` naming address, cause and next step within 5 s (10 s through a program), `BxError('cancelled')` after `signal`.
 */
export async function dialGrpc(endpoint: Endpoint, signal: AbortSignal): Promise<Duplex> {
  if (endpoint.kind === 'docker') return dialHijacked(endpoint, '/grpc', [], signal);
  return openSocket(endpoint, signal, { alpn: ['h2'] });
}

/** A stream on which the engine is the client of our session (`POST /session`). Only a Docker Engine has this form. */
export async function dialSession(endpoint: Endpoint, headers: RawHeaders, signal: AbortSignal): Promise<Duplex> {
  if (endpoint.kind !== 'docker') {
    throw new BxError('internal', `${describeEndpoint(endpoint)} is no Docker Engine: its session goes through Control.Session`);
  }
  return dialHijacked(endpoint, '/session', headers, signal);
}

async function dialHijacked(endpoint: Endpoint, path: string, headers: RawHeaders, signal: AbortSignal): Promise<Duplex> {
  const begunMs = performance.now();
  const stream = await openSocket(endpoint, signal);
  const timeoutMs = Math.max(500, Math.round(answerTimeoutMs(endpoint) - (performance.now() - begunMs)));
  return upgradeSocket(stream, endpoint, path, headers, signal, timeoutMs);
}
