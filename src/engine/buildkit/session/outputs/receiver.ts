/** Where results of a build arrive: one receiver for each thing that an exporter sends. */
import { BxError, toBxError } from '../../../../platform/errors.js';
import { type GrpcServerCall, GrpcStatus } from '../grpc-stream.js';
import { createTransferMeter, type TransferProgress } from '../transfer-meter.js';
import { receiveFile } from './file-receiver.js';
import type { OutputTarget } from './target.js';
import { receiveTree } from './tree-receiver.js';

export interface OutputReceiver {
  /** Resolves when everything is in its place; rejects with `BxError` when it is not, and nothing partial is left then. */
  readonly done: Promise<void>;
  /** Gives the place up; what has not arrived is not awaited any more. Safe to call twice. */
  dispose(): void;
}

export interface OutputReceivers {
  /** `exporter`: index in SolveRequest.Exporters. Its next calls go to this receiver: one, or one for each platform of a tree. */
  receive(target: OutputTarget, exporter?: number, calls?: number): OutputReceiver;
  serve(call: GrpcServerCall): Promise<void>;
  dispose(): void;
}

interface Waiting {
  readonly target: OutputTarget;
  readonly exporter: number;
  readonly abort: AbortController;
  /** How many are still to begin, and to end. */
  toBegin: number;
  toEnd: number;
  settle(error: BxError | null): void;
}

export function createOutputReceivers(onTransfer: (progress: TransferProgress) => void): OutputReceivers {
  const waiting = new Set<Waiting>();
  return {
    receive(target, exporter = 0, calls = 1) {
      let settle: (error: BxError | null) => void = () => {};
      const done = new Promise<void>((resolve, reject) => {
        settle = (error) => (error ? reject(error) : resolve());
      });
      done.catch(() => {});
      const entry: Waiting = { target, exporter, abort: new AbortController(), toBegin: calls, toEnd: calls, settle };
      waiting.add(entry);
      return { done, dispose: () => drop(entry) };
    },
    async serve(call) {
      // 20.10 does not number its exporters: it has one.
      const exporter = Number(call.metadata.get('buildkit-attachable-exporter-id')?.[0] ?? 0);
      const entry = [...waiting].find((candidate) => candidate.exporter === exporter && candidate.toBegin > 0);
      if (!entry) return call.end(GrpcStatus.notFound, `no output was asked for with number ${exporter}`);
      entry.toBegin--;
      const meter = createTransferMeter(entry.target.kind, onTransfer);
      const signal = AbortSignal.any([call.signal, entry.abort.signal]);
      try {
        const onBytes = (bytes: number, files: number): void => meter.add(bytes, files);
        if (entry.target.kind === 'local') await receiveTree(call, entry.target.dest, signal, onBytes);
        else await receiveFile(call, entry.target, signal, onBytes);
        entry.toEnd--;
        if (entry.toEnd === 0) entry.settle(null);
        call.end(GrpcStatus.ok);
      } catch (thrown) {
        const error = toBxError(thrown, 'input');
        entry.settle(error);
        call.end(GrpcStatus.unknown, error.message);
      } finally {
        if (entry.toBegin === 0) waiting.delete(entry);
        meter.done();
      }
    },
    dispose() {
      for (const entry of [...waiting]) drop(entry);
    },
  };

  function drop(entry: Waiting): void {
    entry.abort.abort();
    if (entry.toBegin > 0) entry.settle(new BxError('cancelled', 'the output was not written'));
    waiting.delete(entry);
  }
}
