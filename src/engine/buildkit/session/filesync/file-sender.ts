/**
 * The contents of files as DATA packets. Small files are read synchronously and travel together; large ones in packets of a size that
 * every engine accepts (20.10: 4 MiB), the next part being read while the last one is on its way.
 */

import type { FileTree, OpenFile } from '../../../shared/files/file-tree.js';
import { readFailure } from '../../../shared/files/tree-walk.js';
import type { GrpcServerCall } from '../grpc-stream.js';
import { DATA_HEADER_BYTES, encodeMarker, MARKER_BYTES, PacketType, writeDataHeader, writeMarker } from './packets.js';

/** A file up to this size is read in one go, without a thread of the pool. */
const SMALL_FILE_BYTES = 64 * 1024;
const SMALL_BATCH_BYTES = 256 * 1024;
const SPARE_BATCHES = 2;
const LARGE_PACKET_BYTES = 2 << 20;

export interface WantedFile {
  readonly id: number;
  readonly path: string;
  /** As it was offered. */
  readonly sizeBytes: number;
}

/** Sends files of one tree by turns. */
export interface FileSender {
  /** Throws `BxError('input')` naming the file that cannot be read. */
  send(wanted: readonly WantedFile[]): Promise<void>;
}

export function createFileSender(
  call: GrpcServerCall,
  tree: FileTree,
  onSent: (bytes: number, files: number) => void,
): FileSender {
  /** Batches that have been sent: fresh memory would cost a page fault for every four files. */
  const spare: Buffer[] = [];
  return {
    async send(wanted) {
      let batch: Buffer | null = null;
      let used = 0;
      let filesInBatch = 0;
      const flush = async (): Promise<void> => {
        if (!batch || used === 0) return;
        const full = batch;
        const bytes = full.subarray(0, used);
        onSent(used, filesInBatch);
        batch = null;
        used = 0;
        filesInBatch = 0;
        await call.write(bytes, () => {
          if (spare.length < SPARE_BATCHES) spare.push(full);
        });
      };
      for (const file of wanted) {
        if (file.sizeBytes <= SMALL_FILE_BYTES) {
          if (batch && used + smallRoom(file) > batch.length) await flush();
          batch ??= spare.pop() ?? Buffer.allocUnsafeSlow(SMALL_BATCH_BYTES);
          const end = appendSmall(batch, used, tree, file);
          if (end !== null) {
            used = end;
            filesInBatch++;
            continue;
          }
        }
        await flush();
        await sendLarge(call, tree, file, onSent);
      }
      await flush();
    },
  };
}

/** Header, content with one byte more to meet its end, and the empty packet that ends the file. */
function smallRoom({ sizeBytes }: WantedFile): number {
  return DATA_HEADER_BYTES + sizeBytes + 1 + MARKER_BYTES;
}

/**
 * Returns where the file ends in the batch; null, and nothing is appended: it is not of the size that it had. One call of the system
 * reads the file: that it filled less than it was given room for is the end of it, and asking for its size would cost as much again.
 */
function appendSmall(batch: Buffer, start: number, tree: FileTree, { id, path, sizeBytes }: WantedFile): number | null {
  const file = openFile(tree, path);
  try {
    const count = file.readSync(batch, start + DATA_HEADER_BYTES, sizeBytes + 1);
    if (count !== sizeBytes) return null;
  } catch (error) {
    throw readFailure(tree.diskPath(path) ?? path, 'read', error);
  } finally {
    file.close();
  }
  if (sizeBytes === 0) return writeMarker(batch, start, PacketType.data, id);
  writeDataHeader(batch, start, id, sizeBytes);
  return writeMarker(batch, start + DATA_HEADER_BYTES + sizeBytes, PacketType.data, id);
}

/** As much as the file has when it is opened; of one whose size is 0 and that has content (procfs and the like), the beginning. */
async function sendLarge(
  call: GrpcServerCall,
  tree: FileTree,
  { id, path }: WantedFile,
  onSent: (bytes: number, files: number) => void,
): Promise<void> {
  const file = openFile(tree, path);
  try {
    await sendParts(call, tree, file, id, path, onSent);
  } finally {
    file.close();
  }
}

async function sendParts(
  call: GrpcServerCall,
  tree: FileTree,
  file: OpenFile,
  id: number,
  path: string,
  onSent: (bytes: number, files: number) => void,
): Promise<void> {
  let left = sizeOf(tree, file, path) || SMALL_FILE_BYTES;
  // Two buffers by turns: one is read into while the other is on its way. New ones for each part would cost page faults by the thousand.
  const size = DATA_HEADER_BYTES + Math.min(left, LARGE_PACKET_BYTES);
  let [sending, reading] = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)];
  let next = readPart(tree, file, path, reading, Math.min(left, LARGE_PACKET_BYTES));
  for (;;) {
    const length = await next;
    if (length === 0) break;
    left -= length;
    [sending, reading] = [reading, sending];
    next = readPart(tree, file, path, reading, Math.min(left, LARGE_PACKET_BYTES));
    // An error of the reading ahead is met at the top of the next turn, not before.
    next.catch(() => {});
    writeDataHeader(sending, 0, id, length);
    onSent(DATA_HEADER_BYTES + length, 0);
    try {
      await call.write(sending.subarray(0, DATA_HEADER_BYTES + length));
    } catch (error) {
      // The file must not be closed below a read that is under way.
      await next.catch(() => {});
      throw error;
    }
  }
  const end = encodeMarker(PacketType.data, id);
  onSent(end.length, 1);
  await call.write(end);
}

/** Fills `packet` behind the room for its header; returns the bytes read, 0 at the end. */
async function readPart(tree: FileTree, file: OpenFile, path: string, packet: Buffer, limit: number): Promise<number> {
  let length = 0;
  try {
    while (length < limit) {
      const count = await file.read(packet, DATA_HEADER_BYTES + length, limit - length);
      if (count === 0) break;
      length += count;
    }
  } catch (error) {
    throw readFailure(tree.diskPath(path) ?? path, 'read', error);
  }
  return length;
}

function sizeOf(tree: FileTree, file: OpenFile, path: string): number {
  try {
    return file.sizeBytes();
  } catch (error) {
    throw readFailure(tree.diskPath(path) ?? path, 'look at', error);
  }
}

function openFile(tree: FileTree, path: string): OpenFile {
  try {
    return tree.open(path);
  } catch (error) {
    // A socket has no content; it was offered as an empty file.
    if ((error as NodeJS.ErrnoException).code === 'ENXIO') return EMPTY_FILE;
    throw readFailure(tree.diskPath(path) ?? path, 'open', error);
  }
}

const EMPTY_FILE: OpenFile = { sizeBytes: () => 0, readSync: () => 0, read: async () => 0, close() {} };
