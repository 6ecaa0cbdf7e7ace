/**
 * An image in an archive (OCI image-spec, image-layout.md) or in a registry as lines that can be compared: its index, what is in it, and what is
 * attested.
 */
import { readFileSync } from 'node:fs';
import { extract } from 'tar-stream';
import type { Registry } from '../helpers/registry.js';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly platform?: { readonly os: string; readonly architecture: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** As docker has it in the names of images and in what is attested of them. */
type Cleaned = (text: string) => string;

/** `own`: texts that are another in each archive; times, digests and ids are left out anyway. */
export async function describeImageArchive(path: string, own: readonly string[]): Promise<string[]> {
  const blobs = new Map<string, Buffer>();
  const archive = extract();
  archive.end(readFileSync(path));
  for await (const entry of archive) {
    const parts: Uint8Array[] = [];
    for await (const part of entry) parts.push(part as Uint8Array);
    blobs.set(entry.header.name, Buffer.concat(parts));
  }
  const read = <T>(name: string): T => JSON.parse(blobs.get(name)?.toString('utf8') ?? 'null') as T;
  const cleaned: Cleaned = (text) => own.reduce((so, one) => so.replaceAll(one, 'OWN'), text);
  const { manifests = [] } = read<Manifest>('index.json');
  return manifests.flatMap((one) => linesOf(one, '', (digest) => read(`blobs/${digest.replace(':', '/')}`), cleaned));
}

/** `image`: `team/app:tag`. */
export async function describePushed(registry: Registry, image: string, own: readonly string[]): Promise<string[]> {
  const repository = image.replace(/:[^:]*$/, '');
  const blobs = new Map<string, unknown>();
  const fetchBelow = async (manifest: Manifest): Promise<void> => {
    for (const { digest } of manifest.manifests ?? []) {
      const below = await registry.manifest(`${repository}@${digest}`);
      blobs.set(digest, below);
      await fetchBelow(below as Manifest);
    }
    const told = [...(manifest.config ? [manifest.config] : []), ...(manifest.layers ?? []).filter(isStatement)];
    for (const { digest } of told) blobs.set(digest, JSON.parse(String(await registry.blob(repository, digest))));
  };
  const index = (await registry.manifest(image)) as { readonly mediaType: string } | null;
  if (index === null) return [`there is no ${image}`];
  await fetchBelow(index as Manifest);
  blobs.set('', index);
  const cleaned: Cleaned = (text) => own.reduce((so, one) => so.replaceAll(one, 'OWN'), text);
  return linesOf({ mediaType: index.mediaType, digest: '' }, '', <T>(digest: string) => blobs.get(digest) as T, cleaned);
}

function isStatement({ mediaType }: Descriptor): boolean {
  return mediaType.includes('in-toto');
}

function linesOf(descriptor: Descriptor, indent: string, read: <T>(digest: string) => T, cleaned: Cleaned): string[] {
  const { mediaType, platform, annotations, digest } = descriptor;
  const told = read<Manifest>(digest);
  const where = platform === undefined ? '' : ` ${platform.os}/${platform.architecture}`;
  const head = `${indent}${mediaType}${where} ${marks(annotations, cleaned)} of its own ${marks(told.annotations, cleaned)}`;
  const below = `${indent}  `;
  if (told.manifests) return [head, ...told.manifests.flatMap((one) => linesOf(one, below, read, cleaned))];
  const config =
    told.config === undefined ? {} : read<{ os?: string; architecture?: string; history?: unknown[] }>(told.config.digest);
  const layers = (told.layers ?? []).map((layer) => {
    return `${below}${layer.mediaType} ${marks(layer.annotations, cleaned)}${isStatement(layer) ? ` ${attested(read(layer.digest), cleaned)}` : ''}`;
  });
  return [head, `${below}${config.os}/${config.architecture}, history ${config.history?.length ?? 0}`, ...layers];
}

/** Without what names a digest or a time. */
function marks(annotations: Readonly<Record<string, string>> = {}, cleaned: Cleaned): string {
  const kept = Object.entries(annotations).filter(([name]) => !/created|digest/.test(name));
  return cleaned(JSON.stringify(Object.fromEntries(kept.sort())));
}

/** Subjects, what was built with what, and which further parts there are. */
function attested(statement: Readonly<Record<string, unknown>>, cleaned: Cleaned): string {
  const predicate = statement.predicate as Readonly<Record<string, unknown>>;
  const { invocation, materials, buildConfig, metadata, ...rest } = predicate as {
    readonly invocation?: { readonly parameters?: unknown };
    readonly materials?: readonly unknown[];
    readonly buildConfig?: { readonly llbDefinition?: readonly unknown[] };
    readonly metadata?: Readonly<Record<string, unknown>>;
  };
  const subjects = (statement.subject as ReadonlyArray<{ readonly name: string }>).map(({ name }) => name);
  const parts = [
    subjects,
    rest,
    invocation?.parameters,
    materials,
    buildConfig?.llbDefinition?.length,
    Object.keys(metadata ?? {}),
  ];
  return cleaned(JSON.stringify(parts));
}
