/** Registry credentials from the docker configuration and its credential helpers, looked up when the engine asks for a host. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { homeDirectory } from '../../platform/person.js';
import { reasonOf } from '../../platform/reason.js';
import { configKeyOf, hostOfKey, registryAt } from './registry-name.js';
import type { CredentialsLookUp } from './registry-refusal.js';

export interface RegistryCredentials {
  /** Empty for an identity token. */
  readonly username: string;
  readonly secret: string;
}

export interface RegistryAuth {
  /** Null: none are configured, the registry is asked anonymously. */
  lookUp(host: string): Promise<RegistryCredentials | null>;
  /** What has been looked up until now. */
  lookUps(): readonly CredentialsLookUp[];
  /** Registries that the docker configuration or its credential store has credentials for. */
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

const HELPER_TIMEOUT_MS = 60_000;
/** It then answers by what else is configured, or to nobody. */
const AND_THEN = '; the registry is asked without it';

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
  const lookUps = new Map<string, CredentialsLookUp>();
  // A key-chain that is asked twice at once may hang; one question at a time, and each host once.
  const known = new Map<string, Promise<RegistryCredentials | null>>();
  let previous: Promise<unknown> = Promise.resolve();
  const find = async (registry: string): Promise<RegistryCredentials | null> => {
    const { credentials, ...told } = await findCredentials(configKeyOf(registry), env, warnOnce);
    lookUps.set(registry, { registry, username: credentials?.username ?? null, ...told });
    return credentials;
  };
  return {
    lookUp(host) {
      const registry = registryAt(host);
      let answer = known.get(registry);
      if (!answer) {
        answer = previous.then(() => find(registry));
        previous = answer.catch(() => {});
        known.set(registry, answer);
      }
      return answer;
    },
    lookUps: () => [...lookUps.values()],
    async configured() {
      const { auths = {}, credHelpers = {}, credsStore } = await readDockerConfig(env, warnOnce);
      const stored = credsStore ? await listStore(credsStore, env, warnOnce) : [];
      return [...new Set([...Object.keys(auths), ...Object.keys(credHelpers), ...stored].map(hostOfKey))];
    },
  };
}

interface Found {
  readonly credentials: RegistryCredentials | null;
  readonly source: string;
  readonly problem: string | null;
}

async function findCredentials(
  key: string,
  env: Readonly<Record<string, string | undefined>>,
  warn: (message: string) => void,
): Promise<Found> {
  let problem: string | null = null;
  const config = await readDockerConfig(env, warn);
  const helper = config.credHelpers?.[key] ?? (config.credsStore || undefined);
  if (helper !== undefined) {
    const found = await askHelper(helper, key, env, (sentence) => {
      problem = sentence;
      warn(`${sentence}${AND_THEN}`);
    });
    if (found) return { credentials: found, source: programOf(helper), problem: null };
  }
  const entry = config.auths?.[key] ?? sameHostEntry(config.auths ?? {}, key);
  const credentials = entry ? fromEntry(entry) : null;
  const isHelperToBlame = helper !== undefined && credentials === null;
  return { credentials, source: isHelperToBlame ? programOf(helper) : configPath(env), problem };
}

function configPath(env: Readonly<Record<string, string | undefined>>): string {
  return join(env.DOCKER_CONFIG || join(homeDirectory(env), '.docker'), 'config.json');
}

async function readDockerConfig(
  env: Readonly<Record<string, string | undefined>>,
  warn: (message: string) => void,
): Promise<DockerConfig> {
  const path = configPath(env);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
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

function sameHostEntry(auths: Readonly<Record<string, AuthEntry>>, key: string): AuthEntry | undefined {
  const wanted = hostOfKey(key);
  return Object.entries(auths).find(([name]) => hostOfKey(name) === wanted)?.[1];
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

async function askHelper(
  helper: string,
  key: string,
  env: Readonly<Record<string, string | undefined>>,
  fail: (message: string) => void,
): Promise<RegistryCredentials | null> {
  const answer = await runHelper(helper, 'get', key, env, (why) =>
    fail(`the credential helper ${programOf(helper)} gave nothing for ${hostOfKey(key)}: ${why}`),
  );
  const { Username, Secret } = (answer ?? {}) as { readonly Username?: string; readonly Secret?: string };
  if (!Secret) return null;
  return { username: Username === '<token>' ? '' : (Username ?? ''), secret: Secret };
}

/** The keys that a store has credentials for. */
async function listStore(
  store: string,
  env: Readonly<Record<string, string | undefined>>,
  warn: (message: string) => void,
): Promise<readonly string[]> {
  const answer = await runHelper(store, 'list', '', env, (why) =>
    warn(`the credential helper ${programOf(store)} does not tell what it has: ${why}`),
  );
  return Object.keys(answer ?? {});
}

function programOf(helper: string): string {
  return `docker-credential-${helper}`;
}

/** The protocol of docker-credential-helpers: the server on stdin, JSON or a sentence on stdout. Null: it has nothing, or `fail` was called. */
async function runHelper(
  helper: string,
  verb: 'get' | 'list',
  input: string,
  env: Readonly<Record<string, string | undefined>>,
  fail: (why: string) => void,
): Promise<object | null> {
  const { execa } = await import('execa');
  const options = { input, reject: false, timeout: HELPER_TIMEOUT_MS, env: { ...env }, extendEnv: false } as const;
  const result = await execa(programOf(helper), [verb], options);
  if (result.failed) {
    const said = `${result.stdout ?? ''} ${result.stderr ?? ''}`.trim();
    if (/credentials not found/i.test(said)) return null;
    if (result.code === 'ENOENT') fail('it is not installed');
    else if (result.timedOut) fail('it did not answer');
    else fail(said || (result.exitCode === undefined ? 'it failed' : `it ended with status ${result.exitCode}`));
    return null;
  }
  try {
    const answer: unknown = JSON.parse(result.stdout);
    if (typeof answer === 'object') return answer;
  } catch {}
  fail('its answer is not JSON');
  return null;
}
