/** BuildKit as an engine: connects, tells what it found, starts runs and gives everything back. */
import type { Endpoint } from '../../builders/endpoint.js';
import type { BuildRun, Engine } from '../engine.js';
import { createReleaseWatch } from './container/release-watch.js';
import { readEngineFacts } from './engine-facts.js';
import type { EngineLink } from './engine-link.js';
import { StatusResponseSchema } from './proto/gen/control_pb.js';
import { startRun } from './run.js';
import { readStatus } from './status-message.js';
import { connectHttp2, createEngineTransport, describeEndpoint, dialGrpc, type Http2Connection } from './transport/index.js';
import { readEngineVersion } from './version.js';

const READERS = new Map([[StatusResponseSchema, readStatus]]);

/** How long an endpoint may take for its first answers, beyond the dialing. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Connects to the BuildKit of a Docker Engine or to a buildkitd. Throws `BxError('endpoint' | 'cancelled')`. */
export async function connectBuildKit(
  endpoint: Endpoint,
  signal: AbortSignal,
  imageStores: EngineLink['imageStores'],
): Promise<Engine> {
  const failed = new AbortController();
  // It has a connection of its own, so it need not wait for this one.
  const version = endpoint.kind === 'docker' ? readEngineVersion(endpoint, AbortSignal.any([signal, failed.signal])) : null;
  let connection: Http2Connection | null = null;
  try {
    connection = connectHttp2(await dialGrpc(endpoint, signal), describeEndpoint(endpoint));
    const transport = createEngineTransport(connection, READERS);
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)]);
    const [facts] = await Promise.all([readEngineFacts(endpoint, transport, version, deadline), connection.ready]);
    // No capability tells of it: BuildKit has learned both at the same time.
    const releaseWatch = facts.capabilities.signals.isAvailable ? null : createReleaseWatch(endpoint, connection);
    return createEngine({ endpoint, connection, transport, facts, releaseWatch, imageStores });
  } catch (error) {
    failed.abort();
    await connection?.close();
    throw error;
  }
}

function createEngine(link: EngineLink): Engine {
  const { endpoint, connection, facts } = link;
  const runs = new Set<BuildRun>();
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
    build(request) {
      const run = startRun(link, request);
      runs.add(run);
      return {
        ...run,
        dispose: () => run.dispose().finally(() => runs.delete(run)),
      };
    },
    dispose() {
      disposing ??= Promise.allSettled([...runs].map((run) => run.dispose())).then(() => connection.close());
      return disposing;
    },
  };
}
