/** Where an engine is reached. Found by `resolveEndpoints`; the transports are the engine's. Plain JSON. */
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
  /** As people write it: `unix:///var/run/docker.sock`, `npipe:////./pipe/docker_engine`, `tcp://host:2376`, `ssh://me@host`, `docker-container://NAME`. */
  readonly address: string;
  /** `DOCKER_HOST`, `docker context "work"`, `default socket` … */
  readonly source: string;
  readonly tls: TlsMaterial | null;
  /** Of a `docker-container://` address: the Docker Engine that runs the container. */
  readonly host?: Endpoint;
  /** Of a builder that buildx has made: its node, as buildx has written it down. */
  readonly node?: BuilderNode;
}

/** A node of a buildx builder: enough to find it, and to start its container or its deployment as buildx does. */
export interface BuilderNode {
  readonly builder: string;
  readonly name: string;
  /** Those that it was given by hand: `linux/arm64`. */
  readonly platforms: readonly string[];
  /** Arguments of its buildkitd. */
  readonly flags: readonly string[];
  readonly driverOpts: Readonly<Record<string, string>>;
  /** Below /etc/buildkit in its container, in base64, by their paths. */
  readonly files: Readonly<Record<string, string>>;
  /** What is to be built, by which a deployment's pods are chosen: the same one each time, with its cache. */
  readonly subject?: string;
  /** A node that does not run is started; else that is an error. */
  readonly mayStart: boolean;
}

/** An endpoint that did not answer, for the error that lists them all. */
export interface EndpointAttempt {
  readonly endpoint: Endpoint;
  readonly code: ErrorCode;
  readonly message: string;
}
