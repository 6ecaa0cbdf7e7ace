/**
 * The archive of a container's path (Engine API, `GET /containers/{id}/archive`): the entries of its tar as they come, in the order of their
 * names, directories before what is in them. The container need not run. It must not know steps.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Header } from 'tar-stream';
import type { FileEntry, FileKind } from '../../core/model/index.js';
import type { EngineApi } from '../shared/engine-api.js';
import { nameOf } from '../shared/files/step-path.js';
import { loadTar } from './tar.js';

export interface ArchiveEntry {
  /** Within the archive, with a slash before it: `/dir/file` of the archive of `…/dir`. */
  readonly path: string;
  readonly entry: FileEntry;
  /** Another name of a file that has come before: its size is not told, and it has no bytes here. */
  readonly isHardLink: boolean;
  /** Only until the next entry is asked for. */
  readonly body: Readable;
}

/** Whoever stops reading ends the transfer. Throws `ApiError`, and what `api.broken` makes of a connection that ends. */
export async function* readArchive(
  api: EngineApi,
  container: string,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<ArchiveEntry, void> {
  const [tar, answer] = await Promise.all([
    loadTar(),
    api.stream('GET', `/containers/${container}/archive`, { query: { path }, signal }),
  ]);
  const extract = tar.extract();
  answer.on('error', (error) => extract.destroy(error));
  extract.on('error', () => answer.destroy());
  answer.pipe(extract);
  try {
    for await (const one of extract) {
      const { header } = one;
      const inner = `/${header.name.replace(/^\/+|\/+$/g, '')}`;
      yield {
        path: inner,
        entry: entryOf(header, nameOf(inner)),
        isHardLink: header.type === 'link',
        body: one as unknown as Readable,
      };
      one.resume();
    }
  } catch (error) {
    throw api.broken(error, signal);
  } finally {
    answer.destroy();
  }
}

/** Of all the bytes of an entry. */
export async function hashOf({ body }: ArchiveEntry): Promise<string> {
  const hash = createHash('sha1');
  for await (const chunk of body) hash.update(chunk as Uint8Array);
  return hash.digest('base64');
}

const KINDS: Readonly<Partial<Record<NonNullable<Header['type']>, FileKind>>> = {
  directory: 'dir',
  symlink: 'symlink',
  fifo: 'fifo',
  'character-device': 'device',
  'block-device': 'device',
};

function entryOf(header: Header, name: string): FileEntry {
  const kind = KINDS[header.type ?? 'file'] ?? 'file';
  return {
    name,
    kind,
    permissions: (header.mode ?? 0) & 0o7777,
    uid: header.uid ?? 0,
    gid: header.gid ?? 0,
    sizeBytes: kind === 'file' ? (header.size ?? 0) : 0,
    mtimeMs: header.mtime?.getTime() ?? 0,
    linkTarget: kind === 'symlink' ? (header.linkname ?? '') : null,
  };
}
