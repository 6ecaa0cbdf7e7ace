/** What this engine can do, out of what it says of itself; each thing it cannot comes with the reason. */
import type { Endpoint } from '../../builders/endpoint.js';
import type { Capability, CapabilityName } from '../../core/model/index.js';
import type { PongResponse } from './proto/gen/gateway_pb.js';

export type Capabilities = Readonly<Record<CapabilityName, Capability>>;

/** Capability ids of BuildKit's frontend/gateway/pb/caps.go and solver/pb/caps.go. */
const SIGNALS = 'gateway.exec.signals';
const SECRET_ENV = 'gateway.exec.secretenv';
const LIVE_FILES = 'gateway.exec.filesystem';
const WARNINGS = 'gateway.warnings';

/** `engineName` stands in the reasons: `Docker Engine 20.10.24`. */
export function readCapabilities(pong: PongResponse, kind: Endpoint['kind'], engineName: string): Capabilities {
  const frontend = new Set(pong.FrontendAPICaps.filter((cap) => cap.Enabled).map((cap) => cap.ID));
  const need = (isAvailable: boolean, reason: string): Capability => ({
    isAvailable,
    reason: isAvailable ? '' : `${engineName} ${reason}`,
  });
  return {
    // Errors with details came to the gateway together with signals; no capability of their own tells of them.
    failedState: need(frontend.has(SIGNALS), 'does not keep the files that a failed command has written.'),
    signals: need(frontend.has(SIGNALS), 'cannot send a signal to a process in a container.'),
    secretEnv: need(frontend.has(SECRET_ENV), 'cannot pass secrets as environment variables.'),
    // ReadDir, StatFile and ReadFile of results: every BuildKit has them. Not for the results that come with an error.
    files: need(true, ''),
    failedFiles: need(false, 'lets the files that a failed command has left be entered, but not read without a shell.'),
    changes: need(true, ''),
    liveFiles: need(frontend.has(LIVE_FILES), 'cannot read the files of a running container without a process in it.'),
    buildWarnings: need(frontend.has(WARNINGS), 'does not check the Dockerfile for warnings.'),
    // The image exporter of a standalone buildkitd only pushes, or stores where nobody looks.
    imageStore: need(kind === 'docker', 'has no image store.'),
  };
}
