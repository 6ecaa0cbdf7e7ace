/**
 * FileSync.DiffCopy: sends a tree to the engine. First every entry as a STAT packet, then the content of the files that it asks for.
 * One loop does both by turns, so that there is one writer, and the walk is held back while the engine waits for files.
 */
import { BxError, toBxError } from '../../../../platform/errors.js';
import { type GrpcServerCall, GrpcStatus } from '../grpc-stream.js';
import { sendFiles } from './file-sender.js';
import type { FileTree } from './file-tree.js';
import { GoMode } from './file-tree.js';
import { decodePacket, encodeError, encodeMarker, PacketType, StatBatch, type Xattrs } from './packets.js';
import { type WalkEntry, type WalkFilter, walkTree } from './tree-walk.js';

/** Names looked at before other work gets its turn; about half a millisecond. */
const SLICE_NAMES = 128;
const STAT_BATCH_BYTES = 64 * 1024;
/** Files sent before the walk gets its turn again: a context of many files keeps both sides busy. */
const FILES_PER_TURN = 64;

export interface DiffCopyHooks {
  /** Bytes and files sent since the last call. */
  onSent(bytes: number, files: number): void;
  /** Extended attributes of the entries, in their order; null: none are sent. */
  readonly xattrs: ((paths: readonly string[]) => Promise<ReadonlyArray<Xattrs | null>>) | null;
}

/** Serves one call to its end; never rejects. Returns the error that ended it, if it was on our side. */
export async function serveDiffCopy(
  call: GrpcServerCall,
  tree: FileTree,
  filter: WalkFilter,
  hooks: DiffCopyHooks,
): Promise<BxError | null> {
  const requests = listenForRequests(call);
  try {
    await sendTree(call, tree, filter, hooks, requests);
    call.end(GrpcStatus.ok);
    return null;
  } catch (thrown) {
    if (call.signal.aborted) {
      call.end(GrpcStatus.cancelled);
      return null;
    }
    const error = toBxError(thrown, 'input');
    // The engine passes this text on as the reason of the failed step.
    const text = error.hint === null ? error.message : `${error.message}. ${error.hint}`;
    await call.write(encodeError(text)).catch(() => {});
    call.end(GrpcStatus.unknown, text);
    return error;
  }
}

interface Requests {
  /** Ids asked for and not yet served. */
  readonly queue: number[];
  readonly isFinished: boolean;
  /** Throws when the engine reported an error; resolves when there is something to do. */
  wait(): Promise<void>;
}

function listenForRequests(call: GrpcServerCall): Requests {
  const queue: number[] = [];
  let isFinished = false;
  let failure: BxError | null = null;
  let wake: (() => void) | null = null;
  const notify = (): void => {
    wake?.();
    wake = null;
  };
  const fail = (error: unknown): void => {
    failure ??= toBxError(error, 'engine');
    notify();
  };
  call.onMessage((message) => {
    const packet = decodePacket(message);
    if (packet.type === PacketType.request) queue.push(packet.id);
    else if (packet.type === PacketType.fin) isFinished = true;
    else if (packet.type === PacketType.error)
      fail(new BxError('engine', `the engine could not take the files: ${packet.data.toString('utf8')}`));
    notify();
  }, fail);
  call.signal.addEventListener('abort', notify, { once: true });
  call.onEnd(notify);
  return {
    queue,
    get isFinished() {
      return isFinished;
    },
    async wait() {
      if (queue.length === 0 && !isFinished && !failure && !call.signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (failure) throw failure;
      if (call.signal.aborted && !isFinished) throw new BxError('cancelled', 'the transfer was cancelled');
    },
  };
}

async function sendTree(
  call: GrpcServerCall,
  tree: FileTree,
  filter: WalkFilter,
  hooks: DiffCopyHooks,
  requests: Requests,
): Promise<void> {
  const walk = walkTree(tree, filter);
  const batch = new StatBatch();
  /** Paths of the files that may be asked for, by id; ids count every entry. */
  const files = new Map<number, string>();
  let nextId = 0;
  let isWalking = true;

  while (!requests.isFinished) {
    if (requests.queue.length > 0) {
      const wanted = requests.queue.splice(0, FILES_PER_TURN).map((id) => takeFile(files, id));
      await sendFiles(call, tree, wanted, hooks.onSent);
    } else if (isWalking) {
      isWalking = await walkOneBatch();
      if (!isWalking) await call.write(encodeMarker(PacketType.stat));
    } else {
      await requests.wait();
      continue;
    }
    if (call.signal.aborted) throw new BxError('cancelled', 'the transfer was cancelled');
  }
  await call.write(encodeMarker(PacketType.fin));

  async function walkOneBatch(): Promise<boolean> {
    let more = true;
    while (more && batch.byteLength < STAT_BATCH_BYTES && requests.queue.length === 0) {
      const entries: WalkEntry[] = [];
      more = walk.advance(SLICE_NAMES, (entry) => entries.push(entry));
      const xattrs = hooks.xattrs && entries.length > 0 ? await hooks.xattrs(entries.map((entry) => entry.path)) : null;
      for (const [i, entry] of entries.entries()) addEntry(entry, xattrs?.[i] ?? null);
      if (more && !hooks.xattrs) await new Promise<void>((resolve) => setImmediate(resolve));
      if (call.signal.aborted) return false;
    }
    if (batch.byteLength > 0) {
      const bytes = batch.take();
      hooks.onSent(bytes.length, 0);
      await call.write(bytes);
    }
    return more;
  }

  function addEntry(entry: WalkEntry, xattrs: Xattrs | null): void {
    if (isRegular(entry.stat.mode)) files.set(nextId, entry.path);
    nextId++;
    batch.add(entry, xattrs);
  }
}

function takeFile(files: Map<number, string>, id: number): { id: number; path: string } {
  const path = files.get(id);
  if (path === undefined) throw new BxError('engine', `the engine asked for file ${id}, which was not offered`);
  files.delete(id);
  return { id, path };
}

/** Go's `Mode.IsRegular`: no type bit at all. */
function isRegular(mode: number): boolean {
  return mode < GoMode.dir && (mode & (GoMode.symlink | GoMode.device | GoMode.fifo | GoMode.charDevice)) === 0;
}
