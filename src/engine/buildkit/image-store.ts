/** A Docker Engine's image store over its Engine API: where an exporter cannot write what was asked for, the store stands between. */
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Endpoint } from '../../builders/endpoint.js';
import { BxError, toBxError } from '../../platform/errors.js';
import { makePrivateDirectory } from '../../platform/private-directory.js';
import type { EngineLink } from './engine-link.js';
import { intoFile } from './session/index.js';
import { engineApi } from './transport/index.js';

/** With images in containerd an image is known by its manifest, else by its configuration. */
export function imageIdOf(response: Readonly<Record<string, string>>, hasContainerdStore: boolean): string | null {
  const manifest = response['containerimage.digest'];
  const config = response['containerimage.config.digest'];
  return (hasContainerdStore ? (manifest ?? config) : (config ?? manifest)) ?? null;
}

/**
 * Stores the image, then writes a docker-archive of it. An untagged image that was not there before is taken away again. Throws
 * `BxError('engine' | 'input')`, `BxError('cancelled')` after `signal`.
 */
export async function saveFromStore(
  link: EngineLink,
  tags: readonly string[],
  dest: string,
  { store, signal }: { readonly store: () => Promise<string | null>; readonly signal: AbortSignal },
): Promise<string | null> {
  const docker = await engineApi(link.endpoint);
  const before = new Set((await docker.listImages({ all: true })).map((image) => image.Id));
  const imageId = await store();
  if (imageId === null) throw new BxError('engine', 'the engine stored the image without naming it');
  try {
    const names = (tags.length > 0 ? tags : [imageId]).map((name) => `names=${encodeURIComponent(name)}`).join('&');
    const archive = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
      docker.modem.dial(
        {
          // The client library cuts the last character off a path with a query.
          path: `/images/get?${names}&`,
          method: 'GET',
          isStream: true,
          abortSignal: signal,
          statusCodes: { 200: true, 404: 'no such image', 500: 'server error' },
        },
        (error: unknown, stream: unknown) => (error ? reject(error) : resolve(stream as NodeJS.ReadableStream)),
      );
    });
    await writeArchive(archive, dest, signal);
    return imageId;
  } catch (error) {
    if (signal.aborted) throw new BxError('cancelled', `writing ${dest} was broken off`, { cause: error });
    throw error instanceof BxError
      ? error
      : new BxError('engine', `cannot save the image: ${toBxError(error).message}`, { cause: error });
  } finally {
    if (tags.length === 0 && !before.has(imageId))
      await docker
        .getImage(imageId)
        .remove()
        .catch(() => {});
  }
}

/** Loads what `exportTo` writes as a docker-archive into the first Docker Engine that answers. */
export async function loadIntoStore(
  link: EngineLink,
  signal: AbortSignal,
  exportTo: (file: string) => Promise<unknown>,
): Promise<string | null> {
  const docker = await storeBeside(await link.imageStores());
  const directory = makePrivateDirectory('load');
  try {
    const file = join(directory, 'image.tar');
    await exportTo(file);
    signal.throwIfAborted();
    const answer = await docker.loadImage(createReadStream(file));
    return await readLoadedId(docker, answer);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

type DockerApi = Awaited<ReturnType<typeof engineApi>>;

async function storeBeside(endpoints: readonly Endpoint[]): Promise<DockerApi> {
  let cause: unknown = null;
  for (const endpoint of endpoints) {
    const docker = await engineApi(endpoint);
    try {
      await docker.ping();
      return docker;
    } catch (error) {
      cause ??= error;
    }
  }
  const places = endpoints.map(({ address }) => address).join(' or ');
  throw new BxError('unsupported', `there is no Docker Engine${places === '' ? '' : ` at ${places}`} to load the image into`, {
    hint: 'Name one with DOCKER_HOST or DOCKER_CONTEXT, or write the image to a file with --output type=docker,dest=FILE.',
    cause,
  });
}

async function readLoadedId(docker: DockerApi, answer: NodeJS.ReadableStream): Promise<string | null> {
  const messages = await new Promise<Array<{ stream?: string; error?: string }>>((resolve, reject) => {
    docker.modem.followProgress(answer, (error, output) => (error ? reject(error) : resolve(output)));
  });
  const failure = messages.find((message) => message.error !== undefined)?.error;
  if (failure !== undefined) throw new BxError('engine', `the Docker Engine could not load the image: ${failure}`);
  const text = messages.map((message) => message.stream ?? '').join('');
  const name = /Loaded image(?: ID)?: (\S+)/.exec(text)?.[1];
  return name === undefined ? null : (await docker.getImage(name).inspect()).Id;
}

async function writeArchive(archive: NodeJS.ReadableStream, dest: string, signal: AbortSignal): Promise<void> {
  if (dest !== '-') return intoFile(dest, (sink) => pipeline(archive, sink, { signal, end: false }));
  const through = new PassThrough();
  through.pipe(process.stdout, { end: false });
  await pipeline(archive, through, { signal });
}
