/**
 * Messages read by hand, in one pass and with no reader for each message in another: what has hundreds of parts comes when everybody waits.
 * Cases are tags as they stand on the wire: the field's number times eight, and 2 for what has a length (Protocol Buffers, encoding).
 */
import { BinaryReader } from '@bufbuild/protobuf/wire';

/** Text comes from a part of a Buffer, which decodes short ones quicker than anything else; bytes are Buffers as well (`plainBytes`). */
export function readerOf(bytes: Uint8Array): BinaryReader {
  return new BinaryReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), (part) => (part as Buffer).toString('utf8'));
}

/** Takes the length of a message off the reader. Gives the position behind the message. */
export function endOf(reader: BinaryReader): number {
  return reader.uint32() + reader.pos;
}

/** Takes the value of a field that nobody asks for. */
export function skip(reader: BinaryReader, tag: number): void {
  reader.skip(tag & 7, tag >>> 3);
}

/** Whoever gets bytes expects no Buffer. */
export function plainBytes({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
