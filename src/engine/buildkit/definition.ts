/**
 * A marshalled LLB definition (BuildKit, solver/pb, Definition) taken apart into its ops, metadata and source map, and put together again
 * for a part of them. Every piece keeps its bytes: most are never looked into, and an op that is sent back must not change.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { LineRange } from '../../core/model/index.js';

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
  forEachField(encoded, (field, reader) => {
    if (field === 1) ops.push(reader.bytes());
    else if (field === 2) putEntry(metadata, reader.bytes());
    else if (field === 3) {
      infos ??= [];
      const known = infos;
      forEachField(reader.bytes(), (part, source) => {
        if (part === 1) putEntry(locations, source.bytes());
        else if (part === 2) known.push(source.bytes());
        else return false;
        return true;
      });
    } else return false;
    return true;
  });
  return { ops, metadata, infos, locations };
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
  let found: string | null = null;
  forEachField(metadata, (field, reader) => {
    if (field !== 2) return false;
    let key = '';
    let value = '';
    forEachField(reader.bytes(), (part, entry) => {
      if (part === 1) key = entry.string();
      else if (part === 2) value = entry.string();
      else return false;
      return true;
    });
    if (key === name) found = value;
    return true;
  });
  return found;
}

export interface SourceFile {
  readonly filename: string;
  readonly data: Uint8Array;
}

/** `SourceInfo`: a file that locations refer to, as the frontend has read it. */
export function readSourceInfo(info: Uint8Array): SourceFile {
  let filename = '';
  let data: Uint8Array = new Uint8Array();
  forEachField(info, (field, reader) => {
    if (field === 1) filename = reader.string();
    else if (field === 2) data = reader.bytes();
    else return false;
    return true;
  });
  return { filename, data };
}

export function readLocations(locations: Uint8Array): SourceLocation[] {
  const result: SourceLocation[] = [];
  forEachField(locations, (field, reader) => {
    if (field !== 1) return false;
    result.push(readLocation(reader.bytes()));
    return true;
  });
  return result;
}

function readLocation(location: Uint8Array): SourceLocation {
  let sourceIndex = 0;
  const starts: number[] = [];
  const ends: number[] = [];
  forEachField(location, (field, reader) => {
    if (field === 1) sourceIndex = reader.int32();
    else if (field === 2) {
      forEachField(reader.bytes(), (part, range) => {
        if (part !== 1 && part !== 2) return false;
        (part === 1 ? starts : ends).push(readLine(range.bytes()));
        return true;
      });
    } else return false;
    return true;
  });
  const start = Math.min(...starts.filter((line) => line > 0));
  return { sourceIndex, lines: Number.isFinite(start) ? { start, end: Math.max(start, ...ends) } : null };
}

/** `Position.line`. */
function readLine(position: Uint8Array): number {
  let line = 0;
  forEachField(position, (field, reader) => {
    if (field !== 1) return false;
    line = reader.int32();
    return true;
  });
  return line;
}

/** `read` gets each field and takes its value off the reader, or returns false for one that it does not know. */
function forEachField(bytes: Uint8Array, read: (field: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (!read(field, reader)) reader.skip(wireType, field);
  }
}

/** An entry of a map of messages (Protocol Buffers, encoding of maps). */
function putEntry(map: Map<string, Uint8Array>, entry: Uint8Array): void {
  let key = '';
  let value: Uint8Array = new Uint8Array();
  forEachField(entry, (field, reader) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.bytes();
    else return false;
    return true;
  });
  map.set(key, value);
}

function writeEntry(writer: BinaryWriter, field: number, [key, value]: readonly [string, Uint8Array]): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).string(key);
  writer.tag(2, WireType.LengthDelimited).bytes(value);
  writer.join();
}
