/** Files of a step's filesystem, and what a step has changed in it: the same words for every engine, and plain JSON. */

export type FileKind = 'file' | 'dir' | 'symlink' | 'device' | 'fifo' | 'socket';

export interface FileEntry {
  /** The last part of its path; `/` for the root. */
  readonly name: string;
  readonly kind: FileKind;
  /** As chmod takes them: 0o7777. */
  readonly permissions: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a file; else 0. */
  readonly sizeBytes: number;
  /** May have a fraction. */
  readonly mtimeMs: number;
  /** What a symlink says, as it says it; null for anything else. */
  readonly linkTarget: string | null;
}

/**
 * Of a directory that is new, all that is in it is told as well; of one that is gone, only itself. A directory in which something has changed
 * is not told for that.
 */
export interface FileChange {
  /** Absolute. */
  readonly path: string;
  readonly kind: 'added' | 'changed' | 'deleted';
}
