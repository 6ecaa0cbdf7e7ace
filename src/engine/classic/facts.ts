/** What an engine says of itself when it is first asked: who it is, which calls it takes, what it builds for. */
import type { IncomingHttpHeaders } from 'node:http';
import { BxError } from '../../platform/errors.js';
import { describeEndpoint, strangeAnswer } from '../shared/connect-error.js';
import type { EngineApi } from '../shared/engine-api.js';

/** Docker Engine 1.13, the first with which its API was kept compatible. */
const OLDEST_API = 25;
const SAID_MAX_CHARS = 200;

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
  const facts = (await pingedFacts(api, signal)) ?? (await askedFacts(api, signal));
  if (facts.apiMinor >= OLDEST_API) return facts;
  throw new BxError(
    'endpoint',
    `${describeEndpoint(api.endpoint)} is too old: ${facts.name} speaks version 1.${facts.apiMinor} of its API`,
    {
      hint: `Version 1.${OLDEST_API} or newer is needed (Docker Engine 1.13): update it, or name another one with DOCKER_HOST.`,
    },
  );
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
  const { status, json, message } = await api.ask('GET', '/version', { signal });
  const answer = json as VersionAnswer | null;
  const minor = /^1\.(\d+)$/.exec(answer?.ApiVersion ?? '')?.[1];
  if (answer === null || minor === undefined) {
    const strange = strangeAnswer(api.endpoint, status, message);
    if (strange !== null) throw strange;
    const said = message.replace(/\s+/g, ' ').slice(0, SAID_MAX_CHARS);
    throw new BxError(
      'endpoint',
      `${describeEndpoint(api.endpoint)} does not answer as a Docker Engine does: ${status} ${said}`,
      {
        hint: 'Name a Docker Engine with DOCKER_HOST.',
      },
    );
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
