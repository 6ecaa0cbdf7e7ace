/**
 * The outline of a marshalled op: which kind it is, what it takes and, of a source, where it is from, read without decoding the rest. A graph
 * has hundreds of ops, and of most of them nobody asks for more. Cases are tags (`wire.ts`).
 */

import type { BinaryReader } from '@bufbuild/protobuf/wire';
import type { PlannedVertex } from '../../core/events.js';
import type { OutputRef } from './graph-types.js';
import { endOf, readerOf, skip } from './wire.js';

export interface OpOutline {
  readonly kind: PlannedVertex['op'];
  readonly inputs: readonly OutputRef[];
  /** `docker-image://…`, `local://…`; null: no source. */
  readonly identifier: string | null;
}

/** Field numbers of the kinds in pb.Op. */
const KINDS: Readonly<Record<number, PlannedVertex['op']>> = {
  2: 'exec',
  3: 'source',
  4: 'file',
  5: 'build',
  6: 'merge',
  7: 'diff',
};

/** Throws what a decoder throws for bytes that are no message. */
export function outlineOf(raw: Uint8Array): OpOutline {
  const reader = readerOf(raw);
  const inputs: OutputRef[] = [];
  let kind: PlannedVertex['op'] = 'unknown';
  let identifier: string | null = null;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    kind = KINDS[tag >>> 3] ?? kind;
    if (tag === 0o12) inputs.push(readInput(reader));
    else if (tag === 0o32) identifier = readIdentifier(reader);
    else skip(reader, tag);
  }
  return { kind, inputs, identifier };
}

function readInput(reader: BinaryReader): OutputRef {
  const end = endOf(reader);
  let digest = '';
  let index = 0;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 0o12) digest = reader.string();
    else if (tag === 0o20) index = Number(reader.int64());
    else skip(reader, tag);
  }
  return { digest, index };
}

/** `SourceOp.identifier`. */
function readIdentifier(reader: BinaryReader): string {
  const end = endOf(reader);
  let identifier = '';
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 0o12) identifier = reader.string();
    else skip(reader, tag);
  }
  return identifier;
}
