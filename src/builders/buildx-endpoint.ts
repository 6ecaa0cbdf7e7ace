/** A builder of buildx as an endpoint: which of its nodes is meant, and how that one is reached (docker/buildx, driver/). */
import { isAbsolute } from 'node:path';
import { BxError, toBxError } from '../platform/errors.js';
import { normaliseAddress } from './address-schemes.js';
import { type StoredBuilder, type StoredNode, storedBuilder, storedBuilders } from './buildx-store.js';
import { type Env, UnknownContextError } from './docker-config.js';
import type { BuilderNode, Endpoint, TlsMaterial } from './endpoint.js';
import { readPem } from './tls-files.js';

/** Container and deployment of a node are named after it. */
const CONTAINER_PREFIX = 'buildx_buildkit_';

/** Finds the Docker Engine that a node names: a context's name, or an address. */
export type DockerByName = (name: string, source: string) => Promise<Endpoint>;

/**
 * The endpoint of a builder of the store, null when there is none of that name. Of several nodes the first that was given the platform, else
 * the first. Throws `BxError('endpoint')`.
 */
export async function builderEndpoint(
  name: string,
  platform: string | null,
  env: Env,
  dockerByName: DockerByName,
): Promise<Endpoint | null> {
  const builder = await storedBuilder(name, env);
  return builder === null ? null : nodeEndpoint(builder, chooseNode(builder, platform), env, dockerByName);
}

/** The names that there are, for a hint. */
export async function builderNames(env: Env): Promise<string[]> {
  return (await storedBuilders(env)).map(({ name }) => name);
}

/** `linux/arm64` is also met by a node for `linux/arm64/v8`. */
function chooseNode({ nodes }: StoredBuilder, platform: string | null): StoredNode {
  const wanted = platform?.toLowerCase();
  const fits = (has: string): boolean => has === wanted || has.startsWith(`${wanted}/`) || wanted?.startsWith(`${has}/`) === true;
  return (wanted === undefined ? undefined : nodes.find((node) => node.platforms.some(fits))) ?? nodes[0]!;
}

/** How one node is reached. Throws `BxError('endpoint')`. */
export async function nodeEndpoint(
  builder: StoredBuilder,
  node: StoredNode,
  env: Env,
  dockerByName: DockerByName,
): Promise<Endpoint> {
  const named = `buildx builder "${builder.name}"`;
  const source = builder.nodes.length === 1 ? named : `${named}, node ${node.name}`;
  const written: BuilderNode = {
    builder: builder.name,
    name: node.name,
    platforms: node.platforms,
    flags: node.flags,
    driverOpts: node.driverOpts,
    files: node.files,
    mayStart: true,
  };
  const docker = (name: string): Promise<Endpoint> =>
    dockerByName(name, source).catch((error: unknown) => {
      throw name.includes('://') || name === 'default' ? error : withoutItsContext(error, name, builder.name, source);
    });
  switch (builder.driver) {
    case 'docker':
      return { ...(await docker(node.endpoint || 'default')), source };
    case 'docker-container':
      return {
        kind: 'buildkitd',
        address: `docker-container://${CONTAINER_PREFIX}${node.name}`,
        source,
        tls: null,
        host: await docker(node.endpoint || 'default'),
        node: written,
      };
    case 'kubernetes':
      return { kind: 'buildkitd', address: kubernetesAddress(node, source), source, tls: null, node: written };
    case 'remote': {
      const address = normaliseAddress(node.endpoint, source, 'buildkitd');
      const tls = await remoteTls(node, source);
      if (!address.startsWith('docker-container://')) return { kind: 'buildkitd', address, source, tls };
      const host = await docker(contextOf(address) ?? 'default');
      return { kind: 'buildkitd', address, source, tls: null, host };
    }
    case 'env': {
      const address = normaliseAddress(env.BUILDKIT_HOST ?? '', `BUILDKIT_HOST, to which ${source} leads,`, 'buildkitd');
      return { kind: 'buildkitd', address, source, tls: null };
    }
  }
  throw new BxError('endpoint', `${source} has the driver ${JSON.stringify(builder.driver)}, which is not supported`, {
    hint: 'Name a builder with the driver docker, docker-container, kubernetes or remote (docker buildx ls).',
  });
}

/** The context can be put right, or the builder given up: another context would not be the builder's. */
function withoutItsContext(error: unknown, context: string, builder: string, source: string): BxError {
  const other = `remove the builder (docker buildx rm ${builder}), or name another one with --builder.`;
  if (error instanceof UnknownContextError) {
    return new BxError('endpoint', `${source} is on docker context "${context}", which does not exist`, {
      hint: `Make the context again (docker context create ${context} --docker host=…), ${other}`,
      cause: error,
    });
  }
  const { code, message } = toBxError(error, 'endpoint');
  return new BxError(code, message, {
    hint: `Make the context again (docker context rm ${context}, then create), ${other}`,
    cause: error,
  });
}

/** `?context=` of a `docker-container://` address. */
export function contextOf(address: string): string | null {
  return new URLSearchParams(address.split('?')[1] ?? '').get('context');
}

/** `kubernetes:///NAME?deployment=…&kubeconfig=…` is what buildx writes; the deployment carries the name of the node. */
function kubernetesAddress(node: StoredNode, source: string): string {
  const query = new URLSearchParams();
  const written = /^kubernetes:\/\/[^?]*\?(.*)$/.exec(node.endpoint)?.[1];
  const kubeconfig = written === undefined ? null : new URLSearchParams(written).get('kubeconfig');
  if (kubeconfig) query.set('kubeconfig', kubeconfig);
  else if (node.endpoint !== '' && !node.endpoint.includes('://')) query.set('context', node.endpoint);
  if (node.driverOpts.namespace) query.set('namespace', node.driverOpts.namespace);
  const deployment = node.name.replaceAll('_', '-');
  if (!/^[-a-z0-9.]+$/.test(deployment)) throw new BxError('endpoint', `${source}: ${deployment} cannot be a deployment's name`);
  return `kubernetes://${deployment}${query.size === 0 ? '' : `?${String(query).replaceAll('%2F', '/')}`}`;
}

async function remoteTls(node: StoredNode, source: string): Promise<TlsMaterial | null> {
  const { cacert, cert, key, servername } = node.driverOpts;
  if (!cacert && !cert && !key && !servername) return null;
  const wrong = (what: string): BxError =>
    new BxError('endpoint', `${source}: ${what}`, {
      hint: 'Make the builder again with cacert=, cert= and key=, each an absolute path (docker buildx create --driver remote --driver-opt …).',
    });
  if (!cacert) throw wrong('it uses TLS, and names no cacert');
  if (!cert !== !key) throw wrong(`it names a ${cert ? 'cert' : 'key'} without the ${cert ? 'key' : 'cert'} that belongs to it`);
  const read = async (option: string, path: string | undefined): Promise<string | null> => {
    if (!path) return null;
    if (!isAbsolute(path)) throw wrong(`${option}=${path} is no absolute path`);
    const pem = await readPem(path, source);
    if (pem === null) throw wrong(`there is no file ${path}, which ${option}= names`);
    return pem;
  };
  const [ca, certPem, keyPem] = await Promise.all([read('cacert', cacert), read('cert', cert), read('key', key)]);
  return { ca, cert: certPem, key: keyPem, skipVerify: false, serverName: servername || null };
}
