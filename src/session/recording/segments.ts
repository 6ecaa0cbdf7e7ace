/**
 * The files of one record that is being written: segments, each playable by itself, the oldest of which go when they are too much
 * together. It must not know what is in them.
 */
import { type FileHandle, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

const SEGMENT = /^\d{6}\.jsonl$/;

export interface Segments {
  /** Bytes of the one that is being written. */
  readonly bytes: number;
  /** Number of the one that `begin` makes next. */
  readonly next: number;
  /** Ends the present segment and makes the next one with this at its beginning. */
  begin(text: string): Promise<void>;
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

/** `directory` is there already and has no segments. Whatever fails rejects; nothing more may be written then. */
export function createSegments(directory: string, maxBytes: number): Segments {
  let file: FileHandle | null = null;
  let bytes = 0;
  let next = 1;

  const write = async (text: string): Promise<void> => {
    const data = Buffer.from(text);
    for (let at = 0; at < data.length; ) at += (await file!.write(data, at)).bytesWritten;
    bytes += data.length;
  };
  return {
    get bytes() {
      return bytes;
    },
    get next() {
      return next;
    },
    async begin(text) {
      await file?.close();
      file = await open(join(directory, segmentName(next)), 'wx', 0o600);
      next++;
      bytes = 0;
      await write(text);
      await dropOldest(directory, maxBytes);
    },
    append: write,
    async close() {
      await file?.close();
      file = null;
    },
  };
}

export function segmentName(number: number): string {
  return `${String(number).padStart(6, '0')}.jsonl`;
}

/** Names in order; empty when there is no such directory. */
export async function segmentNames(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => SEGMENT.test(name)).sort();
}

/** The newest is kept whatever its size. */
async function dropOldest(directory: string, maxBytes: number): Promise<void> {
  const names = await segmentNames(directory);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
  let total = sizes.reduce((sum, size) => sum + size, 0);
  for (let at = 0; at < names.length - 1 && total > maxBytes; at++) {
    await unlink(join(directory, names[at]!));
    total -= sizes[at]!;
  }
}
