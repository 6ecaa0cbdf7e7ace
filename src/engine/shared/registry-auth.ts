/** Registry credentials from the docker configuration and its credential helpers, looked up when the engine asks for a host. */

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { reasonOf } from '../../platform/reason.js';

export interface RegistryCredentials {
  /** Empty for an identity token. */
  readonly username: string;
  readonly secret: string;
}

export interface RegistryAuth {
  /** Null: none are configured, the registry is asked anonymously. */
  lookUp(host: string): Promise<RegistryCredentials | null>;
  /** Hosts that the docker configuration names; not those that only a credential store knows. */
  configured(): Promise<readonly string[]>;
}

interface AuthEntry {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

interface DockerConfig {
  readonly auths?: Readonly<Record<string, AuthEntry>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

/** Docker Hub is asked for under the host of its registry, and configured under the address of its index. */
const HUB_HOST = 'registry-1.docker.io';
const HUB_KEY = 'https://index.docker.io/v1/';
const HELPER_TIMEOUT_MS = 60_000;

/** `onWarning`: what could not be used, a sentence; the registry is then asked anonymously. */
export function createRegistryAuth(
  env: Readonly<Record<string, string | undefined>>,
  onWarning: (message: string) => void,
): RegistryAuth {
  const warned = new Set<string>();
  const warnOnce = (message: string): void => {
    if (!warned.has(message)) onWarning(message);
    warned.add(message);
  };
  // A key-chain that is asked twice at once may hang; one question at a time, and each host once.
  const known = new Map<string, Promise<RegistryCredentials | null>>();
  let previous: Promise<unknown> = Promise.resolve();
  return {
    lookUp(host) {
      const key = host === HUB_HOST ? HUB_KEY : host;
      let answer = known.get(key);
      if (!answer) {
        answer = previous.then(() => findCredentials(key, env, warnOnce));
        previous = answer.catch(() => {});
        known.set(key, answer);
      }
      return answer;
    },
    async configured() {
      const { auths = {}, credHelpers = {} } = await readDockerConfig(env, warnOnce);
      return [...new Set([...Object.keys(auths), ...Object.keys(credHelpers)])];
    },
  };
}

async function findCredentials(
  key: string,
  env: Readonly<Record<string, string | undefined>>,
  warn: (message: string) => void,
): Promise<RegistryCredentials | null> {
  const config = await readDockerConfig(env, warn);
  const helper = config.credHelpers?.[key] ?? (config.credsStore || undefined);
  if (helper !== undefined) {
    const found = await askHelper(helper, key, env, warn);
    if (found) return found;
  }
  const entry = config.auths?.[key] ?? sameHostEntry(config.auths ?? {}, key);
  return entry ? fromEntry(entry) : null;
}

async function readDockerConfig(
  env: Readonly<Record<string, string | undefined>>,
  warn: (message: string) => void,
): Promise<DockerConfig> {
  const path = join(env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker'), 'config.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      warn(`cannot read ${path}: ${reasonOf(error)}; registries are asked anonymously`);
    return {};
  }
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as DockerConfig) : {};
  } catch (error) {
    warn(`${path} is not valid JSON: ${(error as Error).message}; registries are asked anonymously`);
    return {};
  }
}

/** `https://registry.example/v2/` and `registry.example` mean the same registry. */
function sameHostEntry(auths: Readonly<Record<string, AuthEntry>>, key: string): AuthEntry | undefined {
  const wanted = hostOf(key);
  return Object.entries(auths).find(([name]) => hostOf(name) === wanted)?.[1];
}

function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function fromEntry(entry: AuthEntry): RegistryCredentials | null {
  if (entry.identitytoken) return { username: '', secret: entry.identitytoken };
  if (entry.auth) {
    const decoded = Buffer.from(entry.auth, 'base64').toString('utf8').replace(/\0+$/, '');
    const colon = decoded.indexOf(':');
    if (colon > 0) return { username: decoded.slice(0, colon), secret: decoded.slice(colon + 1) };
  }
  return entry.username ? { username: entry.username, secret: entry.password ?? '' } : null;
}

/** The protocol of docker-credential-helpers: the server on stdin, JSON or a sentence on stdout. */
async function askHelper(
  helper: string,
  key: string,
  env: Readonly<Record<string, string | undefined>>,
  warn: (message: string) => void,
): Promise<RegistryCredentials | null> {
  const program = `docker-credential-${helper}`;
  const { execa } = await import('execa');
  const result = await execa(program, ['get'], {
    input: key,
    reject: false,
    timeout: HELPER_TIMEOUT_MS,
    env: { ...env },
    extendEnv: false,
  });
  if (result.failed) {
    const said = `${result.stdout ?? ''} ${result.stderr ?? ''}`.trim();
    if (/credentials not found/i.test(said)) return null;
    const why =
      result.code === 'ENOENT'
        ? 'it is not installed'
        : result.timedOut
          ? 'it did not answer'
          : said || result.shortMessage || 'it failed';
    warn(`the credential helper ${program} gave nothing for ${key}: ${why}; the registry is asked without it`);
    return null;
  }
  try {
    const answer = JSON.parse(result.stdout) as { Username?: string; Secret?: string };
    if (!answer.Secret) return null;
    return { username: answer.Username === '<token>' ? '' : (answer.Username ?? ''), secret: answer.Secret };
  } catch {
    warn(`the credential helper ${program} answered nonsense for ${key}; the registry is asked without it`);
    return null;
  }
}
