/**
 * ExecProcess messages as bytes: the bulk path of a terminal, framed by hand because a general codec costs several times the CPU.
 * Only `FdMessage` is handled here byte by byte; every other message goes through the generated codec. It must know no stream.
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type ExecMessage, ExecMessageSchema, type InitMessage } from '../proto/gen/gateway_pb.js';

/** Largest piece of input sent at once; an engine of 20.10 refuses messages above 4 MiB. */
const INPUT_PIECE_BYTES = 32 << 10;
/** gRPC: one byte for the compression, four for the length, big endian. */
const FRAME_HEADER_BYTES = 5;

const TAG_PROCESS_ID = (1 << 3) | 2;
const TAG_FILE = (3 << 3) | 2;
const TAG_FD = (1 << 3) | 0;
const TAG_EOF = (2 << 3) | 0;
const TAG_DATA = (3 << 3) | 2;

export type ExecInput = Exclude<ExecMessage['Input'], { case: undefined }>;

export type ExecFrame =
  | { readonly kind: 'data'; readonly fd: number; readonly data: Uint8Array; readonly isEof: boolean }
  | { readonly kind: 'message'; readonly input: ExecMessage['Input'] };

/** One gRPC frame with a control message (Init, Resize, Signal …). */
export function encodeMessage(processId: string, input: ExecInput): Uint8Array {
  return frame(toBinary(ExecMessageSchema, create(ExecMessageSchema, { ProcessID: processId, Input: input })));
}

/** For the type of `init` alone: messages need their schema when they are made. */
export type ExecInit = InitMessage;

/** Frames that carry `data` to file descriptor `fd`, in pieces that every engine takes. */
export function* encodeData(processId: string, fd: number, data: Uint8Array): Generator<Uint8Array> {
  for (let offset = 0; offset < data.length; offset += INPUT_PIECE_BYTES) {
    yield encodeFile(processId, fd, data.subarray(offset, offset + INPUT_PIECE_BYTES));
  }
}

function encodeFile(processId: string, fd: number, data: Uint8Array): Uint8Array {
  const id = Buffer.from(processId, 'utf8');
  const fdBytes = fd === 0 ? 0 : 1 + varintLength(fd);
  const fileLength = fdBytes + 1 + varintLength(data.length) + data.length;
  const total = 1 + varintLength(id.length) + id.length + 1 + varintLength(fileLength) + fileLength;
  const out = Buffer.allocUnsafe(FRAME_HEADER_BYTES + total);
  out[0] = 0;
  out.writeUInt32BE(total, 1);
  let at = FRAME_HEADER_BYTES;
  out[at++] = TAG_PROCESS_ID;
  at = writeVarint(out, at, id.length);
  at += id.copy(out, at);
  out[at++] = TAG_FILE;
  at = writeVarint(out, at, fileLength);
  if (fd !== 0) {
    out[at++] = TAG_FD;
    at = writeVarint(out, at, fd);
  }
  out[at++] = TAG_DATA;
  at = writeVarint(out, at, data.length);
  out.set(data, at);
  return out;
}

/** A frame's payload. Data is a view into `payload`, not a copy. */
export function decodeFrame(payload: Uint8Array): ExecFrame {
  let at = 0;
  let found: ExecFrame | null = null;
  while (at < payload.length) {
    const tag = payload[at]!;
    if (tag !== TAG_PROCESS_ID && tag !== TAG_FILE) break;
    const [length, start] = readVarint(payload, at + 1);
    if (start + length > payload.length) break;
    if (tag === TAG_FILE) found = decodeFile(payload.subarray(start, start + length));
    at = start + length;
    if (tag === TAG_FILE && found === null) break;
  }
  if (found !== null && at === payload.length) return found;
  return { kind: 'message', input: fromBinary(ExecMessageSchema, payload).Input };
}

/** Null: a field that is not known here, so that the generated codec has to look at it. */
function decodeFile(file: Uint8Array): ExecFrame | null {
  let fd = 0;
  let isEof = false;
  let data: Uint8Array = file.subarray(0, 0);
  let at = 0;
  while (at < file.length) {
    const tag = file[at]!;
    if (tag !== TAG_FD && tag !== TAG_EOF && tag !== TAG_DATA) return null;
    const [value, next] = readVarint(file, at + 1);
    at = next;
    if (tag === TAG_FD) fd = value;
    else if (tag === TAG_EOF) isEof = value !== 0;
    else {
      data = file.subarray(at, at + value);
      at += value;
    }
  }
  return at === file.length ? { kind: 'data', fd, data, isEof } : null;
}

/** Cuts a byte stream into the payloads of gRPC frames. A payload that lies in one chunk is a view into it. */
export function createFrameSplitter(onPayload: (payload: Uint8Array) => void): (chunk: Uint8Array) => void {
  let parts: Uint8Array[] = [];
  let held = 0;
  /** Bytes that must be held before anything can be cut off. */
  let needed = FRAME_HEADER_BYTES;
  return (chunk) => {
    parts.push(chunk);
    held += chunk.length;
    if (held < needed) return;
    const bytes = parts.length === 1 ? chunk : Buffer.concat(parts, held);
    let at = 0;
    needed = FRAME_HEADER_BYTES;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, FRAME_HEADER_BYTES);
      if (view.getUint8(0) !== 0) throw new Error('the engine sent a compressed message, which was not asked for');
      const length = view.getUint32(1);
      if (bytes.length - at < FRAME_HEADER_BYTES + length) {
        needed = FRAME_HEADER_BYTES + length;
        break;
      }
      onPayload(bytes.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + length));
      at += FRAME_HEADER_BYTES + length;
    }
    held = bytes.length - at;
    parts = held === 0 ? [] : [bytes.subarray(at)];
  };
}

function frame(payload: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  out[0] = 0;
  out.writeUInt32BE(payload.length, 1);
  out.set(payload, FRAME_HEADER_BYTES);
  return out;
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) length++;
  return length;
}

function writeVarint(out: Uint8Array, at: number, value: number): number {
  let rest = value;
  let next = at;
  for (; rest > 127; rest >>>= 7) out[next++] = (rest & 127) | 128;
  out[next++] = rest;
  return next;
}

/** Throws on a value that does not end: the engine sent nonsense. */
function readVarint(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0, next = at; shift < 35; shift += 7, next++) {
    const byte = bytes[next];
    if (byte === undefined) break;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, next + 1];
  }
  throw new Error('the engine sent a malformed message');
}
