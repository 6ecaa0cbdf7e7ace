/**
 * A message of the status stream, read by hand into what the generated code reads it into: a large build has hundreds of vertices in one
 * message. Cases are tags (`wire.ts`).
 */
import { fromBinary } from '@bufbuild/protobuf';
import type { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import {
  type StatusResponse,
  type Vertex,
  type VertexLog,
  type VertexStatus,
  VertexWarningSchema,
} from './proto/gen/control_pb.js';
import { ProgressGroupSchema } from './proto/gen/pb_pb.js';
import { endOf, plainBytes, readerOf, skip } from './wire.js';

/** Throws what a decoder throws for bytes that are no message. */
export function readStatus(bytes: Uint8Array): StatusResponse {
  const message: StatusResponse = {
    ...{ $typeName: 'moby.buildkit.v1.StatusResponse', vertexes: [], statuses: [], logs: [], warnings: [] },
  };
  const reader = readerOf(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 0o12) message.vertexes.push(readVertex(reader));
    else if (tag === 0o22) message.statuses.push(readProgress(reader));
    else if (tag === 0o32) message.logs.push(readLog(reader));
    else if (tag === 0o42) message.warnings.push(fromBinary(VertexWarningSchema, plainBytes(reader.bytes())));
    else skip(reader, tag);
  }
  return message;
}

function readVertex(reader: BinaryReader): Vertex {
  const end = endOf(reader);
  const vertex: Vertex = {
    ...{ $typeName: 'moby.buildkit.v1.Vertex', digest: '', inputs: [], name: '', cached: false, error: '' },
    ...{ started: undefined, completed: undefined },
  };
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 0o12) vertex.digest = reader.string();
    else if (tag === 0o22) vertex.inputs.push(reader.string());
    else if (tag === 0o32) vertex.name = reader.string();
    else if (tag === 0o40) vertex.cached = reader.bool();
    else if (tag === 0o52) vertex.started = readMoment(reader);
    else if (tag === 0o62) vertex.completed = readMoment(reader);
    else if (tag === 0o72) vertex.error = reader.string();
    else if (tag === 0o102) vertex.progressGroup = fromBinary(ProgressGroupSchema, plainBytes(reader.bytes()));
    else skip(reader, tag);
  }
  return vertex;
}

function readProgress(reader: BinaryReader): VertexStatus {
  const end = endOf(reader);
  const status: VertexStatus = {
    ...{ $typeName: 'moby.buildkit.v1.VertexStatus', ID: '', vertex: '', name: '', current: 0n, total: 0n },
    ...{ started: undefined, completed: undefined },
  };
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 0o12) status.ID = reader.string();
    else if (tag === 0o22) status.vertex = reader.string();
    else if (tag === 0o32) status.name = reader.string();
    else if (tag === 0o40) status.current = BigInt(reader.int64());
    else if (tag === 0o50) status.total = BigInt(reader.int64());
    else if (tag === 0o62) status.timestamp = readMoment(reader);
    else if (tag === 0o72) status.started = readMoment(reader);
    else if (tag === 0o102) status.completed = readMoment(reader);
    else skip(reader, tag);
  }
  return status;
}

function readLog(reader: BinaryReader): VertexLog {
  const end = endOf(reader);
  const log: VertexLog = { $typeName: 'moby.buildkit.v1.VertexLog', vertex: '', stream: 0n, msg: NOTHING };
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 0o12) log.vertex = reader.string();
    else if (tag === 0o22) log.timestamp = readMoment(reader);
    else if (tag === 0o30) log.stream = BigInt(reader.int64());
    else if (tag === 0o42) log.msg = plainBytes(reader.bytes());
    else skip(reader, tag);
  }
  return log;
}

const NOTHING = new Uint8Array();

function readMoment(reader: BinaryReader): Timestamp {
  const end = endOf(reader);
  const moment: Timestamp = { $typeName: 'google.protobuf.Timestamp', seconds: 0n, nanos: 0 };
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 0o10) moment.seconds = BigInt(reader.int64());
    else if (tag === 0o20) moment.nanos = reader.int32();
    else skip(reader, tag);
  }
  return moment;
}
