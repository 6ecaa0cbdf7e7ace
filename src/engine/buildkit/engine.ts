/** BuildKit as an engine: connects, tells what it found, starts runs and gives everything back. */
import type { Endpoint } from '../../builders/endpoint.js';
import type { EngineEvent } from '../../core/events.js';
import type { BuildRequest, BuildRun, Engine } from '../engine.js';
import { isFar } from '../shared/address.js';
import { BuilderDownError } from '../shared/channel/builder-down.js';
import { connectTimeout } from '../shared/connect-error.js';
import { startFetchedRun } from '../shared/fetched-run.js';
import { type LineWatchOptions, watchLine } from '../shared/line-watch.js';
import { answerTimeoutMs } from '../shared/open-socket.js';
import { withProxyArgs } from '../shared/proxy-args.js';
import { createReleaseWatch } from './container/release-watch.js';
import { wantedOutputs } from './engine-exports.js';
import { readEngineFacts } from './engine-facts.js';
import type { EngineLink } from './engine-link.js';
import { fetchedDockerfile } from './fetched-dockerfile.js';
import { cacheExports } from './frontend-options.js';
import { withLocalCaches } from './local-caches.js';
import { StatusResponseSchema } from './proto/gen/control_pb.js';
import { startRun } from './run.js';
import { readStatus } from './status-message.js';
import {
  connectHttp2,
  createEngineTransport,
  describeEndpoint,
  dialGrpc,
  type Http2Connection,
  openSpareSocket,
} from './transport/index.js';
import { readEngineVersion } from './version.js';

const READERS = new Map([[StatusResponseSchema, readStatus]]);

/** How long an endpoint may take for its first answers, beyond the dialing. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Connects to the BuildKit of a Docker Engine or to a buildkitd. A builder that may be started is started, which is told as events. Throws
 * `BxError('endpoint' | 'cancelled')`.
 */
export async function connectBuildKit(
  endpoint: Endpoint,
  signal: AbortSignal,
  imageStores: EngineLink['imageStores'],
  tell: (event: EngineEvent) => void,
): Promise<Engine> {
  try {
    return await connectOnce(endpoint, signal, imageStores);
  } catch (error) {
    if (!(error instanceof BuilderDownError)) throw error;
    const { bootBuilder } = await import('../shared/channel/boot-builder.js');
    await bootBuilder(error, tell, signal);
    return connectOnce(endpoint, signal, imageStores);
  }
}

async function connectOnce(endpoint: Endpoint, signal: AbortSignal, imageStores: EngineLink['imageStores']): Promise<Engine> {
  const failed = new AbortController();
  // It has a connection of its own, so it need not wait for this one.
  const version = endpoint.kind === 'docker' ? readEngineVersion(endpoint, AbortSignal.any([signal, failed.signal])) : null;
  const spareSocket = endpoint.kind === 'docker' && isFar(endpoint) ? openSpareSocket(endpoint, signal) : null;
  let connection: Http2Connection | null = null;
  try {
    connection = connectHttp2(await dialGrpc(endpoint, signal), describeEndpoint(endpoint));
    const transport = createEngineTransport(connection, READERS);
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)]);
    const facts = readEngineFacts(endpoint, transport, version, deadline, CONNECT_TIMEOUT_MS);
    facts.catch(() => undefined);
    await readyInTime(connection, endpoint);
    // No capability tells of it: BuildKit has learned both at the same time.
    const known = await facts;
    const releaseWatch = known.capabilities.signals.isAvailable ? null : createReleaseWatch(endpoint, connection);
    return createEngine({ endpoint, connection, transport, facts: known, spareSocket, releaseWatch, imageStores });
  } catch (error) {
    failed.abort();
    spareSocket?.dispose();
    await connection?.close();
    throw error;
  }
}

/** Whatever listens there: HTTP/2 begins with settings from both sides. */
async function readyInTime(connection: Http2Connection, endpoint: Endpoint): Promise<void> {
  const timeoutMs = answerTimeoutMs(endpoint);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(connectTimeout(endpoint, timeoutMs, 'it takes the connection and says nothing')), timeoutMs);
  });
  await Promise.race([connection.ready, late]).finally(() => clearTimeout(timer));
}

/** HTTP/2's own question and answer (RFC 9113, 6.7): the engine's program need not be able to do anything for it. */
function lifeSigns({ session, socket }: Http2Connection): LineWatchOptions {
  return {
    ask: () =>
      new Promise((resolve, reject) => {
        const isSent = session.ping((error) => (error ? reject(error) : resolve(undefined)));
        if (!isSent) reject(new Error('the connection has ended'));
      }),
    heardBytes: () => (socket as { bytesRead?: number }).bytesRead ?? 0,
    onLost: (silentMs) => void socket.destroy(new Error(`nothing has come for ${Math.round(silentMs / 1000)} s`)),
  };
}

async function* precededBy(told: readonly EngineEvent[], events: AsyncIterable<EngineEvent>): AsyncIterable<EngineEvent> {
  yield* told;
  yield* events;
}

function createEngine(link: EngineLink): Engine {
  const { endpoint, connection, facts } = link;
  const runs = new Set<BuildRun>();
  const watch = isFar(endpoint) ? watchLine(lifeSigns(connection)) : null;
  void connection.lost.then(() => watch?.stop());
  let disposing: Promise<void> | null = null;
  return {
    summary: {
      name: facts.name,
      kind: 'buildkit',
      address: endpoint.address,
      source: endpoint.source,
      capabilities: facts.capabilities,
    },
    lost: connection.lost,
    onLine: (listener) => watch?.onLine(listener),
    build(request) {
      // What this engine cannot write is told before anything is begun.
      wantedOutputs(request, facts);
      cacheExports(request, facts);
      const { request: ready, told } = withLocalCaches(request);
      const asked = withProxyArgs(ready, endpoint.address);
      const { url } = asked.dockerfile;
      const start = (whole: BuildRequest): BuildRun => startRun(link, whole);
      const run = url === undefined ? start(asked) : startFetchedRun(asked, { ...fetchedDockerfile(link, asked, url), start });
      runs.add(run);
      return {
        ...run,
        events: told.length === 0 ? run.events : precededBy(told, run.events),
        dispose: () => run.dispose().finally(() => runs.delete(run)),
      };
    },
    dispose() {
      watch?.stop();
      link.spareSocket?.dispose();
      disposing ??= Promise.allSettled([...runs].map((run) => run.dispose())).then(() => connection.close());
      return disposing;
    },
  };
}
