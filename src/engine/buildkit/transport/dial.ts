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

/** What stands between may forget a connection over which nothing goes. */
const SPARE_FOR_MS = 10_000;

/** A connection made ahead of its use: over a long line the handshake of TCP, TLS or ssh is then behind us. */
export interface SpareSocket {
  /** The connection, at most once; null when there is none (any more). */
  take(): Promise<Duplex | null>;
  dispose(): void;
}

/** Begins to connect at once. What goes wrong with it shows with the connection that is made in its place. */
export function openSpareSocket(endpoint: Endpoint, signal: AbortSignal): SpareSocket {
  const given = new AbortController();
  const timer = setTimeout(() => dispose(), SPARE_FOR_MS);
  timer.unref();
  let opening: Promise<Duplex | null> | null = openSocket(endpoint, AbortSignal.any([signal, given.signal])).then(
    (stream) => stream.on('error', () => undefined),
    () => null,
  );
  function dispose(): void {
    clearTimeout(timer);
    given.abort();
    void opening?.then((stream) => stream?.destroy());
    opening = null;
  }
  return {
    async take() {
      clearTimeout(timer);
      const taken = opening;
      opening = null;
      const stream = await taken;
      return stream?.destroyed ? null : stream;
    },
    dispose,
  };
}

/**
 * A stream on which the engine is the client of our session (`POST /session`), on the spare connection where there is one. Only a Docker Engine
 * has this form.
 */
export async function dialSession(
  endpoint: Endpoint,
  headers: RawHeaders,
  signal: AbortSignal,
  spare: SpareSocket | null = null,
): Promise<Duplex> {
  if (endpoint.kind !== 'docker') {
    throw new BxError('internal', `${describeEndpoint(endpoint)} is no Docker Engine: its session goes through Control.Session`);
  }
  return dialHijacked(endpoint, '/session', headers, signal, spare);
}

async function dialHijacked(
  endpoint: Endpoint,
  path: string,
  headers: RawHeaders,
  signal: AbortSignal,
  spare: SpareSocket | null = null,
): Promise<Duplex> {
  const begunMs = performance.now();
  const timeoutMs = (): number => Math.max(500, Math.round(answerTimeoutMs(endpoint) - (performance.now() - begunMs)));
  const early = (await spare?.take()) ?? null;
  if (early !== null) {
    try {
      return await upgradeSocket(early, endpoint, path, headers, signal, timeoutMs());
    } catch {
      // It may have ended on the way; one that is made now tells what is wrong.
    }
  }
  const stream = await openSocket(endpoint, signal);
  return upgradeSocket(stream, endpoint, path, headers, signal, timeoutMs());
}
