/**
 * The contents of files as DATA packets. Small files are read synchronously and travel together; large ones in packets of a size that
 * every engine accepts (20.10: 4 MiB), the next part being read while the last one is on its way.
 */
import type { GrpcServerCall } from '../grpc-stream.js';
import type { FileTree, OpenFile } from './file-tree.js';
import { DATA_HEADER_BYTES, encodeMarker, PacketType, writeDataHeader } from './packets.js';
import { readFailure } from './tree-walk.js';

/** A file up to this size is read in one go, without a thread of the pool. */
const SMALL_FILE_BYTES = 64 * 1024;
const SMALL_BATCH_BYTES = 256 * 1024;
const LARGE_PACKET_BYTES = 2 << 20;

export interface WantedFile {
  readonly id: number;
  readonly path: string;
}

/** Throws `BxError('input')` naming the file that cannot be read. */
export async function sendFiles(
  call: GrpcServerCall,
  tree: FileTree,
  wanted: readonly WantedFile[],
  onSent: (bytes: number, files: number) => void,
): Promise<void> {
  let batch: Buffer | null = null;
  let used = 0;
  let filesInBatch = 0;
  const flush = async (): Promise<void> => {
    if (!batch || used === 0) return;
    const bytes = batch.subarray(0, used);
    onSent(used, filesInBatch);
    batch = null;
    used = 0;
    filesInBatch = 0;
    await call.write(bytes);
  };
  for (const { id, path } of wanted) {
    const file = openFile(tree, path);
    try {
      if (file.sizeBytes > SMALL_FILE_BYTES) {
        await flush();
        await sendLarge(call, tree, file, id, path, onSent);
        continue;
      }
      const room = smallRoom(file);
      if (batch && used + room > batch.length) await flush();
      batch ??= Buffer.allocUnsafeSlow(SMALL_BATCH_BYTES);
      used = appendSmall(batch, used, tree, file, id, path);
      filesInBatch++;
    } finally {
      file.close();
    }
  }
  await flush();
}

/** Header, content, and the empty packet that ends the file. */
function smallRoom(file: OpenFile): number {
  return DATA_HEADER_BYTES + contentLimit(file) + 32;
}

/** A file whose size is 0 may still have content (procfs and the like); one that grows meanwhile is sent as long as it was. */
function contentLimit(file: OpenFile): number {
  return file.sizeBytes === 0 ? SMALL_FILE_BYTES : file.sizeBytes;
}

function appendSmall(batch: Buffer, start: number, tree: FileTree, file: OpenFile, id: number, path: string): number {
  const limit = contentLimit(file);
  const dataStart = start + DATA_HEADER_BYTES;
  let length = 0;
  try {
    while (length < limit) {
      const count = file.readSync(batch, dataStart + length, limit - length);
      if (count === 0) break;
      length += count;
    }
  } catch (error) {
    throw readFailure(tree.diskPath(path) ?? path, 'read', error);
  }
  const end = encodeMarker(PacketType.data, id);
  if (length > 0) writeDataHeader(batch, start, id, length);
  const at = length > 0 ? dataStart + length : start;
  end.copy(batch, at);
  return at + end.length;
}

async function sendLarge(
  call: GrpcServerCall,
  tree: FileTree,
  file: OpenFile,
  id: number,
  path: string,
  onSent: (bytes: number, files: number) => void,
): Promise<void> {
  // Two buffers by turns: one is read into while the other is on its way. New ones for each part would cost page faults by the thousand.
  const size = DATA_HEADER_BYTES + Math.min(file.sizeBytes, LARGE_PACKET_BYTES);
  let [sending, reading] = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)];
  let left = file.sizeBytes;
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

function openFile(tree: FileTree, path: string): OpenFile {
  try {
    return tree.open(path);
  } catch (error) {
    // A socket has no content; it was offered as an empty file.
    if ((error as NodeJS.ErrnoException).code === 'ENXIO') return EMPTY_FILE;
    throw readFailure(tree.diskPath(path) ?? path, 'open', error);
  }
}

const EMPTY_FILE: OpenFile = { sizeBytes: 0, readSync: () => 0, read: async () => 0, close() {} };
