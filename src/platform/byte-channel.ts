/**
 * A two-way stream of bytes with a terminal's extras: what a container process looks like to a terminal pane.
 * It owns no buffer for readers: while nobody listens, or while paused, the source is held back (backpressure).
 */
export interface Disposable {
  dispose(): void;
}

export interface ByteChannel {
  /** Bytes from the program; the array is the listener's to keep. Listeners added later get only later bytes. */
  onData(listener: (data: Uint8Array) => void): Disposable;
  /**
   * Bytes to the program. Never throws: writing to an ended channel is dropped. `onTaken` is called once, when they are no longer kept here:
   * the other side has taken them, or nobody ever will. Who writes without end has to wait for it: not every program reads.
   */
  write(data: Uint8Array, onTaken?: () => void): void;
  /** The size of the terminal in character cells, both at least 1. A channel without a tty ignores it. */
  resize(cols: number, rows: number): void;
  /** Holds the source back until `resume`; counted, so that two holders need two resumes. */
  pause(): void;
  resume(): void;
}
