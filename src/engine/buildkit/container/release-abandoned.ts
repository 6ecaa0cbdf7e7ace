/** The process at the other end of `release-watch.ts`: waits for the end of the one that has started it, and gives back what that one has left. */
import { createInterface } from 'node:readline';
import type { Endpoint } from '../../../builders/endpoint.js';
import { createGateway } from '../gateway.js';
import { connectHttp2, createEngineTransport, dialGrpc } from '../transport/index.js';
import type { WatchMessage } from './release-watch.js';

const DIAL_WITHIN_MS = 5_000;
/** The engine ends the container at once, and then may wait for the one that is gone before it answers. */
const RELEASE_WITHIN_MS = 3_000;

/** Resolves when its work is done; the connection that it has inherited ends with the process. */
export async function runReleaseAbandoned(): Promise<void> {
  let endpoint: Endpoint | null = null;
  const held = new Map<string, string>();
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line) as WatchMessage;
    if (message.type === 'engine') endpoint = message.endpoint;
    else if (message.type === 'hold') held.set(message.container, message.buildRef);
    else held.delete(message.container);
  }
  if (endpoint === null || held.size === 0) return;
  const connection = connectHttp2(await dialGrpc(endpoint, AbortSignal.timeout(DIAL_WITHIN_MS)));
  const transport = createEngineTransport(connection);
  const releases = [...held].map(([container, buildRef]) => {
    const { bridge } = createGateway(transport, buildRef);
    return bridge.releaseContainer({ ContainerID: container }, { signal: AbortSignal.timeout(RELEASE_WITHIN_MS) });
  });
  await Promise.allSettled(releases);
}
