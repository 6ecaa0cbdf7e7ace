/**
 * A typed client of one build that is kept open (a gateway build): the control API and the gateway API bound to its reference.
 * It must not interpret answers; errors leave here as Connect's own and are normalised by the caller.
 */
import { type Client, createClient, type Transport } from '@connectrpc/connect';
import { Control } from './proto/gen/control_pb.js';
import { LLBBridge } from './proto/gen/gateway_pb.js';

/** Metadata key by which the engine finds the build that a gateway call belongs to (BuildKit, control/gateway). */
export const BUILD_ID_HEADER = 'buildkit-controlapi-buildid';

export interface Gateway {
  /** `SolveRequest.Ref` of the open build. */
  readonly buildRef: string;
  readonly bridge: Client<typeof LLBBridge>;
  readonly control: Client<typeof Control>;
  /** What every call of this build carries; for streams that are framed by hand. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A client for the build `buildRef`. Calls wait on the engine until `Control.Solve` with this reference has arrived there. */
export function createGateway(transport: Transport, buildRef: string): Gateway {
  return {
    buildRef,
    bridge: createClient(LLBBridge, withHeader(transport, BUILD_ID_HEADER, buildRef)),
    control: createClient(Control, transport),
    metadata: { [BUILD_ID_HEADER]: buildRef },
  };
}

function withHeader(transport: Transport, name: string, value: string): Transport {
  const add = (init: ConstructorParameters<typeof Headers>[0]): Headers => {
    const headers = new Headers(init);
    headers.set(name, value);
    return headers;
  };
  return {
    unary: (method, signal, timeoutMs, header, input, context) =>
      transport.unary(method, signal, timeoutMs, add(header), input, context),
    stream: (method, signal, timeoutMs, header, input, context) =>
      transport.stream(method, signal, timeoutMs, add(header), input, context),
  };
}
