/** Which archive bytes begin, if any: as docker tells a context from a Dockerfile (docker/buildx, build/utils.go, isArchive). */
import { closeSync, openSync, readSync } from 'node:fs';

export type ArchiveKind = 'tar' | 'gzip' | 'bzip2' | 'xz' | 'zstd';

const MAGIC: ReadonlyArray<readonly [kind: ArchiveKind, bytes: readonly number[]]> = [
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

const BLOCK_BYTES = 512;
/** Where a header has its checksum (POSIX.1-2017, pax, ustar Interchange Format). */
const CHECKSUM = { start: 148, end: 156 };

/** `head`: the first 512 bytes at least, where there are as many. Null: it is none. */
export function archiveKind(head: Uint8Array): ArchiveKind | null {
  const found = MAGIC.find(([, bytes]) => bytes.every((byte, index) => head[index] === byte));
  if (found) return found[0];
  return isTarHeader(head.subarray(0, BLOCK_BYTES)) ? 'tar' : null;
}

/** Of a file's bytes. Throws what reading it throws. */
export function archiveKindOf(path: string): ArchiveKind | null {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(BLOCK_BYTES);
    return archiveKind(head.subarray(0, readSync(file, head, 0, head.length, 0)));
  } finally {
    closeSync(file);
  }
}

/** The checksum is the sum of all bytes, with blanks in its own place; some old programs have added them up as signed ones. */
function isTarHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK_BYTES) return false;
  const written = Buffer.from(block.subarray(CHECKSUM.start, CHECKSUM.end))
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .trimStart();
  if (!/^[0-7]+$/.test(written)) return false;
  let unsigned = 0;
  let signed = 0;
  block.forEach((byte, index) => {
    const value = index >= CHECKSUM.start && index < CHECKSUM.end ? 0x20 : byte;
    unsigned += value;
    signed += value > 127 ? value - 256 : value;
  });
  const sum = Number.parseInt(written, 8);
  return sum === unsigned || sum === signed;
}
