/**
 * The outline of a marshalled op: which kind it is and what it takes, read without decoding the rest. A graph has hundreds of ops, and of
 * most of them nobody asks for more.
 */

import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { PlannedVertex } from '../../core/events.js';
import type { OutputRef } from './graph-types.js';

export interface OpOutline {
  readonly kind: PlannedVertex['op'];
  readonly inputs: readonly OutputRef[];
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
  const reader = new BinaryReader(raw);
  const inputs: OutputRef[] = [];
  let kind: PlannedVertex['op'] = 'unknown';
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) inputs.push(readInput(reader, reader.uint32()));
    else {
      kind = KINDS[field] ?? kind;
      reader.skip(wireType, field);
    }
  }
  return { kind, inputs };
}

function readInput(reader: BinaryReader, length: number): OutputRef {
  const end = reader.pos + length;
  let digest = '';
  let index = 0;
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    if (field === 1) digest = reader.string();
    else if (field === 2) index = Number(reader.int64());
    else reader.skip(wireType, field);
  }
  return { digest, index };
}
