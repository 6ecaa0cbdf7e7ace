/** An engine that is connected to, as the parts of a run see it. */
import type { Transport } from '@connectrpc/connect';
import type { Endpoint } from '../../builders/endpoint.js';
import type { ReleaseWatch } from './container/release-watch.js';
import type { EngineFacts } from './engine-facts.js';
import type { Http2Connection, SpareSocket } from './transport/index.js';

export interface EngineLink {
  readonly endpoint: Endpoint;
  readonly connection: Http2Connection;
  readonly transport: Transport;
  readonly facts: EngineFacts;
  /** For the first session, when the engine is far away. */
  readonly spareSocket: SpareSocket | null;
  /** Null: this engine ends by itself what its client has left. */
  readonly releaseWatch: ReleaseWatch | null;
  /** Docker Engines, to be tried in this order, that keep images in the place of an engine without a store. */
  imageStores(): Promise<readonly Endpoint[]>;
}
