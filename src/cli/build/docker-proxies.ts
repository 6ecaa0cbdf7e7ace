/** `proxies` of docker's configuration file. It must not fail a build: who asks registries says what is wrong with that file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildSettings } from '../../engine/engine.js';
import { homeDirectory } from '../../platform/person.js';

type Proxies = NonNullable<BuildSettings['proxies']>;

/** The keys that docker/buildx takes (store/storeutil), and the arguments that they are. */
const ARGS = { httpProxy: 'HTTP_PROXY', httpsProxy: 'HTTPS_PROXY', noProxy: 'NO_PROXY', ftpProxy: 'FTP_PROXY' } as const;

/** By the engine's address, or `default`. Empty: none is configured. */
export function readDockerProxies(env: NodeJS.ProcessEnv): Proxies {
  const path = join(env.DOCKER_CONFIG || join(homeDirectory(env), '.docker'), 'config.json');
  try {
    const { proxies } = JSON.parse(readFileSync(path, 'utf8')) as { proxies?: Record<string, Record<string, unknown> | null> };
    return Object.fromEntries(Object.entries(proxies ?? {}).map(([address, entry]) => [address, argsOf(entry ?? {})]));
  } catch {
    return {};
  }
}

function argsOf(entry: Record<string, unknown>): Array<readonly [name: string, value: string]> {
  return Object.entries(ARGS).flatMap(([key, name]) => {
    const value = entry[key];
    return typeof value === 'string' && value !== '' ? [[name, value] as const] : [];
  });
}
