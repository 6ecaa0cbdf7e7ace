/**
 * Starts the container of a buildx builder, and makes it where there is none, as buildx does at the first build (docker/buildx,
 * driver/docker-container/driver.go). Whoever starts the same builder meanwhile does the same things to the same container.
 */
import { existsSync, readFileSync } from 'node:fs';
import { BxError } from '../../../platform/errors.js';
import { describeEndpoint } from '../connect-error.js';
import type { EngineAnswer } from '../engine-api.js';
import type { BootProgress } from './boot-progress.js';
import { type ContainerPlace, cannotStart } from './builder-down.js';
import { CONFIG_DIR, containerConfig } from './container-config.js';
import { DEFAULT_IMAGE } from './driver-option.js';
import { createExecDemux } from './exec-demux.js';
import { ALL_CARDS, givesCards } from './graphics-cards.js';
import { pullImage } from './pull-image.js';
import { tarOfFiles } from './tar-of-files.js';

/** From the start of the container until its buildkitd answers; buildx asks 16 times, ever more slowly. */
const READY_WITHIN_MS = 20_000;
const ASK_EVERY_MS = 150;
const LOOK_EVERY_MS = 20;
/** From the reservation of its name until the engine shows the container of somebody else. */
const APPEARS_WITHIN_MS = 5_000;
/** A buildkitd that has ended so often will do so again. */
const RESTARTS_MAX = 3;
const LOG_LINES = 50;
const NOT_FOUND = 404;
const CONFLICT = 409;

interface Boot extends ContainerPlace {
  readonly progress: BootProgress;
  readonly signal: AbortSignal;
}

/** Resolves when its buildkitd answers. Throws `BxError('endpoint')`, and whatever an end of `signal` leads to. */
export async function bootContainer(boot: Boot): Promise<void> {
  if (boot.isGone) return create(boot);
  await boot.progress.task(`starting container ${boot.container}`, async () => {
    await start(boot);
    await answering(boot);
  });
}

async function create(boot: Boot): Promise<void> {
  const { api, container, node, progress, signal } = boot;
  const image = node.driverOpts.image || DEFAULT_IMAGE;
  const info = await api.ask('GET', '/info', { signal });
  const config = containerConfig(node, container, image, {
    info: info.status < 400 ? info.json : null,
    hasWslLibraries: /^(unix|npipe):/.test(api.endpoint.address) && !!process.env.WSL_DISTRO_NAME && existsSync('/usr/lib/wsl'),
  });
  await provideImage(boot, image);
  await progress.task(`creating container ${container}`, async () => {
    const HostConfig = {
      ...config.HostConfig,
      ...((await givesCards(api, image, signal)) && { DeviceRequests: ALL_CARDS }),
    };
    const body = { ...config, HostConfig };
    const made = await api.ask('POST', '/containers/create', { query: { name: container }, body, signal });
    if (made.status === CONFLICT && (await appears(boot))) await start(boot);
    else if (made.status >= 400) throw cannotStart(boot, `its container ${container} cannot be made: ${made.message}`);
    else await copyConfigAndStart(boot);
    await answering(boot);
  });
}

/** The newest of its registry, else the one that is on the engine. */
async function provideImage(boot: Boot, image: string): Promise<void> {
  const { api, progress, signal, node } = boot;
  let refusal: Awaited<ReturnType<typeof pullImage>> = null;
  await progress.task(`pulling image ${image}`, async (onProgress) => {
    refusal = await pullImage(api, image, { env: process.env, onProgress, signal });
    if (refusal === null) return;
    const local = await api.ask('GET', `/images/${image}/json`, { signal });
    if (local.status < 400) return;
    const { reason, hint } = refusal;
    throw new BxError(
      'endpoint',
      `cannot start ${describeEndpoint(boot.endpoint)}: its image ${image} cannot be pulled, and is not on ${describeEndpoint(api.endpoint)}: ${reason}`,
      {
        hint:
          hint ??
          `Try it by hand: docker pull ${image}; or make the builder of an image that is there: docker buildx rm ${node.builder}, then docker buildx create --driver-opt image=`,
      },
    );
  });
  if (refusal !== null) await progress.task(`pulling failed, using local image ${image}`, async () => undefined);
}

async function copyConfigAndStart(boot: Boot): Promise<void> {
  await copyConfig(boot);
  const started = await boot.api.ask('POST', `/containers/${boot.container}/start`, { signal: boot.signal });
  if (started.status >= 400) throw cannotStart(boot, `its container ${boot.container} cannot be started: ${started.message}`);
}

/** A container that somebody has made and not started yet, or that was stopped. */
async function start(boot: Boot): Promise<void> {
  const state = await stateOf(boot);
  if (state?.Running === true && state.Paused !== true) return;
  // Whoever made it may have been ended before its configuration was in it.
  if (state?.Status === 'created') return copyConfigAndStart(boot);
  const { api, container, signal } = boot;
  const started = await api.ask('POST', `/containers/${container}/start`, { signal });
  if (started.status < 400) return;
  const next = state?.Paused === true ? `docker unpause ${container}` : undefined;
  throw cannotStart(boot, `its container ${container} cannot be started: ${started.message}`, next);
}

