/** What is sent: a tree of files, on disk or in memory. Calls are synchronous: it is read in short slices, and callbacks would cost twice the time. */

/** Go's os.FileMode: the type bits that travel in `Stat.mode`. */
export const GoMode = {
  dir: 2 ** 31,
  symlink: 1 << 27,
  device: 1 << 26,
  fifo: 1 << 25,
  socket: 1 << 24,
  setuid: 1 << 23,
  setgid: 1 << 22,
  charDevice: 1 << 21,
  sticky: 1 << 20,
  permissions: 0o777,
} as const;

export interface FileStat {
  readonly kind: 'file' | 'dir' | 'symlink' | 'other';
  /** Go's FileMode, as an unsigned number. */
  readonly mode: number;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly devMajor: number;
  readonly devMinor: number;
  /** The same for all names of one inode; null for a file with one name. */
  readonly inode: string | null;
}

/** An open file. `read` fills `target` from the file's position and returns the bytes read, 0 at the end. */
export interface OpenFile {
  /** As it is now; it may have changed since the entry was looked at. */
  sizeBytes(): number;
  readSync(target: Buffer, offset: number, length: number): number;
  read(target: Buffer, offset: number, length: number): Promise<number>;
  close(): void;
}

export interface FileTree {
  /** Where it is, for messages: a directory, or `memory`. */
  readonly label: string;
  /** Names in a directory, `''` for the root; in any order. Throws the operating system's error. */
  list(dir: string): string[];
  /** The entry itself, not what a symlink points to; null when there is none (any more). */
  stat(path: string): FileStat | null;
  readLink(path: string): string;
  open(path: string): OpenFile;
  /** Absolute path on disk, for extended attributes and messages; null where there is none. */
  diskPath(path: string): string | null;
}

/** An open file over bytes in memory. */
export function openBytes(data: Uint8Array): OpenFile {
  let position = 0;
  const readSync = (target: Buffer, offset: number, length: number): number => {
    const part = data.subarray(position, position + length);
    target.set(part, offset);
    position += part.length;
    return part.length;
  };
  return {
    sizeBytes: () => data.length,
    readSync,
    read: async (target, offset, length) => readSync(target, offset, length),
    close() {},
  };
}
