/** Two one-way streams as one that goes both ways, with what Node's HTTP client expects of a socket. It knows no protocol. */
import { Duplex, type Readable, type Writable } from 'node:stream';

export interface ChannelEnds {
  readonly input: Writable;
  readonly output: Readable;
  /** Called once, when nobody wants the stream any more. */
  close(): void;
}

/** What lies in the bytes of `output`. */
export interface ChannelCoding {
  /** Takes the bytes out of what they are wrapped in. */
  decode(chunk: Buffer): readonly Buffer[];
  /** Asked at the end: why that was none in order, else null. */
  endError(): Promise<Error | null>;
}

/** Bytes written go to `input`, those of `output` are read; who reads slowly holds `output` back. */
export class ChannelStream extends Duplex {
  readonly #ends: ChannelEnds;
  /** As of a socket. */
  bytesRead = 0;

  constructor(ends: ChannelEnds, coding: ChannelCoding | null = null) {
    super({ allowHalfOpen: false });
    this.#ends = ends;
    const fail = async (error: Error): Promise<void> => void this.destroy((await coding?.endError()) ?? error);
    ends.input.on('error', (error) => void fail(error));
    ends.output.on('error', (error) => void fail(error));
    ends.output.on('data', (chunk: Buffer) => {
      this.bytesRead += chunk.length;
      for (const part of coding?.decode(chunk) ?? [chunk]) if (!this.push(part)) ends.output.pause();
    });
    ends.output.on('end', async () => {
      const error = (await coding?.endError()) ?? null;
      if (error !== null) this.destroy(error);
      else if (!this.destroyed) this.push(null);
    });
  }

  override _read(): void {
    this.#ends.output.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#ends.input.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#ends.input.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#ends.close();
    done(error);
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