async function copyConfig(boot: Boot): Promise<void> {
  const { api, container, node, signal } = boot;
  const event = node.driverOpts['provenance-add-gha'] === 'false' ? null : workflowEvent(process.env);
  const own = Object.entries(node.files).map(([path, base64]) => [path, Buffer.from(base64, 'base64')] as const);
  const files = event === null ? own : [...own, ['provenance.d/github_event.json', event] as const];
  if (files.length === 0) return;
  const tar = await tarOfFiles(files.map(([path, content]) => [`${CONFIG_DIR.slice('/etc/'.length)}/${path}`, content]));
  const headers = { 'Content-Type': 'application/x-tar' };
  const query = { path: '/etc' };
  const copied = await api.ask('PUT', `/containers/${container}/archive`, { query, headers, body: tar, signal });
  if (copied.status >= 400) throw cannotStart(boot, `its configuration cannot be copied: ${copied.message}`);
}

/** In a workflow of GitHub: what has set it off, for the provenance of what is built. */
function workflowEvent({ GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: path }: NodeJS.ProcessEnv): Buffer | null {
  let payload: unknown;
  try {
    if (path) payload = JSON.parse(readFileSync(path, 'utf8'));
  } catch {}
  const isObject = typeof payload === 'object' && payload !== null;
  if (!name && !isObject) return null;
  return Buffer.from(
    JSON.stringify({ ...(name && { github_event_name: name }), ...(isObject && { github_event_payload: payload }) }),
  );
}

interface ContainerState {
  readonly Status?: string;
  readonly Running?: boolean;
  readonly Paused?: boolean;
  readonly restarts: number;
}

/** Null: there is no such container. */
async function stateOf(boot: Boot): Promise<ContainerState | null> {
  const { api, container, signal } = boot;
  const found = await api.ask('GET', `/containers/${container}/json`, { signal });
  if (found.status === NOT_FOUND) return null;
  if (found.status >= 400) throw cannotStart(boot, `the engine does not tell of its container ${container}: ${found.message}`);
  const { State, RestartCount } = (found.json ?? {}) as { readonly State?: object; readonly RestartCount?: number };
  return { ...State, restarts: RestartCount ?? 0 };
}

/** Its name is taken before there is anything to see of it. False: whoever wanted to make it has not. */
async function appears(boot: Boot): Promise<boolean> {
  const endMs = Date.now() + APPEARS_WITHIN_MS;
  while ((await stateOf(boot)) === null) {
    if (Date.now() > endMs) return false;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
  return true;
}

/** Until the buildkitd in the container lists its workers. */
async function answering(boot: Boot): Promise<void> {
  const { api, container, signal } = boot;
  const deadline = AbortSignal.timeout(READY_WITHIN_MS);
  const asking = { ...boot, signal: AbortSignal.any([signal, deadline]) };
  let restartsBefore: number | null = null;
  let reason = `its container ${container} runs, and the buildkitd in it does not answer`;
  while (!deadline.aborted) {
    const exitCode = await ask(asking).catch((error: unknown) => {
      if (deadline.aborted && !signal.aborted) return null;
      throw error;
    });
    if (exitCode === 0) return;
    const state = await stateOf(boot);
    if (state === null) throw cannotStart(boot, `its container ${container} was removed meanwhile`);
    restartsBefore ??= state.restarts;
    if (state.restarts - restartsBefore >= RESTARTS_MAX || (state.Running === false && state.Status === 'exited')) {
      reason = `the buildkitd in its container ${container} ends by itself`;
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    signal.throwIfAborted();
  }
  const said = await logOf(api, container, signal).catch(() => '');
  boot.progress.log(said);
  const words = said
    .trim()
    .split(/[\r\n]+/)
    .at(-1);
  throw cannotStart(boot, words ? `${reason}: ${words}` : reason, `docker logs ${container}`);
}

/** The exit status of `buildctl debug workers` in it; null when that could not be run. */
async function ask({ api, container, signal }: Boot): Promise<number | null> {
  const exec = await api.ask('POST', `/containers/${container}/exec`, {
    body: { AttachStdout: true, AttachStderr: true, Cmd: ['buildctl', 'debug', 'workers'] },
    signal,
  });
  if (typeof exec.json?.Id !== 'string') return null;
  const path = `/exec/${exec.json.Id}`;
  // Its output would end with it, which is not always seen on a named pipe (pipe-end.ts).
  await api.ask('POST', `${path}/start`, { body: { Detach: true, Tty: false }, signal });
  for (;;) {
    const { json }: EngineAnswer = await api.ask('GET', `${path}/json`, { signal });
    if (json?.Running !== true) return typeof json?.ExitCode === 'number' ? json.ExitCode : null;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Its newest lines. */
async function logOf(api: ContainerPlace['api'], container: string, signal: AbortSignal): Promise<string> {
  const query = { stdout: '1', stderr: '1', tail: String(LOG_LINES) };
  const answer = await api.stream('GET', `/containers/${container}/logs`, { query, signal });
  const demux = createExecDemux();
  let stdout = '';
  for await (const chunk of answer) for (const part of demux.decode(chunk as Buffer)) stdout += part.toString('utf8');
  return `${stdout}${demux.said()}\n`;
}
