/**
 * A build on the engine that stays open for gateway calls: `Control.Solve` without a frontend stays pending until `Return`
 * (BuildKit, control/gateway and frontend/gateway). It knows neither Dockerfile nor graph.
 */
import { randomBytes } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError, type Transport } from '@connectrpc/connect';
import { BxError } from '../../platform/errors.js';
import type { CacheSpec } from '../engine.js';
import { createGateway, type Gateway } from './gateway.js';
import type { SolveResponse, StatusResponse } from './proto/gen/control_pb.js';
import type { ResultSchema } from './proto/gen/gateway_pb.js';
import type { Policy } from './proto/gen/policy_pb.js';

const END_REASON_MS = 500;

export interface Exporter {
  readonly type: string;
  readonly attrs: Readonly<Record<string, string>>;
}

export interface OpenBuild {
  readonly gateway: Gateway;
  /** Rejects when the build ends by itself: the engine refused it, or went away. Handled already. */
  readonly solved: Promise<SolveResponse>;
  /**
   * Resolves once the engine takes gateway calls of this build; rejects with why it ended before. The engine first looks for the place
   * where a cache goes, for longer than it lets a call wait for its build (BuildKit, control/gateway/gateway.go, lookupForwarder).
   */
  readonly taken: Promise<void>;
  /** A gateway call of this build. When the build itself ends meanwhile, its reason counts: the call only knows of "no such job". */
  whileOpen<T>(call: Promise<T>): Promise<T>;
  /** Gives the result to the exporter (none: just ends the build) and returns the exporter's answer. */
  finish(result: MessageInitShape<typeof ResultSchema>): Promise<SolveResponse>;
  /** Ends a build that has an exporter without giving it anything. */
  giveUp(reason: string): Promise<void>;
  /**
   * Ends the build without a result and does not wait for what the engine files away about it: when this resolves, the engine has been
   * told and has answered.
   */
  leave(): Promise<void>;
  /** Drops the build without a result; the engine still tells how that ends. */
  stop(): void;
  /** The same, and hears no more of it. */
  abort(): void;
}

/** Opens a build. `onStatus` gets the status stream; the stream waits while its promise is pending. */
export function openBuild(
  transport: Transport,
  options: {
    readonly session: { readonly id: string; readonly opened: Promise<void> };
    /** What takes the result that the build ends with; more than one only where the engine takes several. */
    readonly exporters: readonly Exporter[];
    /** What the exporters and what is attested follow of the frontend's attributes (docker/buildx sends all of them here, too). */
    readonly frontendAttrs: Readonly<Record<string, string>>;
    readonly entitlements: readonly string[];
    readonly sourcePolicy?: Policy | null;
    /** Where the cache of the result goes. */
    readonly cacheExports: readonly CacheSpec[];
    /** It is no build of anybody's, and the engine keeps no record of it. */
    readonly isInternal?: boolean;
    readonly onStatus: (message: StatusResponse) => Promise<void>;
  },
): OpenBuild {
  const gateway = createGateway(transport, randomBytes(16).toString('hex'));
  const lifetime = new AbortController();
  const solving = new AbortController();
  const [exporter] = options.exporters;
  const solved = gateway.control.solve(
    {
      Ref: gateway.buildRef,
      Session: options.session.id,
      Cache: { Exports: options.cacheExports.map(({ type, attrs }) => ({ Type: type, Attrs: { ...attrs } })) },
      Entitlements: [...options.entitlements],
      ...(options.sourcePolicy && { SourcePolicy: options.sourcePolicy }),
      ...(options.isInternal && { Internal: true }),
      // Older engines read the first form, newer ones the second.
      ...(exporter && {
        ExporterDeprecated: exporter.type,
        ExporterAttrsDeprecated: { ...exporter.attrs },
        Exporters: options.exporters.map(({ type, attrs }) => ({ Type: type, Attrs: { ...attrs } })),
        FrontendAttrs: { ...options.frontendAttrs },
      }),
    },
    { signal: solving.signal },
  );
  solved.catch(() => {});
  const endedEarly = Promise.race([
    solved.then(() => {
      throw new BxError('engine', 'the engine ended the build before it had a result');
    }),
    // Without its session the build would wait for it, and end with less of a reason.
    options.session.opened.then(() => new Promise<never>(() => {})),
  ]);
  endedEarly.catch(() => {});
  const ask = async (): Promise<void> => {
    for (;;) {
      try {
        await Promise.race([gateway.bridge.ping({}, { signal: lifetime.signal }), endedEarly]);
        return;
      } catch (error) {
        const reason = isGone(error) ? await reasonWithin(END_REASON_MS, solved, null) : error;
        if (reason !== null) throw reason;
      }
    }
  };
  const taken = options.cacheExports.length === 0 ? Promise.resolve() : ask();
  const status = taken.then(
    () => follow(gateway, options.onStatus, lifetime.signal),
    () => undefined, // Told to whoever waits for it.
  );

  const whileOpen = async <T>(call: Promise<T>): Promise<T> => {
    call.catch(() => {});
    try {
      return await Promise.race([call, endedEarly]);
    } catch (error) {
      throw isGone(error) ? await reasonWithin(END_REASON_MS, solved, error) : error;
    }
  };

  return {
    gateway,
    solved,
    taken,
    whileOpen,
    async finish(result) {
      await Promise.race([whileOpen(gateway.bridge.return({ result }, { signal: solving.signal })), solved]);
      const response = await solved;
      await status;
      return response;
    },
    async giveUp(reason) {
      const error = { code: Code.Aborted, message: reason };
      await Promise.race([gateway.bridge.return({ error }, { signal: solving.signal }), solved]).catch(() => {});
    },
    async leave() {
      await Promise.race([gateway.bridge.return({ result: {} }, { signal: solving.signal }), solved]);
    },
    stop: () => solving.abort(),
    abort() {
      solving.abort();
      lifetime.abort();
    },
  };
}

function isGone(error: unknown): boolean {
  return error instanceof ConnectError && /no such job/.test(error.rawMessage);
}

/** Why the build ended, as far as it is known in time. */
function reasonWithin(timeoutMs: number, solved: Promise<unknown>, fallback: unknown): Promise<unknown> {
  return Promise.race([
    solved.then(
      () => fallback,
      (reason: unknown) => reason,
    ),
    new Promise((resolve) => setTimeout(resolve, timeoutMs, fallback)),
  ]);
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
