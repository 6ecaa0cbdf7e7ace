/** The build context as a tar, with docker's ignore rules and owner, made while it is sent. */
import { statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { Pack } from 'tar-stream';
import { BxError, toBxError } from '../../platform/errors.js';
import type { BuildRequest } from '../engine.js';
import { createDiskTree } from '../shared/files/disk-tree.js';
import { type FileTree, GoMode } from '../shared/files/file-tree.js';
import { readIgnoreLines } from '../shared/files/ignore-file.js';
import { createPatternMatcher } from '../shared/files/pattern-matcher.js';
import { readFailure, type WalkEntry, walkTree } from '../shared/files/tree-walk.js';
import { IGNORE_FILE, placeForeign } from './foreign-dockerfile.js';
import { loadTar } from './tar.js';

export interface ContextSource {
  readonly contextDir: string;
  /** Path in the context, null when it is outside, and the bytes there, whatever the disk has. */
  readonly dockerfile: { readonly path: string | null; readonly text: string };
  /** What is built instead. The files are the same with it. */
  readonly cut: string | null;
  /** All is sent, whatever the ignore file says: an archive is taken as it is. */
  readonly isComplete?: boolean;
  /** Nothing is sent but what is built. */
  readonly isEmpty: boolean;
  readonly onSent: (bytes: number, files: number, isDone: boolean) => void;
}

export interface PackedContext {
  /** Path of what is built, for the engine. */
  readonly dockerfile: string;
  /** An error of it (`BxError('input')`) destroys the stream with it. */
  readonly tar: Readable;
}

const READ_BYTES = 1024 * 1024;
/** Of so little the disk is waited for: a turn of the event loop takes longer. */
const AT_ONCE_BYTES = 64 * 1024;
/** Names looked at before anything else has its turn. */
const SLICE = 256;
const PROGRESS_MS = 100;

/** `cut`: another text than the request's, which then stands beside it. */
export function contextFor(
  request: BuildRequest,
  cut: string | null,
  isEmpty: boolean,
  onSent: ContextSource['onSent'],
): ContextSource {
  const { contextDir, dockerfile } = request;
  const { dir, name, text } = dockerfile;
  if (contextDir === null) throw new BxError('internal', 'a context that is no directory has to be made one before it is packed');
  const path =
    dir === null
      ? null
      : dir === contextDir
        ? name
        : dir.startsWith(`${contextDir}/`)
          ? `${dir.slice(contextDir.length + 1)}/${name}`
          : null;
  return { contextDir, dockerfile: { path, text }, isComplete: request.source?.kind === 'archive', cut, isEmpty, onSent };
}

/** Throws `BxError('input')` when there is no such directory. */
export async function packContext({
  contextDir,
  dockerfile,
  cut,
  isComplete = false,
  isEmpty,
  onSent,
}: ContextSource): Promise<PackedContext> {
  const disk = createDiskTree(contextDir);
  const ignored = readIgnoreFile(disk);
  const exclude = readIgnoreLines(ignored ?? '').map(({ pattern }) => pattern);
  const matcher = createPatternMatcher(exclude);
  const overrides = new Map<string, Uint8Array>();
  if (dockerfile.path !== null) overrides.set(dockerfile.path, Buffer.from(dockerfile.text));
  const foreign = cut !== null || dockerfile.path === null ? placeForeign(disk, ignored, matcher) : null;
  const built = foreign?.path ?? dockerfile.path ?? '';
  overrides.set(built, Buffer.from(cut ?? dockerfile.text));
  if (foreign !== null && foreign.ignoreText !== null) overrides.set(IGNORE_FILE, Buffer.from(foreign.ignoreText));
  // The engine reads these two, and leaves them out itself.
  for (const path of [IGNORE_FILE, built]) if (matcher.matches(path)) exclude.push(`!${path}`);
  const tree = createDiskTree(contextDir, overrides);
  const archive = (await loadTar()).pack();
  const chosen = isEmpty ? { include: [IGNORE_FILE, built], exclude: [] } : { include: [], exclude: isComplete ? [] : exclude };
  void send(tree, chosen, archive, onSent).catch((error: unknown) => archive.destroy(toBxError(error, 'input')));
  return { dockerfile: built, tar: archive as unknown as Readable };
}

async function send(
  tree: FileTree,
  chosen: { readonly include: readonly string[]; readonly exclude: readonly string[] },
  archive: Pack,
  onSent: ContextSource['onSent'],
): Promise<void> {
  const walk = walkTree(tree, { ...chosen, follow: null });
  let bytes = 0;
  let files = 0;
  let toldAtMs = 0;
  for (let hasMore = true; hasMore; ) {
    const entries: WalkEntry[] = [];
    hasMore = walk.advance(SLICE, (entry) => entries.push(entry));
    for (const entry of entries) {
      if ((archive as unknown as { destroyed: boolean }).destroyed) return;
      bytes += await addEntry(tree, entry, archive);
      files++;
      if (Date.now() - toldAtMs < PROGRESS_MS) continue;
      toldAtMs = Date.now();
      onSent(bytes, files, false);
    }
    await turn();
  }
  archive.finalize();
  onSent(bytes, files, true);
}

async function addEntry(tree: FileTree, entry: WalkEntry, archive: Pack): Promise<number> {
  const { path, stat, linkName } = entry;
  const header = {
    name: path,
    mode: permissionsOf(stat.mode),
    mtime: new Date(Number(stat.mtimeNs / 1_000_000n)),
    // As docker does: whoever owns them here is nobody there.
    ...{ uid: 0, gid: 0 },
  };
  if (stat.kind === 'dir') return added(archive, { ...header, name: `${path}/`, type: 'directory' });
  if (stat.kind === 'symlink') return added(archive, { ...header, type: 'symlink', linkname: linkName });
  if (stat.kind === 'other') {
    // A socket cannot be in a tar; the docker command leaves it out as well.
    if (!(stat.mode & (GoMode.fifo | GoMode.device))) return 0;
    const type = stat.mode & GoMode.fifo ? 'fifo' : stat.mode & GoMode.charDevice ? 'character-device' : 'block-device';
    return added(archive, { ...header, type, devmajor: stat.devMajor, devminor: stat.devMinor });
  }
  if (linkName !== '') return added(archive, { ...header, type: 'link', linkname: linkName });
  return addFile(tree, path, header, archive);
}

type Header = Parameters<Pack['entry']>[0];

function added(archive: Pack, header: Header): Promise<number> {
  return new Promise((resolve, reject) => archive.entry(header, (error) => (error ? reject(error) : resolve(0))));
}

async function addFile(tree: FileTree, path: string, header: Header, archive: Pack): Promise<number> {
  const label = tree.diskPath(path) ?? path;
  try {
    const file = tree.open(path);
    try {
      const size = file.sizeBytes();
      const sink = archive.entry({ ...header, type: 'file', size });
      const closed = new Promise<void>((resolve, reject) => {
        sink.on('error', reject);
        sink.on('close', () => resolve());
      });
      closed.catch(() => {});
      for (let left = size; left > 0; ) {
        const chunk = Buffer.allocUnsafe(Math.min(READ_BYTES, left));
        const count = size <= AT_ONCE_BYTES ? file.readSync(chunk, 0, chunk.length) : await file.read(chunk, 0, chunk.length);
        if (count === 0) throw new Error('it has become shorter while it was read');
        left -= count;
        if (!sink.write(chunk.subarray(0, count)))
          await Promise.race([new Promise<void>((resolve) => sink.once('drain', () => resolve())), closed]);
      }
      sink.end(undefined);
      await closed;
      return size;
    } finally {
      file.close();
    }
  } catch (error) {
    throw readFailure(label, 'read', error);
  }
}

function permissionsOf(mode: number): number {
  const special = (mode & GoMode.setuid ? 0o4000 : 0) | (mode & GoMode.setgid ? 0o2000 : 0) | (mode & GoMode.sticky ? 0o1000 : 0);
  return (mode & GoMode.permissions) | special;
}

function readIgnoreFile(tree: FileTree): string | null {
  if (tree.stat(IGNORE_FILE) === null) return null;
  const path = tree.diskPath(IGNORE_FILE) ?? IGNORE_FILE;
  // To open a pipe is to wait for who writes.
  if (statSync(path, { throwIfNoEntry: false })?.isFIFO()) {
    throw new BxError('input', `${path} is a named pipe`, { hint: 'Make it a file, or take it out of the context.' });
  }
  try {
    const file = tree.open(IGNORE_FILE);
    try {
      const bytes = Buffer.alloc(file.sizeBytes());
      return bytes.subarray(0, file.readSync(bytes, 0, bytes.length)).toString('utf8');
    } finally {
      file.close();
    }
  } catch (error) {
    throw readFailure(path, 'read', error);
  }
}
