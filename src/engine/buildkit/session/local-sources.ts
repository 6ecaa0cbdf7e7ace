/** The local sources of a session by name, and the FileSync calls for them. */
import { BxError } from '../../../platform/errors.js';
import { createDiskTree } from '../../shared/files/disk-tree.js';
import type { FileTree } from '../../shared/files/file-tree.js';
import { serveDiffCopy } from './filesync/diff-copy.js';
import { createMemoryTree, type MemoryFile } from './filesync/memory-tree.js';
import type { FoundXattrs, XattrReader } from './filesync/xattrs.js';
import { type GrpcServerCall, GrpcStatus } from './grpc-stream.js';
import { createTransferMeter, type TransferProgress } from './transfer-meter.js';

export type LocalSource =
  | {
      readonly kind: 'dir';
      /** Absolute directory. */
      readonly dir: string;
      /** Patterns on top of what the engine asks for. */
      readonly include?: readonly string[];
      readonly exclude?: readonly string[];
      /** Bytes in place of single files, by path relative to `dir`; they need not exist on disk. */
      readonly overrides?: ReadonlyMap<string, Uint8Array>;
    }
  | { readonly kind: 'memory'; readonly files: ReadonlyMap<string, MemoryFile> };

export interface LocalSources {
  /** Replaces a source of the same name. Throws `BxError('input')` when the directory cannot be read. */
  add(name: string, source: LocalSource): void;
  serve(call: GrpcServerCall): Promise<void>;
}

interface Entry {
  readonly tree: FileTree;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export interface LocalSourcesHooks {
  onTransfer(progress: TransferProgress): void;
  onError(error: BxError): void;
  readonly xattrs: XattrReader | null;
  /** Files of the context will be copied, as far as one can tell beforehand. */
  readonly isCopyExpected: boolean;
}

export function createLocalSources(hooks: LocalSourcesHooks): LocalSources {
  const entries = new Map<string, Entry>();
  return {
    add(name, source) {
      entries.set(name, toEntry(source));
    },
    async serve(call) {
      const name = listOf(call, 'dir-name')[0] ?? '';
      const entry = entries.get(name);
      if (!entry) return call.end(GrpcStatus.notFound, `no access allowed to dir "${name}"`);
      const follow = call.metadata.has('followpaths') ? listOf(call, 'followpaths') : null;
      const filter = {
        include: [...entry.include, ...listOf(call, 'include-patterns')],
        // 20.10 may say that the client's own excludes are not wanted for this call (it reads the ignore file itself).
        exclude: [...(listOf(call, 'override-excludes')[0] === 'true' ? [] : entry.exclude), ...listOf(call, 'exclude-patterns')],
        follow,
      };
      const meter = createTransferMeter(name, hooks.onTransfer);
      const xattrs = entry.tree.diskPath('') === null ? null : hooks.xattrs;
      const isOnlyRead = name === 'dockerfile' || (follow?.every((path) => path.endsWith('.dockerignore')) ?? false);
      const error = await serveDiffCopy(call, entry.tree, filter, {
        onSent: (bytes, files) => meter.add(bytes, files),
        xattrs: xattrs && !isOnlyRead ? (paths) => readXattrs(xattrs, entry.tree, paths) : null,
      });
      meter.done();
      // Attributes matter for what is copied. The helper that reads them starts while the engine makes its plan.
      if (isOnlyRead && name !== 'dockerfile' && hooks.isCopyExpected) setImmediate(() => xattrs?.prepare());
      if (error) hooks.onError(error);
    },
  };
}

/** What stands in for a file on disk does not have that file's attributes. */
async function readXattrs(reader: XattrReader, tree: FileTree, paths: readonly string[]): Promise<FoundXattrs> {
  // The root of the file system is the empty path of its tree.
  const found = await reader.read(tree.diskPath('') || '/', paths);
  return found && new Map([...found].filter(([index]) => tree.diskPath(paths[index]!) !== null));
}

function toEntry(source: LocalSource): Entry {
  if (source.kind === 'memory') return { tree: createMemoryTree(source.files), include: [], exclude: [] };
  return { tree: createDiskTree(source.dir, source.overrides), include: source.include ?? [], exclude: source.exclude ?? [] };
}

/**
 * A list from the call's metadata. Values outside of ASCII come query-escaped, with `<key>-encoded: 1` beside them;
 * 20.10 sends their bytes as they are, and HTTP/2 hands those on as Latin-1.
 */
function listOf(call: GrpcServerCall, key: string): string[] {
  const values = call.metadata.get(key) ?? [];
  const isEncoded = /^(1|t|true)$/i.test(call.metadata.get(`${key}-encoded`)?.[0] ?? '');
  return values.map((value) => {
    if (!isEncoded) return /[\x80-\xff]/.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value;
    try {
      return decodeURIComponent(value.replaceAll('+', ' '));
    } catch (error) {
      throw new BxError('engine', `the engine sent a path that cannot be read: ${value}`, { cause: error });
    }
  });
}
