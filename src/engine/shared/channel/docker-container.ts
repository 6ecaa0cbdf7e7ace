/**
 * A buildkitd in a container of a Docker Engine: `buildctl dial-stdio` in it, as an exec over the Engine API (docker/buildx, driver/docker-container;
 * buildkit, client/connhelper/dockercontainer). No docker command is needed. A builder of buildx that does not run is for the caller to start.
 */
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../../../builders/endpoint.js';
import { BxError } from '../../../platform/errors.js';
import { describeEndpoint } from '../connect-error.js';
import { ApiError, createApi, type EngineApi, unreachable } from '../engine-api.js';
import { BuilderDownError } from './builder-down.js';
import { ChannelStream } from './channel-stream.js';
import { createExecDemux } from './exec-demux.js';
import { createDoorkeeper, isOfBuildKit } from './first-byte.js';
import { lastLine } from './program-channel.js';

const CONFLICT = 409;
const NOT_FOUND = 404;

/** So long a buildkitd may take until it listens. */
const JUST_STARTED_MS = 20_000;

/**
 * Throws `BxError('endpoint' | 'cancelled')`; a `BuilderDownError` where the container does not run and may be started. The stream ends with
 * one where it has just been started, by somebody else, and nobody listens in it yet.
 */
export async function openDockerContainer(endpoint: Endpoint, signal: AbortSignal): Promise<Duplex> {
  const { host, node } = endpoint;
  if (host === undefined) throw new BxError('internal', `${describeEndpoint(endpoint)} says no engine`);
  const container = containerName(endpoint.address);
  const api = createApi(host, unreachable);
  const first = await createExec(endpoint, api, container, signal);
  const whyNobody = async (said: string): Promise<BxError> => {
    const error = explainExec(endpoint, said);
    const isNew = node?.mayStart === true && (await hasJustStarted(api, container));
    return isNew ? new BuilderDownError({ kind: 'container', endpoint, api, container, node, isGone: false }, error) : error;
  };
  if (typeof first === 'string') return attach(endpoint, api, first, whyNobody, signal);
  const error = notRunning(endpoint, container, first.status);
  if (node === undefined || !node.mayStart) throw error;
  throw new BuilderDownError({ kind: 'container', endpoint, api, container, node, isGone: first.status === NOT_FOUND }, error);
}

export function containerName(address: string): string {
  return address.replace(/^[a-z-]+:\/\//, '').replace(/\?.*$/, '');
}

/** The id of the exec; the status when the container does not run, or is not there. */
async function createExec(
  endpoint: Endpoint,
  api: EngineApi,
  container: string,
  signal: AbortSignal,
): Promise<string | { readonly status: typeof NOT_FOUND | typeof CONFLICT }> {
  const { status, json, message } = await api.ask('POST', `/containers/${encodeURIComponent(container)}/exec`, {
    body: { AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: false, Cmd: ['buildctl', 'dial-stdio'] },
    signal,
  });
  if (typeof json?.Id === 'string') return json.Id;
  if (status === CONFLICT || (status === NOT_FOUND && /no such container/i.test(message))) return { status };
  throw new BxError(
    'endpoint',
    `cannot connect to ${describeEndpoint(endpoint)}: ${describeEndpoint(api.endpoint)} says: ${status} ${message}`,
    {
      hint: 'Check that a Docker Engine listens there: docker version',
    },
  );
}

async function hasJustStarted(api: EngineApi, container: string): Promise<boolean> {
  const { json } = await api.ask('GET', `/containers/${encodeURIComponent(container)}/json`).catch(() => ({ json: null }));
  const { StartedAt = '' } = (json?.State ?? {}) as { readonly StartedAt?: string };
  return Math.abs(Date.now() - Date.parse(StartedAt)) < JUST_STARTED_MS;
}

async function attach(
  endpoint: Endpoint,
  api: EngineApi,
  exec: string,
  whyNobody: (said: string) => Promise<BxError>,
  signal: AbortSignal,
): Promise<Duplex> {
  const answer = await api.hijack(`/exec/${exec}/start`, { Detach: false, Tty: false }, { signal }).catch((error: unknown) => {
    throw error instanceof ApiError ? explainExec(endpoint, error.message) : error;
  });
  const demux = createExecDemux();
  const door = createDoorkeeper(isOfBuildKit);
  const stream = new ChannelStream(
    { input: answer, output: answer, close: () => answer.destroy() },
    {
      decode: (chunk) => demux.decode(chunk).filter((part) => door.admit(part)),
      // Without a byte of it nobody was there.
      endError: async () => (door.isOpen ? null : whyNobody([door.words, demux.said()].filter(Boolean).join('\n'))),
    },
  );
  stream.on('error', () => undefined);
  return stream;
}

function explainExec(endpoint: Endpoint, said: string): BxError {
  const container = containerName(endpoint.address);
  const failed = (reason: string, hint: string): BxError =>
    new BxError('endpoint', `cannot connect to ${describeEndpoint(endpoint)}: ${reason}`, { hint });
  if (/executable file not found|no such file or directory.*buildctl|buildctl.*no such file/i.test(said)) {
    return failed(`there is no buildctl in the container ${container}`, 'Name a container of the image moby/buildkit.');
  }
  const words = lastLine(said);
  return failed(
    words === '' ? 'its buildctl ended without a word' : `the buildkitd in it does not answer: ${words}`,
    `See what it says: docker logs ${container}`,
  );
}

function notRunning(endpoint: Endpoint, container: string, status: number): BxError {
  const isGone = status === NOT_FOUND;
  const { node, host } = endpoint;
  const at = host === undefined ? '' : ` on ${describeEndpoint(host)}`;
  const reason = isGone ? `there is no container ${container}${at}` : `the container ${container} does not run${at}`;
  const hint =
    node !== undefined
      ? `A build starts it; or do it now: docker buildx inspect --bootstrap ${node.builder}`
      : isGone
        ? 'See which there are: docker ps -a'
        : `Start it: docker start ${container}`;
  return new BxError('endpoint', `cannot connect to ${describeEndpoint(endpoint)}: ${reason}`, { hint });
}
