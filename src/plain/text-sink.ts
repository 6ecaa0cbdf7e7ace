/**
 * Where plain text goes: a stream written in batches, so that a hundred thousand log lines are not as many system calls. A reader that has
 * gone away (EPIPE) ends it quietly. A disk that is full ends what is told, and not what it tells of.
 */

export interface TextSink {
  /** Each gets a line break. */
  lines(lines: readonly string[]): void;
  /** Writes what is held now. */
  flush(): void;
  /** True once the reader has gone, or nothing more can be written. */
  readonly isClosed: boolean;
}

/** Whoever would have read it has closed its end. */
export function isReaderGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || code === 'EIO';
}

const HELD_MAX_CHARACTERS = 64 * 1024;

export function createTextSink(stream: NodeJS.WritableStream, onClosed: () => void = () => undefined): TextSink {
  let held: string[] = [];
  let heldCharacters = 0;
  let scheduled: ReturnType<typeof setImmediate> | null = null;
  let isClosed = false;

  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (isClosed) return;
    isClosed = true;
    held = [];
    if (isReaderGone(error)) onClosed();
  });

  function flush(): void {
    if (scheduled !== null) clearImmediate(scheduled);
    scheduled = null;
    if (held.length === 0 || isClosed) return;
    const text = `${held.join('\n')}\n`;
    held = [];
    heldCharacters = 0;
    stream.write(text);
  }

  return {
    lines(lines) {
      if (isClosed || lines.length === 0) return;
      for (const line of lines) {
        held.push(line);
        heldCharacters += line.length;
      }
      if (heldCharacters > HELD_MAX_CHARACTERS) flush();
      else scheduled ??= setImmediate(flush);
    },
    flush,
    get isClosed() {
      return isClosed;
    },
  };
}
