/** What an engine says of itself when it is first asked: who it is, which calls it takes, what it builds for. */
import type { IncomingHttpHeaders } from 'node:http';
import { BxError } from '../../platform/errors.js';
import { describeEndpoint } from '../shared/connect-error.js';
import { ApiError, type EngineApi } from '../shared/engine-api.js';

export interface EngineFacts {
  /** `Docker Engine 28.5.2`, `Podman 4.3.1`. */
  readonly name: string;
  readonly isPodman: boolean;
  /** The newest version of the Engine API that it takes: 1.N. */
  readonly apiMinor: number;
  /** By its own clock, in seconds, where the short answer tells it. */
  readonly nowS: number | null;
}

interface VersionAnswer {
  readonly Version?: string;
  readonly ApiVersion?: string;
  readonly Os?: string;
  readonly Arch?: string;
  readonly Components?: readonly { readonly Name?: string }[] | null;
}

/** Throws `BxError('endpoint')` when it is none. */
export async function readFacts(api: EngineApi, signal: AbortSignal): Promise<EngineFacts> {
  return (await pingedFacts(api, signal)) ?? (await askedFacts(api, signal));
}

/** What it builds for: `linux/amd64`, as Go spells it. */
export async function readPlatform(api: EngineApi, signal: AbortSignal): Promise<string> {
  const { Os, Arch } = await api.json<VersionAnswer>('GET', '/version', { signal });
  return `${Os || 'linux'}/${Arch || 'amd64'}`;
}

/**
 * A Docker Engine says it in the headers of its shortest answer (moby, api/server/router/system); for the long one it asks containerd and runs the
 * programs below it. Null for any other.
 */
async function pingedFacts(api: EngineApi, signal: AbortSignal): Promise<EngineFacts | null> {
  const { headers } = await api.head('/_ping', { signal });
  const number = /^Docker\/v?(\d[\d.]*)/.exec(String(headers.server ?? ''))?.[1];
  const minor = /^1\.(\d+)$/.exec(String(headers['api-version'] ?? ''))?.[1];
  if (number === undefined || minor === undefined) return null;
  return { name: `Docker Engine ${number}`, isPodman: false, apiMinor: Number(minor), nowS: clockOf(headers) };
}

/** The engine's clock, by which it also dates what it makes; null when it does not say. */
export async function readClock(api: Pick<EngineApi, 'head'>, signal: AbortSignal): Promise<number | null> {
  return clockOf((await api.head('/_ping', { signal })).headers);
}

function clockOf({ date }: IncomingHttpHeaders): number | null {
  return Math.floor(Date.parse(date ?? '') / 1000) || null;
}

async function askedFacts(api: EngineApi, signal: AbortSignal): Promise<EngineFacts> {
  const answer = await api.json<VersionAnswer | null>('GET', '/version', { signal }).catch((error: unknown) => {
    if (error instanceof ApiError || error instanceof SyntaxError) return null;
    throw error;
  });
  const minor = /^1\.(\d+)$/.exec(answer?.ApiVersion ?? '')?.[1];
  if (answer === null || minor === undefined) {
    throw new BxError('endpoint', `${describeEndpoint(api.endpoint)} does not answer as a Docker Engine does`, {
      hint: 'Name a Docker Engine with DOCKER_HOST.',
    });
  }
  const number = /^v?(\d[\d.]*)/.exec(answer.Version ?? '')?.[1] ?? '';
  const isPodman = answer.Components?.some(({ Name }) => Name === 'Podman Engine') === true;
  return {
    name: `${isPodman ? 'Podman' : 'Docker Engine'} ${number}`.trimEnd(),
    isPodman,
    apiMinor: Number(minor),
    nowS: null,
  };
}
