/**
 * fsutil's packets, encoded and decoded by hand: this is the hot path of a build with a large context. `fsutil.proto` is the reference,
 * a test holds the two together. Encoded packets carry their gRPC frame.
 */

import type { WalkEntry } from '../../../shared/files/tree-walk.js';
import { FRAME_HEADER_BYTES, writeFrameHeader } from '../../transport/grpc-frames.js';

export const PacketType = { stat: 0, request: 1, data: 2, fin: 3, error: 4 } as const;

export interface Packet {
  readonly type: number;
  readonly id: number;
  /** A view into the message. */
  readonly data: Buffer;
  /** The encoded Stat; null: none, which ends the list of entries. */
  readonly stat: Buffer | null;
}

const EMPTY: Buffer = Buffer.alloc(0);

/** Frame header, type, id and length as varints of fixed width (five bytes, padded), so that file data can be read in right behind it. */
export const DATA_HEADER_BYTES = FRAME_HEADER_BYTES + 2 + 6 + 6;

/** Writes the header of a DATA packet whose `dataBytes` follow at `offset + DATA_HEADER_BYTES`. */
export function writeDataHeader(target: Buffer, offset: number, id: number, dataBytes: number): void {
  writeFrameHeader(target, offset, DATA_HEADER_BYTES - FRAME_HEADER_BYTES + dataBytes);
  let at = offset + FRAME_HEADER_BYTES;
  target[at++] = 0x08;
  target[at++] = PacketType.data;
  target[at++] = 0x18;
  at = writePaddedVarint(target, at, id);
  target[at++] = 0x22;
  writePaddedVarint(target, at, dataBytes);
}

/** The most that `writeMarker` writes. */
export const MARKER_BYTES = 32;

/** A packet without content of its own: FIN, or the empty STAT and DATA that end a list and a file. */
export function encodeMarker(type: number, id = 0): Buffer {
  const buffer = Buffer.allocUnsafe(MARKER_BYTES);
  return buffer.subarray(0, writeMarker(buffer, 0, type, id));
}

/** The same, written at `offset`; returns where it ends. */
export function writeMarker(target: Buffer, offset: number, type: number, id: number): number {
  let at = offset + FRAME_HEADER_BYTES;
  if (type !== 0) {
    target[at++] = 0x08;
    at = writeVarint(target, at, type);
  }
  if (id !== 0) {
    target[at++] = 0x18;
    at = writeVarint(target, at, id);
  }
  writeFrameHeader(target, offset, at - offset - FRAME_HEADER_BYTES);
  return at;
}

/** Asks the other side for the content of a file. */
export function encodeRequest(id: number): Buffer {
  return encodeMarker(PacketType.request, id);
}

export function encodeError(message: string): Buffer {
  const text = Buffer.from(message);
  const buffer = Buffer.allocUnsafe(FRAME_HEADER_BYTES + 3 + 5 + text.length);
  let at = FRAME_HEADER_BYTES;
  buffer[at++] = 0x08;
  buffer[at++] = PacketType.error;
  buffer[at++] = 0x22;
  at = writeVarint(buffer, at, text.length);
  text.copy(buffer, at);
  at += text.length;
  writeFrameHeader(buffer, 0, at - FRAME_HEADER_BYTES);
  return buffer.subarray(0, at);
}

/** Extended attributes of one entry. */
export type Xattrs = ReadonlyMap<string, Uint8Array>;

const STAT_BUFFER_BYTES = 96 * 1024;
/** In front of a Stat: frame header, tag, and its length as a varint of fixed width. */
const STAT_HEADER_BYTES = FRAME_HEADER_BYTES + 1 + 5;

/** Encodes STAT packets into one growing batch. */
export class StatBatch {
  private buffer: Buffer = Buffer.allocUnsafeSlow(STAT_BUFFER_BYTES);
  private length = 0;
  private readonly starts: number[] = [];

  get byteLength(): number {
    return this.length;
  }

