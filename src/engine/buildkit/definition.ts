/**
 * A marshalled LLB definition (BuildKit, solver/pb, Definition) taken apart into its ops, metadata and source map, and put together again
 * for a part of them. Every piece keeps its bytes: most are never looked into, and an op that is sent back must not change. Cases are tags
 * (`wire.ts`).
 */
import { type BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { LineRange } from '../../core/model/index.js';
import { endOf, plainBytes, readerOf, skip } from './wire.js';

export interface SourceLocation {
  readonly sourceIndex: number;
  /** 1-based; null: none that says anything. */
  readonly lines: LineRange | null;
}

export interface DefinitionParts {
  /** Marshalled ops, topologically sorted; the last one only marks the output. */
  readonly ops: readonly Uint8Array[];
  /** OpMetadata by the digest of its op. */
  readonly metadata: ReadonlyMap<string, Uint8Array>;
  /** SourceInfo in the order that locations refer to; null: there is no source map. */
  readonly infos: readonly Uint8Array[] | null;
  /** Locations by the digest of their op. */
  readonly locations: ReadonlyMap<string, Uint8Array>;
}

/** Throws what a decoder throws for bytes that are no message. */
export function readDefinition(encoded: Uint8Array): DefinitionParts {
  const ops: Uint8Array[] = [];
  const metadata = new Map<string, Uint8Array>();
  const locations = new Map<string, Uint8Array>();
  let infos: Uint8Array[] | null = null;
  const reader = readerOf(encoded);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 0o12) ops.push(plainBytes(reader.bytes()));
    else if (tag === 0o22) readEntry(reader, metadata);
    else if (tag === 0o32) {
      infos ??= [];
      readSource(reader, locations, infos);
    } else skip(reader, tag);
  }
  return { ops, metadata, infos, locations };
}

/** `Source`. */
function readSource(reader: BinaryReader, locations: Map<string, Uint8Array>, infos: Uint8Array[]): void {
  const end = endOf(reader);
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 0o12) readEntry(reader, locations);
    else if (tag === 0o22) infos.push(plainBytes(reader.bytes()));
    else skip(reader, tag);
  }
}

export function writeDefinition({ ops, metadata, infos, locations }: DefinitionParts): Uint8Array {
  const writer = new BinaryWriter();
  for (const op of ops) writer.tag(1, WireType.LengthDelimited).bytes(op);
  for (const entry of metadata) writeEntry(writer, 2, entry);
  if (infos !== null) {
    writer.tag(3, WireType.LengthDelimited).fork();
    for (const entry of locations) writeEntry(writer, 1, entry);
    for (const info of infos) writer.tag(2, WireType.LengthDelimited).bytes(info);
    writer.join();
  }
  return writer.finish();
}

/** `OpMetadata.description[name]`; null: it has none. */
export function readDescription(metadata: Uint8Array, name: string): string | null {
  const reader = readerOf(metadata);
  let found: string | null = null;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag !== 0o22) {
      skip(reader, tag);
      continue;
    }
    const end = endOf(reader);
    let key = '';
    let value = '';
    while (reader.pos < end) {
      const part = reader.uint32();
      if (part === 0o12) key = reader.string();
      else if (part === 0o22) value = reader.string();
      else skip(reader, part);
    }
    if (key === name) found = value;
  }
  return found;
}

export interface SourceFile {
  readonly filename: string;
  readonly data: Uint8Array;
}

/** `SourceInfo`: a file that locations refer to, as the frontend has read it. */
export function readSourceInfo(info: Uint8Array): SourceFile {
  const reader = readerOf(info);
  let filename = '';
  let data: Uint8Array = new Uint8Array();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 0o12) filename = reader.string();
    else if (tag === 0o22) data = plainBytes(reader.bytes());
    else skip(reader, tag);
  }
  return { filename, data };
}

/** `Locations`. */
export function readLocations(locations: Uint8Array): SourceLocation[] {
  const reader = readerOf(locations);
  const result: SourceLocation[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 0o12) result.push(readLocation(reader));
    else skip(reader, tag);
  }
  return result;
}

function readLocation(reader: BinaryReader): SourceLocation {
  const end = endOf(reader);
  let sourceIndex = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 0o10) sourceIndex = reader.int32();
    else if (tag === 0o22) {
      const { start, end: until } = readRange(reader);
      if (start > 0) first = Math.min(first, start);
      last = Math.max(last, until);
    } else skip(reader, tag);
  }
  return { sourceIndex, lines: Number.isFinite(first) ? { start: first, end: Math.max(first, last) } : null };
}

function readRange(reader: BinaryReader): LineRange {
  const end = endOf(reader);
  const range = { start: 0, end: 0 };
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 0o12) range.start = readLine(reader);
    else if (tag === 0o22) range.end = readLine(reader);
    else skip(reader, tag);
  }
  return range;
}

/** `Position.line`. */
function readLine(reader: BinaryReader): number {
  const end = endOf(reader);
  let line = 0;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 0o10) line = reader.int32();
    else skip(reader, tag);
  }
  return line;
}

/** An entry of a map of messages (Protocol Buffers, encoding of maps). */
function readEntry(reader: BinaryReader, into: Map<string, Uint8Array>): void {
  const end = endOf(reader);
  let key = '';
  let value: Uint8Array = new Uint8Array();
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 0o12) key = reader.string();
    else if (tag === 0o22) value = plainBytes(reader.bytes());
    else skip(reader, tag);
  }
  into.set(key, value);
}

function writeEntry(writer: BinaryWriter, field: number, [key, value]: readonly [string, Uint8Array]): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).string(key);
  writer.tag(2, WireType.LengthDelimited).bytes(value);
  writer.join();
}
