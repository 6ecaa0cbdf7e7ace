/** A builder of buildx that does not run, where whoever dialed it may start it: what is needed for that. */
import type { BuilderNode, Endpoint } from '../../../builders/endpoint.js';
import { BxError } from '../../../platform/errors.js';
import { describeEndpoint } from '../connect-error.js';
import type { EngineApi } from '../engine-api.js';

interface Place {
  readonly endpoint: Endpoint;
  readonly node: BuilderNode;
}

export interface ContainerPlace extends Place {
  readonly kind: 'container';
  /** Of the engine that the container is on. */
  readonly api: EngineApi;
  readonly container: string;
  /** There is no container; else it does not run. */
  readonly isGone: boolean;
}

export interface DeploymentPlace extends Place {
  readonly kind: 'deployment';
  readonly deployment: string;
  /** Flags of kubectl that lead to its cluster and namespace. */
  readonly scope: readonly string[];
}

export class BuilderDownError extends BxError {
  constructor(
    readonly place: ContainerPlace | DeploymentPlace,
    error: BxError,
  ) {
    super('endpoint', error.message, { ...(error.hint != null && { hint: error.hint }) });
  }
}

/** `next`: what to try, else what buildx does for it. */
export function cannotStart({ endpoint, node }: Place, reason: string, next?: string): BxError {
  const command = next ?? `docker buildx inspect --bootstrap ${node.builder}`;
  return new BxError('endpoint', `cannot start ${describeEndpoint(endpoint)}: ${reason}`, { hint: `Try: ${command}` });
}
