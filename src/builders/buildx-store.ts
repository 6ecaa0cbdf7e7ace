/**
 * The builders that buildx has made, as it keeps them (docker/buildx, store/): one JSON file per builder, the one chosen with
 * `docker buildx use`, and one per docker endpoint. Read only, and without buildx's lock: its files are replaced whole.
 */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BxError, toBxError } from '../platform/errors.js';
import { dockerConfigDir, type Env } from './docker-config.js';
import { readJsonObject, readTextFile } from './read-json.js';

export interface StoredBuilder {
  readonly name: string;
  readonly driver: string;
  /** At least one. */
  readonly nodes: readonly StoredNode[];
}

export interface StoredNode {
  readonly name: string;
  /** A docker context, or an address. */
  readonly endpoint: string;
  /** Those that it was given by hand: `linux/arm64`. */
  readonly platforms: readonly string[];
  readonly flags: readonly string[];
  readonly driverOpts: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
}

/** A builder of the store, or why it cannot be used. */
export interface ListedBuilder {
  readonly name: string;
  readonly builder: StoredBuilder | null;
  readonly problem: BxError | null;
}

const NAME = /^[a-z][a-z0-9.\-_]*$/i;
/** Bytes of the hash that name a file in `defaults`. */
const KEY_DIGITS = 20;

/** `BUILDX_CONFIG`, else `buildx` in docker's own directory. */
export function buildxDir(env: Env): string {
  return env.BUILDX_CONFIG || join(dockerConfigDir(env), 'buildx');
}

/** Null when there is none of that name. Throws `BxError('endpoint')` for a damaged file. */
export async function storedBuilder(name: string, env: Env): Promise<StoredBuilder | null> {
  if (!NAME.test(name)) return null;
  const path = join(buildxDir(env), 'instances', name.toLowerCase());
  const hint = repairHint(name);
  const file = await readJsonObject(path, hint);
  return file === null ? null : readBuilder(file, name, path, hint);
}

/** In the order of their names, damaged ones included. */
export async function storedBuilders(env: Env): Promise<ListedBuilder[]> {
  const files = await readdir(join(buildxDir(env), 'instances')).catch(() => [] as string[]);
  const names = files.filter((file) => NAME.test(file)).sort();
  return Promise.all(
    names.map(async (name) => {
      try {
        const builder = await storedBuilder(name, env);
        return { name: builder?.name ?? name, builder, problem: null };
      } catch (error) {
        return { name, builder: null, problem: toBxError(error, 'endpoint') };
      }
    }),
  );
}

/**
 * The name that `docker buildx use` has chosen for a docker endpoint (a context's name, or the address where there is none), null when it has
 * chosen none. Throws `BxError('endpoint')` for a damaged file.
 */
export async function chosenBuilder(key: string, env: Env): Promise<string | null> {
  const dir = buildxDir(env);
  const path = join(dir, 'current');
  const hint = 'Choose a builder again (docker buildx use NAME), or name one with --builder.';
  const current = (await readJsonObject(path, hint)) as { Key?: unknown; Name?: unknown; Global?: unknown } | null;
  if (typeof current?.Name === 'string' && current.Name !== '' && (current.Global === true || current.Key === key)) {
    return current.Name;
  }
  if (current?.Key === key) return null;
  const digits = createHash('sha256').update(key).digest('hex').slice(0, KEY_DIGITS);
  return (await readTextFile(join(dir, 'defaults', digits), hint))?.trim() || null;
}

function readBuilder(file: Readonly<Record<string, unknown>>, name: string, path: string, hint: string): StoredBuilder {
  const damaged = (what: string): BxError => new BxError('endpoint', `${path} is damaged: ${what}`, { hint });
  const nodes = Array.isArray(file.Nodes) ? (file.Nodes as unknown[]) : [];
  if (nodes.length === 0) throw damaged('it has no node');
  const told = text(file.Name) || name;
  if (told.toLowerCase() !== name.toLowerCase()) throw damaged(`it says the name "${told}", which is that of another builder`);
  return {
    name: told,
    driver: text(file.Driver),
    nodes: nodes.map((node, index) => readNode(node, index, damaged)),
  };
}

function readNode(value: unknown, index: number, damaged: (what: string) => BxError): StoredNode {
  const node = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  if (text(node.Name) === '') throw damaged(`its node ${index + 1} has no name`);
  const platforms = Array.isArray(node.Platforms) ? (node.Platforms as unknown[]) : [];
  return {
    name: text(node.Name),
    endpoint: text(node.Endpoint),
    platforms: platforms.map(platformText).filter((platform) => platform !== ''),
    flags: Array.isArray(node.Flags) ? node.Flags.map(String) : [],
    driverOpts: texts(node.DriverOpts),
    files: texts(node.Files),
  };
}

/** Old stores hold texts, newer ones the fields of an OCI platform. */
function platformText(value: unknown): string {
  if (typeof value === 'string') return value;
  const { os, architecture, variant } = (value ?? {}) as Record<string, unknown>;
  return [os, architecture, variant].map(text).filter(Boolean).join('/');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): Record<string, string> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function repairHint(name: string): string {
  return `Make the builder again (docker buildx rm ${name}, then create), or name another one with --builder.`;
}
