/**
 * A build on the engine that stays open for gateway calls: `Control.Solve` without a frontend stays pending until `Return`
 * (BuildKit, control/gateway and frontend/gateway). It knows neither Dockerfile nor graph.
 */
import { randomBytes } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Transport } from '@connectrpc/connect';
import { createGateway, type Gateway } from './gateway.js';
import type { SolveResponse, StatusResponse } from './proto/gen/control_pb.js';
import type { ResultSchema } from './proto/gen/gateway_pb.js';

export interface Exporter {
  readonly type: string;
  readonly attrs: Readonly<Record<string, string>>;
}

export interface OpenBuild {
  readonly gateway: Gateway;
  /** Rejects when the build ends by itself: the engine refused it, or went away. Handled already. */
  readonly solved: Promise<SolveResponse>;
  /** Gives the result to the exporter (none: just ends the build) and returns the exporter's answer. */
  finish(result: MessageInitShape<typeof ResultSchema>): Promise<SolveResponse>;
  /** Drops the build without a result. */
  abort(): void;
}

/** Opens a build. `onStatus` gets the status stream; the stream waits while its promise is pending. */
export function openBuild(
  transport: Transport,
  options: {
    readonly sessionId: string;
    readonly exporter: Exporter | null;
    readonly onStatus: (message: StatusResponse) => Promise<void>;
  },
): OpenBuild {
  const gateway = createGateway(transport, randomBytes(16).toString('hex'));
  const lifetime = new AbortController();
  const { exporter } = options;
  const solved = gateway.control.solve(
    {
      Ref: gateway.buildRef,
      Session: options.sessionId,
      Cache: {},
      // Older engines read the first form, newer ones the second.
      ...(exporter && {
        ExporterDeprecated: exporter.type,
        ExporterAttrsDeprecated: { ...exporter.attrs },
        Exporters: [{ Type: exporter.type, Attrs: { ...exporter.attrs } }],
      }),
    },
    { signal: lifetime.signal },
  );
  solved.catch(() => {});
  const status = follow(gateway, options.onStatus, lifetime.signal);

  return {
    gateway,
    solved,
    async finish(result) {
      await Promise.race([gateway.bridge.return({ result }, { signal: lifetime.signal }), solved]);
      const response = await solved;
      await status;
      return response;
    },
    abort: () => lifetime.abort(),
  };
}

/** The stream ends with the build; an error of it is the build's, which `solved` tells better. */
async function follow(
  gateway: Gateway,
  onStatus: (message: StatusResponse) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const message of gateway.control.status({ Ref: gateway.buildRef }, { signal })) await onStatus(message);
  } catch {}
}