  add(entry: WalkEntry): void {
    // Three bytes for a UTF-16 unit at most, and room for every number of the packet.
    const room = 160 + 3 * (entry.path.length + entry.linkName.length);
    if (this.length + room > this.buffer.length) this.grow(room);
    const buffer = this.buffer;
    const start = this.length;
    let at = start + STAT_HEADER_BYTES;
    at = writeString(buffer, at, 0x0a, entry.path);
    buffer[at++] = 0x10;
    at = writeVarint(buffer, at, entry.stat.mode);
    if (entry.stat.sizeBytes !== 0) {
      buffer[at++] = 0x28;
      at = writeVarint(buffer, at, entry.stat.sizeBytes);
    }
    if (entry.stat.mtimeNs !== 0n) {
      buffer[at++] = 0x30;
      at = writeInt64(buffer, at, entry.stat.mtimeNs);
    }
    if (entry.linkName !== '') at = writeString(buffer, at, 0x3a, entry.linkName);
    if (entry.stat.devMajor !== 0) {
      buffer[at++] = 0x40;
      at = writeVarint(buffer, at, entry.stat.devMajor);
    }
    if (entry.stat.devMinor !== 0) {
      buffer[at++] = 0x48;
      at = writeVarint(buffer, at, entry.stat.devMinor);
    }
    writeStatHeader(buffer, start, at);
    this.starts.push(start);
    this.length = at;
  }

  /** The packets, some of them with extended attributes, by index in ascending order. Nothing may be added afterwards. */
  take(xattrs: ReadonlyMap<number, Xattrs> | null): Buffer {
    const parts: Buffer[] = [];
    let from = 0;
    for (const [index, found] of xattrs ?? []) {
      const start = this.starts[index]!;
      const end = this.starts[index + 1] ?? this.length;
      const packet = Buffer.concat([this.buffer.subarray(start, end), encodeXattrs(found)]);
      writeStatHeader(packet, 0, packet.length);
      parts.push(this.buffer.subarray(from, start), packet);
      from = end;
    }
    const rest = this.buffer.subarray(from, this.length);
    return parts.length === 0 ? rest : Buffer.concat([...parts, rest]);
  }

  private grow(room: number): void {
    const larger = Buffer.allocUnsafeSlow((this.length + room) * 2);
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

/** Around a Stat that lies behind the room for its header. */
function writeStatHeader(target: Buffer, start: number, end: number): void {
  writeFrameHeader(target, start, end - start - FRAME_HEADER_BYTES);
  target[start + FRAME_HEADER_BYTES] = 0x12;
  writePaddedVarint(target, start + FRAME_HEADER_BYTES + 1, end - start - STAT_HEADER_BYTES);
}

/** Decodes a packet that the engine sent. Unknown fields are skipped. Throws RangeError for a truncated one. */
export function decodePacket(message: Buffer): Packet {
  let type = 0;
  let id = 0;
  let data = EMPTY;
  let stat: Buffer | null = null;
  const reader = new WireReader(message);
  while (!reader.isAtEnd) {
    const tag = reader.varint();
    if (tag === 0x08) type = reader.varint();
    else if (tag === 0x12) stat = reader.bytes();
    else if (tag === 0x18) id = reader.varint();
    else if (tag === 0x22) data = reader.bytes();
    else reader.skip(tag & 7);
  }
  return { type, id, data, stat };
}

export interface DecodedStat {
  readonly path: string;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly linkName: string;
  readonly devMajor: number;
  readonly devMinor: number;
  readonly xattrs: ReadonlyMap<string, Buffer>;
}

export function decodeStat(message: Buffer): DecodedStat {
  let path = '';
  let mode = 0;
  let sizeBytes = 0;
  let mtimeNs = 0n;
  let linkName = '';
  let devMajor = 0;
  let devMinor = 0;
  const xattrs = new Map<string, Buffer>();
  const reader = new WireReader(message);
  while (!reader.isAtEnd) {
    const tag = reader.varint();
    if (tag === 0x0a) path = reader.bytes().toString('utf8');
    else if (tag === 0x10) mode = reader.varint();
    else if (tag === 0x28) sizeBytes = reader.varint();
    else if (tag === 0x30) mtimeNs = reader.int64();
    else if (tag === 0x3a) linkName = reader.bytes().toString('utf8');
    else if (tag === 0x40) devMajor = reader.varint();
    else if (tag === 0x48) devMinor = reader.varint();
    else if (tag === 0x52) addXattr(xattrs, reader.bytes());
    else reader.skip(tag & 7);
  }
  return { path, mode, sizeBytes, mtimeNs, linkName, devMajor, devMinor, xattrs };
}

/** The `data` field of a BytesMessage. */
export function decodeBytesMessage(message: Buffer): Buffer {
  let data = EMPTY;
  const reader = new WireReader(message);
  while (!reader.isAtEnd) {
    const tag = reader.varint();
    if (tag === 0x0a) data = reader.bytes();
    else reader.skip(tag & 7);
  }
  return data;
}

/** A BytesMessage with its gRPC frame. */
export function encodeBytesMessage(data: Uint8Array): Buffer {
  const buffer = Buffer.allocUnsafe(FRAME_HEADER_BYTES + 6 + data.length);
  buffer[FRAME_HEADER_BYTES] = 0x0a;
  const at = writeVarint(buffer, FRAME_HEADER_BYTES + 1, data.length);
  buffer.set(data, at);
  writeFrameHeader(buffer, 0, at - FRAME_HEADER_BYTES + data.length);
  return buffer.subarray(0, at + data.length);
}

class WireReader {
  private at = 0;
  constructor(private readonly buffer: Buffer) {}

  get isAtEnd(): boolean {
    return this.at >= this.buffer.length;
  }

  /** Exact up to 2^53, which covers every number but times. */
  varint(): number {
    let result = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return result;
      scale *= 128;
    }
  }

  int64(): bigint {
    let result = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.byte();
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, result);
      shift += 7n;
    }
  }

  bytes(): Buffer {
    const length = this.varint();
    if (this.at + length > this.buffer.length) throw new RangeError('truncated packet');
    this.at += length;
    return this.buffer.subarray(this.at - length, this.at);
  }

  skip(wireType: number): void {
    if (wireType === 0) this.int64();
    else if (wireType === 1) this.at += 8;
    else if (wireType === 2) this.bytes();
    else if (wireType === 5) this.at += 4;
    else throw new RangeError(`unexpected wire type ${wireType}`);
  }

  private byte(): number {
    const byte = this.buffer[this.at++];
    if (byte === undefined) throw new RangeError('truncated packet');
    return byte;
  }
}

