/**
 * The reading side of a process: listeners, and the source held back while nobody listens or somebody has paused. What arrived before
 * the source noticed is kept here, which is one chunk or two. It must not look at the bytes.
 */
import type { Disposable } from '../../platform/byte-channel.js';

export interface OutputGate {
  push(data: Uint8Array): void;
  onData(listener: (data: Uint8Array) => void): Disposable;
  pause(): void;
  resume(): void;
  /** No more data will come. `then` is called once everything was delivered. */
  end(then: () => void): void;
  /** Gives up on what was not delivered. */
  discard(): void;
}

export function createOutputGate(source: { pause(): void; resume(): void }): OutputGate {
  const listeners = new Set<(data: Uint8Array) => void>();
  let queue: Uint8Array[] = [];
  let holds = 0;
  let isFlushing = false;
  let afterEnd: (() => void) | null = null;

  const isHeld = (): boolean => holds > 0 || listeners.size === 0;
  const deliver = (data: Uint8Array): void => {
    for (const listener of [...listeners]) listener(data);
  };
  const flush = (): void => {
    if (isFlushing) return;
    isFlushing = true;
    for (let data = queue[0]; data !== undefined && !isHeld(); data = queue[0]) {
      queue.shift();
      deliver(data);
    }
    isFlushing = false;
    if (queue.length > 0) return;
    source.resume();
    const then = afterEnd;
    afterEnd = null;
    then?.();
  };

  return {
    push(data) {
      if (queue.length === 0 && !isHeld()) deliver(data);
      else queue.push(data);
      if (isHeld()) source.pause();
    },
    onData(listener) {
      listeners.add(listener);
      queueMicrotask(flush);
      return { dispose: () => void listeners.delete(listener) };
    },
    pause() {
      holds++;
      if (queue.length > 0) source.pause();
    },
    resume() {
      if (holds > 0) holds--;
      if (!isHeld()) queueMicrotask(flush);
    },
    end(then) {
      if (queue.length === 0) then();
      else afterEnd = then;
    },
    discard() {
      queue = [];
      const then = afterEnd;
      afterEnd = null;
      then?.();
    },
  };
}
