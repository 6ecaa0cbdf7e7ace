/** gRPC's message framing: one byte for compression, four for the length, then the message. It knows nothing of messages. */
import { BxError } from '../../../platform/errors.js';

export const FRAME_HEADER_BYTES = 5;

/** Cuts a byte stream into messages. A message that came in one chunk is a view into it, not a copy. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private buffered = 0;
  private wanted = FRAME_HEADER_BYTES;
  private inMessage = false;

  constructor(private readonly limitBytes: number) {}

  /** True when a message has begun whose rest is missing. */
  get isPartial(): boolean {
    return this.buffered > 0 || this.inMessage;
  }

  /** Throws `BxError('engine')` when the stream is not what it should be. */
  push(chunk: Buffer, onMessage: (message: Buffer) => void): void {
    const at = this.isPartial ? 0 : this.readWhole(chunk, onMessage);
    if (at === chunk.length) return;
    this.chunks.push(at === 0 ? chunk : chunk.subarray(at));
    this.buffered += chunk.length - at;
    while (this.buffered >= this.wanted) {
      const part = this.take(this.wanted);
      if (this.inMessage) {
        this.inMessage = false;
        this.wanted = FRAME_HEADER_BYTES;
        onMessage(part);
        continue;
      }
      this.wanted = this.messageLength(part, 0);
      this.inMessage = true;
    }
  }

  /** The messages that lie in the chunk as a whole, without a detour; returns where the first one begins that does not. */
  private readWhole(chunk: Buffer, onMessage: (message: Buffer) => void): number {
    let at = 0;
    while (chunk.length - at >= FRAME_HEADER_BYTES) {
      const end = at + FRAME_HEADER_BYTES + this.messageLength(chunk, at);
      if (end > chunk.length) break;
      onMessage(chunk.subarray(at + FRAME_HEADER_BYTES, end));
      at = end;
    }
    return at;
  }

  private messageLength(frame: Buffer, offset: number): number {
    if (frame[offset] !== 0) throw new BxError('engine', 'the engine sent a compressed message, which was not offered');
    const length = frame.readUInt32BE(offset + 1);
    if (length > this.limitBytes)
      throw new BxError('engine', `the engine sent a message of ${length} bytes, more than ${this.limitBytes}`);
    return length;
  }

  private take(length: number): Buffer {
    const first = this.chunks[0] ?? Buffer.alloc(0);
    this.buffered -= length;
    if (first.length >= length) {
      if (first.length === length) this.chunks.shift();
      else this.chunks[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    const result = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const chunk = this.chunks[0]!;
      const used = Math.min(chunk.length, length - filled);
      chunk.copy(result, filled, 0, used);
      filled += used;
      if (used === chunk.length) this.chunks.shift();
      else this.chunks[0] = chunk.subarray(used);
    }
    return result;
  }
}

/** A whole frame around `message`. */
export function frame(message: Uint8Array): Buffer {
  const result = Buffer.allocUnsafe(FRAME_HEADER_BYTES + message.length);
  writeFrameHeader(result, 0, message.length);
  result.set(message, FRAME_HEADER_BYTES);
  return result;
}

export function writeFrameHeader(target: Buffer, offset: number, messageBytes: number): void {
  target[offset] = 0;
  target.writeUInt32BE(messageBytes, offset + 1);
}
