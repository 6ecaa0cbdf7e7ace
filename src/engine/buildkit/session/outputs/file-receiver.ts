/** One stream of bytes (a tar) from an exporter into a file, or to standard output. */
import type { Writable } from 'node:stream';
import { BxError } from '../../../../platform/errors.js';
import { decodeBytesMessage } from '../filesync/packets.js';
import type { GrpcServerCall } from '../grpc-stream.js';
import { endSink, intoFile } from './file-sink.js';
import { type OutputTarget, writeFailure } from './target.js';

export async function receiveFile(
  call: GrpcServerCall,
  target: Exclude<OutputTarget, { kind: 'local' }>,
  signal: AbortSignal,
  onBytes: (bytes: number, files: number) => void,
): Promise<void> {
  if (target.kind === 'stream') {
    const sink = target.open();
    await pump(call, sink, 'the output', signal, onBytes).catch((error) => {
      sink.destroy();
      throw error;
    });
    return endSink(sink, 'the output');
  }
  if (target.dest === '-') return pump(call, process.stdout, 'stdout', signal, onBytes);
  await intoFile(target.dest, (sink) => pump(call, sink, target.dest, signal, onBytes));
}

/** Resolves when the engine has ended the stream and all of it was handed to `sink`, which is not ended. */
function pump(
  call: GrpcServerCall,
  sink: Writable,
  name: string,
  signal: AbortSignal,
  onBytes: (bytes: number, files: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let writing: Promise<void> | null = null;
    let isSettled = false;
    const settle = (action: () => void): void => {
      isSettled = true;
      signal.removeEventListener('abort', onAbort);
      sink.off('error', onError);
      action();
    };
    // What was written and is given up fails when the sink is destroyed, and nobody waits for it then.
    const fail = (error: BxError): void => {
      sink.on('error', () => {});
      settle(() => reject(error));
    };
    const onAbort = (): void => fail(new BxError('cancelled', `writing ${name} was broken off`));
    const onError = (error: unknown): void => fail(writeFailure(name, error));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    sink.on('error', onError);
    call.onMessage((message) => {
      if (isSettled) return;
      const data = decodeBytesMessage(message);
      onBytes(data.length, 0);
      if (sink.write(data)) return;
      writing ??= roomIn(sink).then(() => {
        writing = null;
      });
      return writing;
    }, onError);
    call.onEnd((isComplete) => {
      if (!isComplete) return onAbort();
      void Promise.resolve(writing).then(() => {
        onBytes(0, 1);
        settle(resolve);
      });
    });
  });
}

/** Resolves when `sink` takes more, or nothing any more. */
function roomIn(sink: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sink.off('drain', done).off('close', done);
      resolve();
    };
    sink.on('drain', done).on('close', done);
  });
}
