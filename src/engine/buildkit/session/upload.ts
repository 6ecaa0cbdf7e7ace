/**
 * Files that the engine gets from the session as if from a web server (moby/buildkit, session/upload): a context that is an archive. Each
 * call sends the whole file; the engine may ask more than once.
 */
import { open } from 'node:fs/promises';
import { BxError } from '../../../platform/errors.js';
import { reasonOf } from '../../../platform/reason.js';
import { encodeBytesMessage } from './filesync/packets.js';
import { type GrpcServerCall, GrpcStatus } from './grpc-stream.js';
import { createTransferMeter, type TransferProgress } from './transfer-meter.js';

/** Engines limit a message to 4 MiB (20.10) or 16 MiB. */
const MESSAGE_BYTES = 256 * 1024;

/** Resolves with what went wrong on this side; null when nothing did, or when the engine gave the call up. */
export async function serveUpload(
  call: GrpcServerCall,
  files: ReadonlyMap<string, string>,
  onTransfer: (progress: TransferProgress) => void,
): Promise<BxError | null> {
  const id = (call.metadata.get('urlpath')?.[0] ?? '').replace(/^\//, '');
  const path = files.get(id);
  if (path === undefined) {
    call.end(GrpcStatus.notFound, `nothing is offered as "${id}"`);
    return null;
  }
  const meter = createTransferMeter('context', onTransfer);
  try {
    const file = await open(path);
    try {
      const buffer = Buffer.allocUnsafe(MESSAGE_BYTES);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length);
        if (bytesRead === 0) break;
        await call.write(encodeBytesMessage(buffer.subarray(0, bytesRead)));
        meter.add(bytesRead, 0);
      }
    } finally {
      await file.close();
    }
    call.end(GrpcStatus.ok);
    return null;
  } catch (error) {
    const failure = new BxError('input', `cannot send the context ${path}: ${reasonOf(error)}`, { cause: error });
    call.end(GrpcStatus.unknown, failure.message);
    return call.signal.aborted ? null : failure;
  } finally {
    meter.done();
  }
}
