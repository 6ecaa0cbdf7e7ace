/** Where an engine is reached. Found by `resolveEndpoints`; the transports are the engine's. */
import type { ErrorCode } from '../platform/errors.js';

export interface TlsMaterial {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  /** Do not verify the server (docker's SkipTLSVerify). */
  readonly skipVerify: boolean;
  readonly serverName: string | null;
}

export interface Endpoint {
  /** docker: an Engine API, whose BuildKit is reached through the hijacked /grpc. buildkitd: plain HTTP/2. */
  readonly kind: 'docker' | 'buildkitd';
  /** As people write it: `unix:///var/run/docker.sock`, `tcp://host:2376`. */
  readonly address: string;
  /** `DOCKER_HOST`, `docker context "work"`, `default socket` … */
  readonly source: string;
  readonly tls: TlsMaterial | null;
}

/** An endpoint that did not answer, for the error that lists them all. */
export interface EndpointAttempt {
  readonly endpoint: Endpoint;
  readonly code: ErrorCode;
  readonly message: string;
}
