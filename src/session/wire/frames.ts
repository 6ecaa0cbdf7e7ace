/**
 * Frames on a byte stream: u32 length of the payload, u8 kind, payload. Kind 0 is one JSON message, kind 1 bytes of a terminal behind
 * the u32 number of their channel. Big endian. It knows nothing of what the messages say.
 */
import { BxError } from '../../platform/errors.js';

export const MAX_FRAME_BYTES = 64 << 20;

const HEADER_BYTES = 5;
const CHANNEL_BYTES = 4;
const MESSAGE = 0;
const BYTES = 1;
const FIRST_CAPACITY = 4096;

export type Frame =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'bytes'; readonly channel: number; readonly data: Uint8Array };

/** One message as a whole frame. Throws `BxError` when it is larger than a frame may be. */
export function encodeMessage(message: object): Uint8Array {
  const text = JSON.stringify(message);
  const length = Buffer.byteLength(text);
  if (length > MAX_FRAME_BYTES) throw new BxError('state', `a message of ${length} bytes is too large to be sent`);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + length);
  frame.writeUInt32BE(length, 0);
  frame[4] = MESSAGE;
  frame.write(text, HEADER_BYTES);
  return frame;
}

/** What goes before `dataLength` bytes of a channel; the bytes themselves need no copy. */
export function bytesHeader(channel: number, dataLength: number): Uint8Array {
  const header = Buffer.allocUnsafe(HEADER_BYTES + CHANNEL_BYTES);
  header.writeUInt32BE(CHANNEL_BYTES + dataLength, 0);
  header[4] = BYTES;
  header.writeUInt32BE(channel, HEADER_BYTES);
  return header;
}

export interface Splitter {
  /** The frames that this chunk completes. Throws `BxError` at one that cannot be; nothing may be pushed after that. */
  push(chunk: Uint8Array): Generator<Frame, void>;
  /** False: the stream must not end here. */
  readonly isBetweenFrames: boolean;
}

/** A frame that lies in one chunk is a view of it; another is gathered in a buffer that grows with what has come, not with what is announced. */
export function createSplitter(maxBytes: number = MAX_FRAME_BYTES): Splitter {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerFilled = 0;
  let payload = Buffer.alloc(0);
  let filled = 0;

  const finish = (bytes: Buffer): Frame => {
    headerFilled = 0;
    filled = 0;
    payload = Buffer.alloc(0);
    if (header[4] === MESSAGE) return { kind: 'message', text: bytes.toString() };
    return { kind: 'bytes', channel: bytes.readUInt32BE(0), data: bytes.subarray(CHANNEL_BYTES) };
  };
  const gather = (part: Buffer, length: number): void => {
    if (payload.length < filled + part.length) {
      const capacity = Math.min(length, Math.max(FIRST_CAPACITY, 2 * (filled + part.length)));
      const larger = Buffer.allocUnsafe(capacity);
      payload.copy(larger, 0, 0, filled);
      payload = larger;
    }
    part.copy(payload, filled);
    filled += part.length;
  };

  return {
    *push(given) {
      const chunk = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
      let at = 0;
      while (at < chunk.length) {
        if (headerFilled < HEADER_BYTES) {
          const copied = chunk.copy(header, headerFilled, at, at + HEADER_BYTES - headerFilled);
          headerFilled += copied;
          at += copied;
          if (headerFilled === HEADER_BYTES) checkHeader(header, maxBytes);
          continue;
        }
        const length = header.readUInt32BE(0);
        const part = chunk.subarray(at, at + length - filled);
        at += part.length;
        if (part.length === length) yield finish(part);
        else {
          gather(part, length);
          if (filled === length) yield finish(payload.subarray(0, length));
        }
      }
    },
    get isBetweenFrames() {
      return headerFilled === 0;
    },
  };
}

function checkHeader(header: Buffer, maxBytes: number): void {
  const length = header.readUInt32BE(0);
  const least = header[4] === MESSAGE ? 1 : CHANNEL_BYTES;
  if (header[4]! > BYTES) throw notASession(`a frame of the unknown kind ${header[4]}`);
  if (length < least || length > maxBytes) throw notASession(`a frame of ${length} bytes`);
}

/** What came over the stream cannot be of a session. */
export function notASession(what: string): BxError {
  return new BxError('state', `the other side of the session's socket sent what makes no sense: ${what}`, {
    hint: 'the connection was closed; the session itself goes on',
  });
}
