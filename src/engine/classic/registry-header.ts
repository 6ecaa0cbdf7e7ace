/** `X-Registry-Config`: the classic builder cannot ask for credentials, so those that it may need go with the build. */
import type { DockerfilePlan, PlannedInstruction } from '../../core/dockerfile/index.js';
import type { RegistryAuth } from '../shared/registry-auth.js';
import { configKeyOf, registryOf } from '../shared/registry-name.js';

/** Null: none are known for what the Dockerfile names. */
export async function registryConfig(plan: DockerfilePlan, auth: RegistryAuth): Promise<string | null> {
  const images = imagesOf(plan);
  const hosts = new Set(images.filter((image) => !image.includes('$')).map(registryOf));
  // What an argument names is known to the engine only.
  if (images.some((image) => image.includes('$'))) for (const host of await auth.configured()) hosts.add(host);
  const entries: Record<string, object> = {};
  for (const host of hosts) {
    const found = await auth.lookUp(host);
    if (!found) continue;
    const { username, secret } = found;
    const serveraddress = configKeyOf(host);
    entries[serveraddress] =
      username === '' ? { identitytoken: secret, serveraddress } : { username, password: secret, serveraddress };
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

/** The image that an instruction begins with or takes from; null when it names none. */
export function imageAt({ stages }: DockerfilePlan, { instruction, text, stage }: PlannedInstruction): string | null {
  return (instruction === 'FROM' ? stages[stage]?.base : / --from=(\S+)/.exec(text)?.[1]) ?? null;
}
