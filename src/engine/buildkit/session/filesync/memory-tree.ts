/** Files that exist in memory only (a probe's Dockerfile, a toolbox), as a tree to send. */
import { contentMtimeNs } from '../../../shared/files/content-mtime.js';
import { type FileStat, type FileTree, GoMode, openBytes } from '../../../shared/files/file-tree.js';
import { cleanPath } from '../../../shared/files/go-path.js';

/** Bytes, or bytes with permissions (default 0o644). */
export type MemoryFile = Uint8Array | { readonly data: Uint8Array; readonly mode: number };

const DIRECTORY: FileStat = {
  kind: 'dir',
  mode: GoMode.dir + 0o755,
  sizeBytes: 0,
  mtimeNs: 1_000_000_000_000_000_000n,
  devMajor: 0,
  devMinor: 0,
  inode: null,
};

/** Keys are paths relative to the tree's root; directories are made from them. The map is read now, later changes to it are not seen. */
export function createMemoryTree(files: ReadonlyMap<string, MemoryFile>): FileTree {
  const entries = new Map<string, { readonly data: Uint8Array; readonly stat: FileStat }>();
  const directories = new Map<string, Set<string>>([['', new Set()]]);
  for (const [key, file] of files) {
    const path = cleanPath(`/${key}`).slice(1);
    const { data, mode } = 'data' in file && !(file instanceof Uint8Array) ? file : { data: file as Uint8Array, mode: 0o644 };
    entries.set(path, {
      data,
      stat: {
        kind: 'file',
        mode: mode & GoMode.permissions,
        sizeBytes: data.length,
        mtimeNs: contentMtimeNs(data),
        devMajor: 0,
        devMinor: 0,
        inode: null,
      },
    });
    let parent = '';
    for (const name of path.split('/')) {
      directories.get(parent)!.add(name);
      parent = parent === '' ? name : `${parent}/${name}`;
      if (parent !== path && !directories.has(parent)) directories.set(parent, new Set());
    }
  }
  return {
    label: 'memory',
    list: (dir) => [...(directories.get(dir) ?? [])],
    stat: (path) => entries.get(path)?.stat ?? (directories.has(path) ? DIRECTORY : null),
    readLink: () => '',
    open: (path) => openBytes(entries.get(path)?.data ?? new Uint8Array(0)),
    diskPath: () => null,
  };
}
