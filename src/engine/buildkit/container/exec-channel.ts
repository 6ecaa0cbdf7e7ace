/** The byte channel of a program: what its readers and writers see of an exec stream. */
import type { ContainerProcess } from '../../engine.js';
import type { OutputGate } from '../../shared/output-gate.js';
import type { ExecStream } from './exec-stream.js';

export type ExecChannel = Omit<ContainerProcess, 'exited' | 'signal'>;

/** Sizes mean nothing without a tty; what is written after the end is dropped. */
export function execChannel(stream: ExecStream, gate: OutputGate, isTty: boolean, isOver: () => boolean): ExecChannel {
  return {
    onData: (listener) => gate.onData(listener),
    write: (data, onTaken) => (isOver() ? onTaken?.() : stream.write(data, onTaken)),
    resize(cols, rows) {
      if (isTty) stream.resize(Math.max(1, cols), Math.max(1, rows));
    },
    pause: () => gate.pause(),
    resume: () => gate.resume(),
    closeInput: () => stream.closeInput(),
  };
}
