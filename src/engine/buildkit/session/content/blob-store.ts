/** A directory of blobs by their digests, as an OCI image layout has it: `blobs/sha256/HEX`. What is being written is beside them until it is whole. */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BxError } from '../../../../platform/errors.js';
import { writeReasonOf } from '../../../../platform/reason.js';

const DIGEST = /^sha256:([0-9a-f]{64})$/;
const CHUNK_BYTES = 1 << 20;

export interface BlobInfo {
  readonly digest: string;
  readonly size: number;
  readonly changedAt: Date;
}

/** Every call throws `BxError('input')` for what is no digest, and for a directory that cannot be used. */
export interface BlobStore {
  /** Null: it is not there. */
  info(digest: string): Promise<BlobInfo | null>;
  /** From an offset on, at most `size` bytes; 0: all. Of a blob that is there. */
  read(digest: string, offset: number, size: number): AsyncIterable<Buffer>;
  list(): Promise<readonly BlobInfo[]>;
  remove(digest: string): Promise<void>;
  write(): Promise<BlobWriter>;
}

export interface BlobWriter {
  readonly offset: number;
  append(data: Uint8Array): Promise<void>;
  /** Begins anew. */
  clear(): Promise<void>;
  /** Resolves with the digest. `size` 0, `digest` empty: whatever they are. Throws `BxError('engine')` where it is another than was said. */
  commit(size: number, digest: string): Promise<string>;
  /** Gives up what is not committed. Safe to call twice. */
  dispose(): Promise<void>;
}

export function createBlobStore(directory: string): BlobStore {
  const blobs = join(directory, 'blobs', 'sha256');
  const pathOf = (digest: string): string => {
    const hex = DIGEST.exec(digest)?.[1];
    if (hex === undefined) throw new BxError('input', `${JSON.stringify(digest)} is no digest`);
    return join(blobs, hex);
  };
  const info = async (digest: string): Promise<BlobInfo | null> => {
    const found = await stat(pathOf(digest)).catch(absentIsNull);
    return found?.isFile() ? { digest, size: found.size, changedAt: found.mtime } : null;
  };
  return {
    info,
    read(digest, offset, size) {
      const end = size > 0 ? { end: offset + size - 1 } : {};
      return createReadStream(pathOf(digest), { start: offset, ...end, highWaterMark: CHUNK_BYTES });
    },
    async list() {
      const names = (await readdir(blobs).catch(absentIsNull)) ?? [];
      const found = await Promise.all(
        names.filter((name) => DIGEST.test(`sha256:${name}`)).map((name) => info(`sha256:${name}`)),
      );
      return found.flatMap((one) => one ?? []);
    },
    remove: (digest) => rm(pathOf(digest), { force: true }),
    async write() {
      const ingest = join(directory, 'ingest');
      const path = join(ingest, randomBytes(12).toString('hex'));
      try {
        await Promise.all([mkdir(blobs, { recursive: true }), mkdir(ingest, { recursive: true })]);
        return createWriter(await open(path, 'wx', 0o644), path, pathOf);
      } catch (error) {
        throw new BxError('input', `cannot write into ${directory}: ${writeReasonOf(error)}`, { cause: error });
      }
    },
  };
}

function createWriter(file: FileHandle, path: string, pathOf: (digest: string) => string): BlobWriter {
  let hash = createHash('sha256');
  let offset = 0;
  let isOpen = true;
  const dispose = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await file.close();
    await rm(path, { force: true });
  };
  return {
    get offset() {
      return offset;
    },
    async append(data) {
      hash.update(data);
      for (let at = 0; at < data.length; ) at += (await file.write(data, at, data.length - at, offset + at)).bytesWritten;
      offset += data.length;
    },
    async clear() {
      hash = createHash('sha256');
      offset = 0;
      await file.truncate(0);
    },
    async commit(size, expected) {
      const digest = `sha256:${hash.digest('hex')}`;
      if ((size > 0 && size !== offset) || (expected !== '' && expected !== digest)) {
        throw new BxError(
          'engine',
          `the engine sent ${offset} bytes with the digest ${digest}, and said ${size} and ${expected}`,
        );
      }
      await file.sync();
      // Another may have come with the same meanwhile.
      await link(path, pathOf(digest)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      await dispose();
      return digest;
    },
    dispose,
  };
}

function absentIsNull(error: unknown): null {
  if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
  throw error;
}
