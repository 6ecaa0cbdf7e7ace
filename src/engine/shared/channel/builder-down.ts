/** A builder of buildx whose container does not run, where whoever dialed it may start it: what is needed for that. */
import type { BuilderNode, Endpoint } from '../../../builders/endpoint.js';
import { BxError } from '../../../platform/errors.js';
import type { EngineApi } from '../engine-api.js';

export interface BuilderPlace {
  readonly endpoint: Endpoint;
  /** Of the engine that the container is on. */
  readonly api: EngineApi;
  readonly container: string;
  readonly node: BuilderNode;
}

export class BuilderDownError extends BxError {
  constructor(
    readonly place: BuilderPlace,
    /** There is no container; else it does not run. */
    readonly isGone: boolean,
    error: BxError,
  ) {
    super('endpoint', error.message, { ...(error.hint != null && { hint: error.hint }) });
  }
}
