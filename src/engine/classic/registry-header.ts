/** `X-Registry-Config`: the classic builder cannot ask for credentials, so those that it may need go with the build. */
import type { DockerfilePlan } from '../../core/dockerfile/index.js';
import { createRegistryAuth } from '../shared/registry-auth.js';

const HUB_KEY = 'https://index.docker.io/v1/';

/** Null: none are known for what the Dockerfile names. */
export async function registryConfig(
  plan: DockerfilePlan,
  env: Readonly<Record<string, string | undefined>>,
  onWarning: (message: string) => void,
): Promise<string | null> {
  const auth = createRegistryAuth(env, onWarning);
  const images = imagesOf(plan);
  const hosts = new Set(images.filter((image) => !image.includes('$')).map(registryOf));
  // What an argument names is known to the engine only.
  if (images.some((image) => image.includes('$'))) for (const host of await auth.configured()) hosts.add(host);
  const entries: Record<string, object> = {};
  for (const host of hosts) {
    const found = await auth.lookUp(host);
    if (!found) continue;
    const { username, secret } = found;
    entries[host] =
      username === '' ? { identitytoken: secret, serveraddress: host } : { username, password: secret, serveraddress: host };
  }
  if (Object.keys(entries).length === 0) return null;
  return Buffer.from(JSON.stringify(entries)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function imagesOf({ stages, instructions }: DockerfilePlan): string[] {
  const names = new Set(stages.flatMap(({ name }) => name ?? []));
  const copied = instructions.flatMap(({ instruction, text }) =>
    instruction === 'COPY' ? (/ --from=(\S+)/.exec(text)?.[1] ?? []) : [],
  );
  return [...stages.map(({ base }) => base), ...copied].filter(
    (image) => image !== 'scratch' && !names.has(image.toLowerCase()) && !/^\d+$/.test(image),
  );
}

/** distribution/reference: the first part is a host when it looks like one. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return !isHost || first === 'docker.io' || first === 'index.docker.io' ? HUB_KEY : first;
}
