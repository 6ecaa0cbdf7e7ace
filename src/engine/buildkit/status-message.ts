/**
 * A message of the status stream, read by hand into what the generated code reads it into: a large build has hundreds of vertices in one
 * message, which comes when everybody waits. What nobody here asks for (progress groups, times of logs) is left out.
 */
import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import {
  type StatusResponse,
  type Vertex,
  type VertexLog,
  type VertexStatus,
  VertexWarningSchema,
} from './proto/gen/control_pb.js';

/** Throws what a decoder throws for bytes that are no message. */
export function readStatus(bytes: Uint8Array): StatusResponse {
  const message: StatusResponse = { ...STATUS, vertexes: [], statuses: [], logs: [], warnings: [] };
  const reader = new BinaryReader(bytes, decodeText);
  readFields(reader, reader.len, (field) => {
    if (field === 1) message.vertexes.push(readVertex(reader));
    else if (field === 2) message.statuses.push(readProgress(reader));
    else if (field === 3) message.logs.push(readLog(reader));
    else if (field === 4) message.warnings.push(fromBinary(VertexWarningSchema, reader.bytes()));
    else return false;
    return true;
  });
  return message;
}

const STATUS = { $typeName: 'moby.buildkit.v1.StatusResponse' } as const;

function readVertex(reader: BinaryReader): Vertex {
  const vertex: Vertex = {
    ...{ $typeName: 'moby.buildkit.v1.Vertex', digest: '', inputs: [], name: '', cached: false, error: '' },
    ...{ started: undefined, completed: undefined },
  };
  readFields(reader, reader.uint32() + reader.pos, (field) => {
    if (field === 1) vertex.digest = reader.string();
    else if (field === 2) vertex.inputs.push(reader.string());
    else if (field === 3) vertex.name = reader.string();
    else if (field === 4) vertex.cached = reader.bool();
    else if (field === 5) vertex.started = readMoment(reader);
    else if (field === 6) vertex.completed = readMoment(reader);
    else if (field === 7) vertex.error = reader.string();
    else return false;
    return true;
  });
  return vertex;
}

function readProgress(reader: BinaryReader): VertexStatus {
  const status: VertexStatus = {
    ...{ $typeName: 'moby.buildkit.v1.VertexStatus', ID: '', vertex: '', name: '', current: 0n, total: 0n },
    ...{ started: undefined, completed: undefined },
  };
  readFields(reader, reader.uint32() + reader.pos, (field) => {
    if (field === 1) status.ID = reader.string();
    else if (field === 2) status.vertex = reader.string();
    else if (field === 3) status.name = reader.string();
    else if (field === 4) status.current = BigInt(reader.int64());
    else if (field === 5) status.total = BigInt(reader.int64());
    else if (field === 7) status.started = readMoment(reader);
    else if (field === 8) status.completed = readMoment(reader);
    else return false;
    return true;
  });
  return status;
}

function readLog(reader: BinaryReader): VertexLog {
  const log: VertexLog = { $typeName: 'moby.buildkit.v1.VertexLog', vertex: '', stream: 0n, msg: NOTHING };
  readFields(reader, reader.uint32() + reader.pos, (field) => {
    if (field === 1) log.vertex = reader.string();
    else if (field === 3) log.stream = BigInt(reader.int64());
    else if (field === 4) log.msg = reader.bytes();
    else return false;
    return true;
  });
  return log;
}

const NOTHING = new Uint8Array();

function readMoment(reader: BinaryReader): Timestamp {
  const moment: Timestamp = { $typeName: 'google.protobuf.Timestamp', seconds: 0n, nanos: 0 };
  readFields(reader, reader.uint32() + reader.pos, (field) => {
    if (field === 1) moment.seconds = BigInt(reader.int64());
    else if (field === 2) moment.nanos = reader.int32();
    else return false;
    return true;
  });
  return moment;
}

/** `read` gets each field up to `end` and takes its value off the reader, or returns false for one that it does not know. */
function readFields(reader: BinaryReader, end: number, read: (field: number, wireType: WireType) => boolean): void {
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    if (!read(field, wireType)) reader.skip(wireType, field);
  }
}

function decodeText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
