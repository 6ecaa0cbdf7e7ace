/** Every endpoint that this machine knows of, in the order in which one is chosen: for `bxtui engines`. It connects to none. */
import { type BxError, toBxError } from '../platform/errors.js';
import { nodeEndpoint } from './buildx-endpoint.js';
import { storedBuilders } from './buildx-store.js';
import { contextEndpoint, type Env, storedContexts } from './docker-config.js';
import type { Endpoint } from './endpoint.js';
import { dockerByName, type EndpointWish, NO_WISH, resolveEndpoints } from './resolve.js';
import { isThere, type PlaceOptions, usualPlaces } from './usual-places.js';

export interface ListedEndpoint {
  /** What it is known by: `DOCKER_HOST`, `docker context "work"`, `buildx builder "big", node big1`. */
  readonly source: string;
  /** Null when what names it is wrong. */
  readonly endpoint: Endpoint | null;
  readonly problem: BxError | null;
  /** A build without flags would use it, or try it in its turn. */
  readonly isChosen: boolean;
}

/** Never throws: what is wrong with an endpoint is listed. Builders that do not run are not to be started. */
export async function listEndpoints(
  env: Env,
  options: PlaceOptions = {},
  wish: EndpointWish = NO_WISH,
): Promise<ListedEndpoint[]> {
  const chosen = await tried(wish.builder ? '--builder' : 'the choice of an engine', () => resolveEndpoints(env, options, wish));
  const { BUILDX_BUILDER: _builder, ...named } = env;
  const found = [
    ...(env.BUILDKIT_HOST ? await tried('BUILDKIT_HOST', () => resolveEndpoints(named, options)) : []),
    ...(env.DOCKER_HOST
      ? await tried('DOCKER_HOST', () => resolveEndpoints({ ...named, BUILDKIT_HOST: undefined }, options))
      : []),
    ...(await builders(env, options)),
    ...(await contexts(env)),
    ...places(env, options),
  ];
  const isChosen = ({ source, endpoint }: Found): boolean =>
    chosen.some((one) => one.source === source && one.endpoint?.address === endpoint?.address);
  const all = found.map((one) => ({ ...one, endpoint: withoutStart(one.endpoint), isChosen: isChosen(one) }));
  // What cannot be used at all stands nowhere else; a usual place that is not there stands nowhere.
  const usual = new Set(usualPlaces(env, options).map(({ source }) => source));
  const missing = chosen.filter(({ source }) => !usual.has(source) && !all.some((one) => one.isChosen && one.source === source));
  return [...missing.map((one) => ({ ...one, endpoint: withoutStart(one.endpoint), isChosen: true })), ...all];
}

type Found = Omit<ListedEndpoint, 'isChosen'>;

async function tried(source: string, resolve: () => Promise<readonly Endpoint[]>): Promise<Found[]> {
  try {
    const endpoints = await resolve();
    return endpoints.map((endpoint) => ({ source: endpoint.source, endpoint, problem: null }));
  } catch (error) {
    return [{ source, endpoint: null, problem: toBxError(error, 'endpoint') }];
  }
}

async function builders(env: Env, options: PlaceOptions): Promise<Found[]> {
  const rows = await Promise.all(
    (await storedBuilders(env)).map(async ({ name, builder, problem }) => {
      if (builder === null) return [{ source: `buildx builder "${name}"`, endpoint: null, problem }];
      const label = (node: string): string =>
        builder.nodes.length === 1 ? `buildx builder "${name}"` : `buildx builder "${name}", node ${node}`;
      return Promise.all(
        builder.nodes.map(async (node) => {
          const [row] = await tried(label(node.name), async () => [
            await nodeEndpoint(builder, node, env, dockerByName(env, options)),
          ]);
          return row!;
        }),
      );
    }),
  );
  return rows.flat();
}

async function contexts(env: Env): Promise<Found[]> {
  const stored = await storedContexts(env);
  return Promise.all(
    stored.map(async ({ name, problem }) => {
      const source = `docker context "${name}"`;
      if (problem !== null) return { source, endpoint: null, problem };
      return (await tried(source, async () => [await contextEndpoint(name, env, 'the store of contexts')]))[0]!;
    }),
  );
}

/** Those that are there, and docker's own. */
function places(env: Env, options: PlaceOptions): Found[] {
  return usualPlaces(env, options)
    .filter((endpoint, index) => index === 0 || isThere(endpoint, options))
    .map((endpoint) => ({ source: endpoint.source, endpoint, problem: null }));
}

function withoutStart(endpoint: Endpoint | null): Endpoint | null {
  return endpoint?.node === undefined ? endpoint : { ...endpoint, node: { ...endpoint.node, mayStart: false } };
}
