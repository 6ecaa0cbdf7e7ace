/** `index.json` of an OCI image layout: which blob stands under which name (opencontainers/image-spec, image-layout.md; BuildKit, client/ociindex). */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const REF_NAME = 'org.opencontainers.image.ref.name';
const IMAGE_NAME = 'io.containerd.image.name';

export interface Descriptor {
  readonly mediaType?: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Index {
  readonly schemaVersion: number;
  readonly mediaType?: string;
  readonly manifests: readonly Descriptor[];
}

/** A tag, or the whole name of an image, whose tag counts then. */
export type IndexName = { readonly tag: string } | { readonly image: string };

/** Null: there is no such layout, or none that can be read; `why` is for people. */
export type FoundDescriptor = { readonly descriptor: Descriptor } | { readonly why: string };

export function findInIndex(directory: string, tag: string): FoundDescriptor {
  let manifests: readonly Descriptor[];
  try {
    ({ manifests } = readIndex(directory));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { why: code === 'ENOENT' ? 'there is none' : `its index.json cannot be read: ${code ?? message}` };
  }
  const named = (key: string) => manifests.find(({ annotations }) => annotations?.[key] === tag);
  const descriptor = named(IMAGE_NAME) ?? named(REF_NAME);
  return descriptor ? { descriptor } : { why: `it has nothing under the tag ${tag}` };
}

/** As builds look up an image: where nothing has the tag, the only one that is there counts. */
export function findImage(directory: string, tag: string): FoundDescriptor {
  const found = findInIndex(directory, tag);
  if ('descriptor' in found) return found;
  try {
    const [only, ...others] = readIndex(directory).manifests;
    return only !== undefined && others.length === 0 ? { descriptor: only } : found;
  } catch {
    return found;
  }
}

/** Puts it in the place of what had the names. The blobs have to be there. Throws what the file system throws. */
export function putIntoIndex(directory: string, descriptor: Descriptor, names: readonly IndexName[]): void {
  let manifests: readonly Descriptor[] = [];
  try {
    ({ manifests } = readIndex(directory));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  for (const name of names) {
    const image = 'image' in name ? name.image : '';
    const tag = 'image' in name ? tagOf(name.image) : name.tag;
    const others = manifests.filter(
      ({ annotations = {} }) => annotations[REF_NAME] !== tag || (annotations[IMAGE_NAME] ?? '') !== image,
    );
    const annotations = { ...descriptor.annotations, ...(image !== '' && { [IMAGE_NAME]: image }), [REF_NAME]: tag };
    manifests = [...others, { ...descriptor, annotations }];
  }
  mkdirSync(directory, { recursive: true });
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests };
  write(directory, 'oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  write(directory, 'index.json', JSON.stringify(index));
}

function readIndex(directory: string): Index {
  const parsed: unknown = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8'));
  const { manifests } = (parsed ?? {}) as Partial<Index>;
  if (!Array.isArray(manifests)) throw new Error('it is no index');
  return parsed as Index;
}

/** containerd, pkg/reference: what follows the repository. */
function tagOf(image: string): string {
  const at = image.indexOf('@');
  const colon = image.indexOf(':', image.lastIndexOf('/', at < 0 ? undefined : at) + 1);
  if (colon >= 0 && (at < 0 || colon < at)) return image.slice(colon + 1);
  return at < 0 ? image : image.slice(at);
}

/** Whoever reads it meanwhile finds the one or the other, whole. */
function write(directory: string, name: string, text: string): void {
  const own = mkdtempSync(join(directory, '.bxtui-'));
  try {
    writeFileSync(join(own, name), text, { mode: 0o644 });
    renameSync(join(own, name), join(directory, name));
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}
