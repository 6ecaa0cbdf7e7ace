/** What an engine tells of itself when it is connected to: name and version, platform, store, capabilities. */
import { randomBytes } from 'node:crypto';
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import type { Endpoint } from '../../builders/endpoint.js';
import { BxError, toBxError } from '../../platform/errors.js';
import { connectTimeout } from '../shared/connect-error.js';
import { type Capabilities, readCapabilities } from './capabilities.js';
import { createGateway } from './gateway.js';
import { Control } from './proto/gen/control_pb.js';
import type { PongResponse } from './proto/gen/gateway_pb.js';
import type { WorkerRecord } from './proto/gen/worker_pb.js';
import { describeEndpoint, noBuildKit } from './transport/index.js';

export interface EngineFacts {
  /** `Docker Engine 28.5.2`, `buildkitd v0.32.2`. */
  readonly name: string;
  readonly kind: Endpoint['kind'];
  /** `linux/amd64`: what is built for when nothing else is asked. */
  readonly platform: string;
  /** A Docker Engine whose images live in containerd accepts the exporters of a standalone buildkitd. */
  readonly hasContainerdStore: boolean;
  /** It carries out a result that it has given without carrying it out. */
  readonly evaluatesResults: boolean;
  /** It can put attestations to an image; null: else why not. */
  readonly lacksAttestations: string | null;
  /** It heeds the source policy of a build. */
  readonly takesSourcePolicy: boolean;
  /** One build may have several exporters. */
  readonly takesSeveralExporters: boolean;
  /** Where its containers reach its own machine; null: it does not say. */
  readonly hostGatewayIp: string | null;
  readonly capabilities: Capabilities;
}

/** Asks everything at once. `version`: of a Docker Engine, asked for by the caller. `signal` may be one that ends by itself after `withinMs`. Throws `BxError('endpoint' | 'cancelled')`. */
export async function readEngineFacts(
  endpoint: Endpoint,
  transport: Transport,
  version: Promise<string | null> | null,
  signal: AbortSignal,
  withinMs: number,
): Promise<EngineFacts> {
  const control = createClient(Control, transport);
  try {
    const [info, pong, dockerVersion] = await Promise.all([
      endpoint.kind === 'docker' ? null : control.info({}, { signal }).catch(missingIsNull),
      ping(transport, signal),
      version,
    ]);
    // Ping tells what ListWorkers tells (BuildKit, frontend/gateway); one that leaves it out is asked.
    const worker = pong.Workers[0] ?? (await control.listWorkers({}, { signal })).record[0];
    if (!worker) throw new BxError('endpoint', `${describeEndpoint(endpoint)} has no worker to build with`);
    const name =
      endpoint.kind === 'docker'
        ? `Docker Engine ${dockerVersion ?? ''}`.trimEnd()
        : `buildkitd ${versionOf(info?.buildkitVersion?.version)}`.trimEnd();
    const hasContainerdStore =
      endpoint.kind === 'docker' && worker.Labels['org.mobyproject.buildkit.worker.executor'] === 'containerd';
    const knows = (cap: string): boolean => pong.LLBCaps.some(({ ID, Enabled }) => ID === cap && Enabled);
    return {
      name,
      kind: endpoint.kind,
      platform: platformOf(worker),
      hasContainerdStore,
      evaluatesResults: pong.FrontendAPICaps.some(({ ID, Enabled }) => ID === 'gateway.evaluate' && Enabled),
      lacksAttestations: lacksAttestations(
        hasContainerdStore || endpoint.kind !== 'docker',
        knows('exporter.image.attestations'),
      ),
      takesSourcePolicy: knows('source.policy'),
      takesSeveralExporters: knows('exporter.multiple'),
      hostGatewayIp: worker.Labels['org.mobyproject.buildkit.worker.moby.host-gateway-ip'] || null,
      capabilities: readCapabilities(pong, endpoint.kind, name),
    };
  } catch (error) {
    if (signal.aborted && isTimeout(signal.reason)) throw connectTimeout(endpoint, withinMs, 'it does not say what it can do');
    if (signal.aborted) throw new BxError('cancelled', `connecting to ${describeEndpoint(endpoint)} was cancelled`);
    if (error instanceof BxError) throw error;
    throw noBuildKit(endpoint, error, reasonOf(error));
  }
}

/** What docker/buildx asks of an engine, too (build/opt.go). */
function lacksAttestations(hasIndexes: boolean, isKnown: boolean): string | null {
  if (!hasIndexes) return 'keeps its images where nothing can be attached to them';
  return isKnown ? null : 'is too old for it';
}

/** Ping belongs to a build, so an empty one is opened for it and ended at once. */
async function ping(transport: Transport, signal: AbortSignal): Promise<PongResponse> {
  const gateway = createGateway(transport, randomBytes(12).toString('hex'));
  const build = gateway.control.solve({ Ref: gateway.buildRef, Cache: {}, Internal: true }, { signal });
  build.catch(() => {}); // It fails only together with Ping, whose error is the one to tell.
  const pong = await gateway.bridge.ping({}, { signal });
  void gateway.bridge.return({ result: {} }).catch(() => {});
  return pong;
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}

/** An old buildkitd has no Control.Info. */
function missingIsNull(error: unknown): null {
  if (error instanceof ConnectError && error.code === Code.Unimplemented) return null;
  throw error;
}

/** What was built without its version says `v0.0.0+unknown`, which is none. */
function versionOf(told: string | undefined): string {
  return told === undefined || told.startsWith('v0.0.0') ? '' : told;
}

function platformOf(worker: WorkerRecord): string {
  const platform = worker.platforms[0];
  if (!platform) return 'linux/amd64';
  return [platform.OS, platform.Architecture, platform.Variant].filter((part) => part !== '').join('/');
}

function reasonOf(error: unknown): string {
  return error instanceof ConnectError ? error.rawMessage : toBxError(error).message;
}
