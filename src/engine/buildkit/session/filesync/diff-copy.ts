/**
 * FileSync.DiffCopy: sends a tree to the engine. First every entry as a STAT packet, then the content of the files that it asks for.
 * One loop does both by turns, so that there is one writer, and the walk is held back while the engine waits for files.
 */
import { BxError, toBxError } from '../../../../platform/errors.js';
import type { FileTree } from '../../../shared/files/file-tree.js';
import { GoMode } from '../../../shared/files/file-tree.js';
import { type WalkEntry, type WalkFilter, walkTree } from '../../../shared/files/tree-walk.js';
import { type GrpcServerCall, GrpcStatus } from '../grpc-stream.js';
import { createFileSender, type WantedFile } from './file-sender.js';
import { decodePacket, encodeError, encodeMarker, PacketType } from './packets.js';
import { readStats } from './stat-reader.js';
import type { FoundXattrs } from './xattrs.js';

/** Files sent before the walk gets its turn again: a context of many files keeps both sides busy. */
const FILES_PER_TURN = 64;

export interface DiffCopyHooks {
  /** Bytes and files sent since the last call. */
  onSent(bytes: number, files: number): void;
  /** Extended attributes of entries by their paths; never rejects. Null: none are sent. */
  readonly xattrs: ((paths: readonly string[]) => Promise<FoundXattrs>) | null;
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
  const offered = new OfferedFiles();
  const files = createFileSender(call, tree, hooks.onSent);
  const stats = readStats(walkTree(tree, filter), {
    onEntry: (entry) => offered.add(entry),
    xattrs: hooks.xattrs,
    isStopped: () => call.signal.aborted || requests.isFinished,
  });
  let isWalking = true;

  while (!requests.isFinished) {
    if (requests.queue.length > 0) {
      const wanted = requests.queue.splice(0, FILES_PER_TURN).map((id) => offered.take(id));
      await files.send(wanted);
    } else if (isWalking) {
      const batch = await stats.next();
      if (requests.isFinished) break;
      isWalking = batch !== null;
      const bytes = batch ?? encodeMarker(PacketType.stat);
      hooks.onSent(bytes.length, 0);
      await call.write(bytes);
      await stats.readAhead();
    } else {
      await requests.wait();
      continue;
    }
    if (call.signal.aborted) throw new BxError('cancelled', 'the transfer was cancelled');
  }
  await call.write(encodeMarker(PacketType.fin));
}

/** The files that may be asked for, once each. Ids count every entry. */
class OfferedFiles {
  private readonly paths: Array<string | null> = [];
  private readonly sizes: number[] = [];

  add({ path, stat }: WalkEntry): void {
    this.paths.push(isRegular(stat.mode) ? path : null);
    this.sizes.push(stat.sizeBytes);
  }

  take(id: number): WantedFile {
    const path = this.paths[id] ?? null;
    if (path === null) throw new BxError('engine', `the engine asked for file ${id}, which was not offered`);
    this.paths[id] = null;
    return { id, path, sizeBytes: this.sizes[id]! };
  }
}

/** Go's `Mode.IsRegular`: no type bit at all. */
function isRegular(mode: number): boolean {
  return mode < GoMode.dir && (mode & (GoMode.symlink | GoMode.device | GoMode.fifo | GoMode.charDevice)) === 0;
}
