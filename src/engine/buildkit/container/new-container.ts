/** NewContainer and ReleaseContainer, made safe: who stops waiting for a locked cache must not get the lock later and keep it. */
import { randomBytes } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { BxError } from '../../../platform/errors.js';
import { shortenHostPaths } from '../failure-text.js';
import type { Gateway } from '../gateway.js';
import type { NewContainerRequestSchema } from '../proto/gen/gateway_pb.js';

export type ContainerRequest = Omit<MessageInitShape<typeof NewContainerRequestSchema>, 'ContainerID' | '$typeName'>;

/** After an aborted call the engine may still be on its way to the container; it is given back as soon as it is there. */
const RELEASE_RETRY_MS = [0, 100, 500, 2_000, 10_000];

/** The new container's id. Throws `BxError`: 'engine' with the engine's words, 'cancelled' after `signal`. */
export async function newContainer(gateway: Gateway, request: ContainerRequest, signal: AbortSignal): Promise<string> {
  const id = `bxtui${randomBytes(12).toString('hex')}`;
  try {
    await gateway.bridge.newContainer({ ...request, ContainerID: id }, { signal });
    return id;
  } catch (error) {
    if (signal.aborted) {
      void releaseLate(gateway, id);
      throw new BxError('cancelled', 'opening the container was cancelled', { cause: error });
    }
    const message = error instanceof ConnectError ? error.rawMessage : String(error);
    throw new BxError('engine', `the container could not be made: ${shortenHostPaths(message)}`, { cause: error });
  }
}

/** Gives it back. Never throws: the engine answers with the status of what ran in it, and a lost connection has freed it already. */
export async function releaseContainer(gateway: Gateway, id: string): Promise<void> {
  await gateway.bridge.releaseContainer({ ContainerID: id }).catch(() => undefined);
}

async function releaseLate(gateway: Gateway, id: string): Promise<void> {
  for (const delayMs of RELEASE_RETRY_MS) {
    await new Promise((resolve) => setTimeout(resolve, delayMs).unref());
    try {
      await gateway.bridge.releaseContainer({ ContainerID: id });
      return;
    } catch (error) {
      if (error instanceof ConnectError && (error.code === Code.Unavailable || error.code === Code.Canceled)) return;
    }
  }
}
