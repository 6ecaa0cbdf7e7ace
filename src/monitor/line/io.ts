/** The streams of the line-mode monitor. */
import type { ByteChannel, Disposable } from '../../platform/byte-channel.js';

export interface HostInput extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  readonly readableEnded?: boolean;
  readonly destroyed?: boolean;
  destroy?(): unknown;
  setRawMode?(isRaw: boolean): unknown;
}

export interface HostOutput extends NodeJS.WritableStream {
  readonly columns?: number;
  readonly rows?: number;
  /** 0 right after a write: it was taken at once, however large it was. */
  readonly writableLength: number;
}

/** How Ctrl-C reaches whoever runs: the newest handler is called, until it is disposed. */
export type OnInterrupt = (handler: () => void) => Disposable;

export function sizeOf(output: HostOutput): { cols: number; rows: number } {
  return { cols: Math.max(1, output.columns || 80), rows: Math.max(1, output.rows || 24) };
}

/** Writes what a program prints, and holds the program back as long as the output cannot take more. */
export function holdingWriter(
  output: HostOutput,
  terminal: Pick<ByteChannel, 'pause' | 'resume'>,
): (data: Uint8Array | string) => void {
  let isHeld = false;
  return (data) => {
    if (data.length === 0 || output.write(data) || output.writableLength === 0 || isHeld) return;
    isHeld = true;
    terminal.pause();
    output.once('drain', () => {
      isHeld = false;
      terminal.resume();
    });
  };
}
