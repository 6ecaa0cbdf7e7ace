/** A directory on disk as a tree to send, with single files replaced by bytes in memory (the Dockerfile as it was read). */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { BxError } from '../../../platform/errors.js';
import { reasonOf } from '../../../platform/reason.js';
import { contentMtimeNs } from './content-mtime.js';
import { type FileStat, type FileTree, GoMode, type OpenFile, openBytes } from './file-tree.js';

/** Throws `BxError('input')` when `dir` is no directory that can be entered. Symlinks on the way to it are followed once, here. */
export function createDiskTree(dir: string, overrides: ReadonlyMap<string, Uint8Array> = new Map()): FileTree {
  const root = resolveRoot(dir);
  const absolute = (relative: string): string => (relative === '' ? root : `${root}/${relative}`);
  const overriddenNames = (relative: string): string[] =>
    [...overrides.keys()].filter((key) => parentOf(key) === relative).map((key) => path.posix.basename(key));
  return {
    label: dir,
    list(relative) {
      const names = fs.readdirSync(absolute(relative));
      for (const name of overriddenNames(relative)) if (!names.includes(name)) names.push(name);
      return names;
    },
    stat(relative) {
      const stat = lstatOrNull(absolute(relative));
      const bytes = overrides.get(relative);
      return bytes ? overriddenStat(stat, bytes, absolute(relative)) : stat && toFileStat(stat);
    },
    readLink: (relative) => slashed(fs.readlinkSync(absolute(relative))),
    open(relative) {
      const bytes = overrides.get(relative);
      return bytes ? openBytes(bytes) : openOnDisk(absolute(relative));
    },
    diskPath: (relative) => (overrides.has(relative) ? null : absolute(relative)),
  };
}

function resolveRoot(dir: string): string {
  try {
    const root = fs.realpathSync.native(dir);
    if (!fs.statSync(root).isDirectory())
      throw new BxError('input', `${dir} is not a directory`, { hint: 'Give the directory of the build context.' });
    return root === '/' ? '' : root;
  } catch (error) {
    if (error instanceof BxError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'there is no such directory' : reasonOf(error);
    throw new BxError('input', `cannot read ${dir}: ${why}`, { hint: 'Give the directory of the build context.', cause: error });
  }
}

function lstatOrNull(absolutePath: string): fs.BigIntStats | null {
  try {
    // Only bigint carries the nanoseconds of the modification time.
    return fs.lstatSync(absolutePath, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return null;
    throw error;
  }
}

/** A file replaced by other bytes gets another time, or the engine would take it for unchanged when the size is the same. */
function overriddenStat(stat: fs.BigIntStats | null, bytes: Uint8Array, absolutePath: string): FileStat {
  const base = { kind: 'file', sizeBytes: bytes.length, devMajor: 0, devMinor: 0, inode: null } as const;
  if (!stat?.isFile()) return { ...base, mode: 0o644, mtimeNs: contentMtimeNs(bytes) };
  const isAsOnDisk = Number(stat.size) === bytes.length && sameBytes(absolutePath, bytes);
  return { ...base, mode: goMode(Number(stat.mode)), mtimeNs: isAsOnDisk ? stat.mtimeNs : contentMtimeNs(bytes) };
}

function sameBytes(absolutePath: string, bytes: Uint8Array): boolean {
  try {
    return fs.readFileSync(absolutePath).equals(bytes);
  } catch {
    return false;
  }
}

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

function toFileStat(stat: fs.BigIntStats): FileStat {
  const mode = Number(stat.mode);
  const type = mode & S_IFMT;
  const kind = type === S_IFREG ? 'file' : type === S_IFDIR ? 'dir' : type === S_IFLNK ? 'symlink' : 'other';
  const isDevice = type === 0o020000 || type === 0o060000;
  const rdev = isDevice ? Number(stat.rdev) : 0;
  return {
    kind,
    mode: goMode(mode),
    sizeBytes: kind === 'dir' ? 0 : Number(stat.size),
    mtimeNs: stat.mtimeNs,
    devMajor: (rdev >> 8) & 0xfff,
    devMinor: (rdev & 0xff) | ((rdev >> 12) & 0xfff00),
    inode: kind !== 'dir' && stat.nlink > 1n ? `${stat.dev}:${stat.ino}` : null,
  };
}

/** st_mode of the operating system as Go's os.FileMode. Windows knows of no program by its permissions: all may be one, as with the docker command. */
export function goMode(mode: number, platform: NodeJS.Platform = process.platform): number {
  let result = platform === 'win32' ? (mode | 0o111) & 0o755 : mode & GoMode.permissions;
  switch (mode & S_IFMT) {
    case S_IFDIR:
      result += GoMode.dir;
      break;
    case S_IFLNK:
      result += GoMode.symlink;
      break;
    case 0o020000:
      result += GoMode.device + GoMode.charDevice;
      break;
    case 0o060000:
      result += GoMode.device;
      break;
    case 0o010000:
      result += GoMode.fifo;
      break;
    case 0o140000:
      result += GoMode.socket;
      break;
  }
  if (mode & 0o4000) result += GoMode.setuid;
  if (mode & 0o2000) result += GoMode.setgid;
  if (mode & 0o1000) result += GoMode.sticky;
  return result;
}

/** A target of a link as the engine reads it. */
function slashed(target: string): string {
  return process.platform === 'win32' ? target.replaceAll('\\', '/') : target;
}

function openOnDisk(absolutePath: string): OpenFile {
  // Without O_NONBLOCK a pipe that took the file's place meanwhile would hold the program up for ever.
  return new DiskFile(fs.openSync(absolutePath, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK));
}

class DiskFile implements OpenFile {
  private isOpen = true;
  constructor(private readonly fd: number) {}

  sizeBytes(): number {
    return fs.fstatSync(this.fd).size;
  }

  readSync(target: Buffer, offset: number, length: number): number {
    return fs.readSync(this.fd, target, offset, length, null);
  }

  read(target: Buffer, offset: number, length: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.fd, target, offset, length, null, (error, bytesRead) => (error ? reject(error) : resolve(bytesRead)));
    });
  }

  close(): void {
    if (this.isOpen) fs.closeSync(this.fd);
    this.isOpen = false;
  }
}

function parentOf(relative: string): string {
  const slash = relative.lastIndexOf('/');
  return slash < 0 ? '' : relative.slice(0, slash);
}
