/** Named contexts that are images in directories of this machine: what the frontend is told of them, and the stores that the session serves for them. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { BxError } from '../../platform/errors.js';
import type { BuildRequest, NamedContext } from '../engine.js';
import { findImage } from '../shared/files/oci-index.js';

type Layout = Extract<NamedContext['from'], { readonly kind: 'layout' }>;

const DIGEST = /^sha256:([0-9a-f]{64})$/;

/** `context:NAME` (moby/buildkit, frontend/dockerui/namedcontext.go). Throws `BxError('input')` where the directory has no such image. */
export function layoutReference(name: string, from: Layout): string {
  const digest = 'digest' in from ? from.digest : digestOf(name, from.dir, from.tag);
  const hex = DIGEST.exec(digest)?.[1];
  if (hex === undefined) throw missing(name, from.dir, `its index.json has ${JSON.stringify(digest)} for a digest`);
  const blob = join(from.dir, 'blobs', 'sha256', hex);
  if (!statSync(blob, { throwIfNoEntry: false })?.isFile()) {
    throw missing(name, from.dir, `it has no ${digest}`);
  }
  return `oci-layout://${storeId(from.dir)}@${digest}`;
}

/** Directories by the ids of the stores that the engine asks for (moby/buildkit, client/solve.go: those of images have the prefix). */
export function layoutStores({ contexts = [] }: Pick<BuildRequest, 'contexts'>): ReadonlyMap<string, string> {
  return new Map(contexts.flatMap(({ from }) => (from.kind === 'layout' ? [[`oci:${storeId(from.dir)}`, from.dir]] : [])));
}

function digestOf(name: string, directory: string, tag: string): string {
  const found = findImage(directory, tag);
  if ('descriptor' in found) return found.descriptor.digest;
  throw missing(name, directory, found.why);
}

function missing(name: string, directory: string, why: string): BxError {
  return new BxError('input', `--build-context ${name}=oci-layout://${directory}: ${why}`, {
    hint: `Look at what it has: ${join(directory, 'index.json')}`,
  });
}

/** It has to be the name of a repository. The same with every build, so that the steps on it are the same. */
function storeId(directory: string): string {
  return `layout-${createHash('sha256').update(directory).digest('hex').slice(0, 24)}`;
}
