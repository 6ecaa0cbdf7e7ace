/**
 * A Dockerfile that has a URL, with any context: the engine gets it, in a build of its own, and it is then sent like one of this machine
 * (docker/buildx, build/url.go).
 */
import { toBinary } from '@bufbuild/protobuf';
import { BxError, toBxError } from '../../platform/errors.js';
import type { BuildRequest } from '../engine.js';
import type { Fetching } from '../shared/fetched-run.js';
import { within } from '../shared/within.js';
import { connectionLoss } from './connection-loss.js';
import { engineErrorOf } from './engine-error.js';
import type { EngineLink } from './engine-link.js';
import { openBuild } from './open-build.js';
import { singleRef, withDockerfile } from './plan.js';
import { type Definition, DefinitionSchema } from './proto/gen/pb_pb.js';
import { openSession } from './session/index.js';
import { solveStatusLine } from './solve-status.js';
import { sourceDefinition } from './source-definition.js';

/** The largest that is read, as for a file of this machine. */
const MAX_BYTES = 2 * 1024 * 1024;
const FAREWELL_MS = 3_000;
/** What it is called from then on. */
const NAME = 'Dockerfile';

export function fetchedDockerfile(link: EngineLink, request: BuildRequest, url: string): Omit<Fetching, 'start'> {
  return {
    name: nameOf(url),
    async fetch(signal) {
      const data = await readByUrl(link, request, url, signal);
      const { dockerfile } = withDockerfile(request, { filename: NAME, data });
      const { url: _, ...here } = dockerfile;
      return { ...request, dockerfile: { ...here, dir: null, origin: 'stdin' } };
    },
    remove: () => undefined,
  };
}

function nameOf(url: string): string {
  return `[internal] load ${url}`;
}

async function readByUrl(link: EngineLink, request: BuildRequest, url: string, signal: AbortSignal): Promise<Uint8Array> {
  const session = openSession({ endpoint: link.endpoint, connection: link.connection, locals: {}, signal });
  const build = openBuild(link.transport, {
    ...{ session, exporters: [], frontendAttrs: {}, entitlements: [], cacheExports: [], isInternal: true },
    onStatus: async (told) => request.onRawStatus?.(solveStatusLine(told)),
  });
  const { bridge } = build.gateway;
  const giveUp = (): void => build.abort();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    const Definition = toBinary(DefinitionSchema, fileByUrl(url));
    const asked = { Definition, Evaluate: true, allowResultReturn: true, allowResultArrayRef: true };
    const { result } = await build.whileOpen(bridge.solve(asked, { signal }));
    const Ref = singleRef(result)?.id ?? '';
    const { stat } = await build.whileOpen(bridge.statFile({ Ref, Path: NAME }, { signal }));
    const bytes = Number(stat?.size ?? 0);
    if (bytes > MAX_BYTES) {
      throw new BxError('input', `the Dockerfile ${url} has ${bytes} bytes, which is too large for a Dockerfile`, {
        hint: 'Name another with -f.',
      });
    }
    const { Data } = await build.whileOpen(bridge.readFile({ Ref, FilePath: NAME }, { signal }));
    await within(FAREWELL_MS, build.leave());
    return Data;
  } catch (error) {
    throw (await connectionLoss(link, error)) ?? explain(error, url);
  } finally {
    signal.removeEventListener('abort', giveUp);
    build.abort();
    await within(FAREWELL_MS, session.close());
  }
}

function explain(error: unknown, url: string): BxError {
  const engineError = engineErrorOf(error);
  if (engineError === null) return toBxError(error, 'engine');
  const said = engineError.rawMessage.replace(/^failed to load cache key: /, '');
  return new BxError('engine', `the Dockerfile ${url} cannot be had: ${said}`, {
    hint: 'The engine gets it by itself: check the URL as it is seen from there, or get the file and name it with -f PATH.',
    cause: error,
  });
}

/** One file of that name, as an LLB definition. */
function fileByUrl(url: string): Definition {
  return sourceDefinition({ identifier: url, attrs: { 'http.filename': NAME }, name: nameOf(url), caps: ['source.http'] });
}