function addXattr(target: Map<string, Buffer>, entry: Buffer): void {
  let key = '';
  let value = EMPTY;
  const reader = new WireReader(entry);
  while (!reader.isAtEnd) {
    const tag = reader.varint();
    if (tag === 0x0a) key = reader.bytes().toString('utf8');
    else if (tag === 0x12) value = reader.bytes();
    else reader.skip(tag & 7);
  }
  target.set(key, value);
}

function encodeXattrs(xattrs: Xattrs): Buffer {
  const parts: Buffer[] = [];
  for (const [key, value] of xattrs) {
    const keyBytes = Buffer.from(key);
    const entry = Buffer.allocUnsafe(12 + keyBytes.length + value.length);
    entry[0] = 0x0a;
    let at = writeVarint(entry, 1, keyBytes.length);
    keyBytes.copy(entry, at);
    at += keyBytes.length;
    entry[at++] = 0x12;
    at = writeVarint(entry, at, value.length);
    entry.set(value, at);
    at += value.length;
    const head = Buffer.allocUnsafe(6);
    head[0] = 0x52;
    parts.push(head.subarray(0, writeVarint(head, 1, at)), entry.subarray(0, at));
  }
  return Buffer.concat(parts);
}

function writeString(target: Buffer, offset: number, tag: number, text: string): number {
  target[offset] = tag;
  // Written first, measured by what was written; nearly every path needs a length of one or two bytes.
  const isShort = text.length < 42;
  const start = offset + (isShort ? 2 : 6);
  const length = target.write(text, start, 'utf8');
  if (isShort) target[offset + 1] = length;
  else writePaddedVarint(target, offset + 1, length);
  return start + length;
}

function writeVarint(target: Buffer, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  while (rest >= 0x80) {
    target[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  target[at++] = rest;
  return at;
}

/** Always five bytes: protobuf readers accept leading zeros in a varint. */
function writePaddedVarint(target: Buffer, offset: number, value: number): number {
  target[offset] = (value & 0x7f) | 0x80;
  target[offset + 1] = ((value >>> 7) & 0x7f) | 0x80;
  target[offset + 2] = ((value >>> 14) & 0x7f) | 0x80;
  target[offset + 3] = ((value >>> 21) & 0x7f) | 0x80;
  target[offset + 4] = (value >>> 28) & 0x0f;
  return offset + 5;
}

const int64 = new BigInt64Array(1);
const int64Halves = new Uint32Array(int64.buffer);

/** Also negative ones (times before 1970), which take ten bytes. */
function writeInt64(target: Buffer, offset: number, value: bigint): number {
  int64[0] = value;
  let low = int64Halves[0]!;
  let high = int64Halves[1]!;
  let at = offset;
  while (high !== 0 || low >= 0x80) {
    target[at++] = (low & 0x7f) | 0x80;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  target[at++] = low;
  return at;
}
