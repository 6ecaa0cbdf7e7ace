/**
 * A message of the status stream as the line of JSON that BuildKit's own clients write for other programs (`--progress=rawjson`): names, order
 * and encodings are those of client.SolveStatus (client/graph.go, client/status.go) and of the generated solver/pb in moby/buildkit.
 */
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { StatusResponse, Vertex, VertexLog, VertexStatus, VertexWarning } from './proto/gen/control_pb.js';
import type { Definition, Location, OpMetadata, Position, ProgressGroup, Range, SourceInfo } from './proto/gen/pb_pb.js';

/** Without its line break. */
export function solveStatusLine({ vertexes, statuses, logs, warnings }: StatusResponse): string {
  const status = {
    ...filled('vertexes', vertexes.map(vertexJson)),
    ...filled('statuses', statuses.map(progressJson)),
    ...filled('logs', logs.map(logJson)),
    ...filled('warnings', warnings.map(warningJson)),
  };
  return escapeAsGo(JSON.stringify(status));
}

type Json = Readonly<Record<string, unknown>>;

function vertexJson({ digest, inputs, name, started, completed, cached, error, progressGroup }: Vertex): Json {
  return {
    ...filled('digest', digest),
    ...filled('inputs', inputs),
    ...filled('name', name),
    ...moment('started', started),
    ...moment('completed', completed),
    ...filled('cached', cached),
    ...filled('error', error),
    ...(progressGroup && { progressGroup: groupJson(progressGroup) }),
  };
}

function progressJson({ ID, vertex, name, total, current, timestamp, started, completed }: VertexStatus): Json {
  return {
    id: ID,
    ...filled('vertex', vertex),
    ...filled('name', name),
    ...filled('total', Number(total)),
    current: Number(current),
    timestamp: timeText(timestamp),
    ...moment('started', started),
    ...moment('completed', completed),
  };
}

function logJson({ vertex, stream, msg, timestamp }: VertexLog): Json {
  return {
    ...filled('vertex', vertex),
    ...filled('stream', Number(stream)),
    data: msg.length === 0 ? null : base64(msg),
    timestamp: timeText(timestamp),
  };
}

function warningJson({ vertex, level, short, detail, url, info, ranges }: VertexWarning): Json {
  return {
    ...filled('vertex', vertex),
    ...filled('level', Number(level)),
    ...filled('short', base64(short)),
    ...filled('detail', detail.map(base64)),
    ...filled('url', url),
    ...(info && { sourceInfo: sourceJson(info) }),
    ...filled('range', ranges.map(rangeJson)),
  };
}

function sourceJson({ filename, data, definition, language }: SourceInfo): Json {
  return {
    ...filled('filename', filename),
    ...filled('data', base64(data)),
    ...(definition && { definition: definitionJson(definition) }),
    ...filled('language', language),
  };
}

function definitionJson({ def, metadata, Source }: Definition): Json {
  return {
    ...filled('def', def.map(base64)),
    ...filledMap('metadata', metadata, metadataJson),
    ...(Source && {
      Source: {
        ...filledMap('locations', Source.locations, ({ locations }) => filled('locations', locations.map(locationJson))),
        ...filled('infos', Source.infos.map(sourceJson)),
      },
    }),
  };
}

function metadataJson({ ignoreCache, description, exportCache, caps, progressGroup }: OpMetadata): Json {
  return {
    ...filled('ignore_cache', ignoreCache),
    ...filledMap('description', description, (text) => text),
    ...(exportCache && { export_cache: filled('Value', exportCache.Value) }),
    ...filledMap('caps', caps, (isNeeded) => isNeeded),
    ...(progressGroup && { progress_group: groupJson(progressGroup) }),
  };
}

function groupJson({ id, name, weak }: ProgressGroup): Json {
  return { ...filled('id', id), ...filled('name', name), ...filled('weak', weak) };
}

function locationJson({ sourceIndex, ranges }: Location): Json {
  return { ...filled('sourceIndex', sourceIndex), ...filled('ranges', ranges.map(rangeJson)) };
}

function rangeJson({ start, end }: Range): Json {
  return { ...(start && { start: positionJson(start) }), ...(end && { end: positionJson(end) }) };
}

function positionJson({ line, character }: Position): Json {
  return { ...filled('line', line), ...filled('character', character) };
}

/** Go's `omitempty`. */
function filled(key: string, value: string | number | boolean | readonly unknown[]): Json {
  const isEmpty = Array.isArray(value) ? value.length === 0 : !value;
  return isEmpty ? {} : { [key]: value };
}

/** Go writes the keys of a map in order. */
function filledMap<T>(key: string, map: Readonly<Record<string, T>>, write: (value: T) => unknown): Json {
  const keys = Object.keys(map).sort();
  return keys.length === 0 ? {} : { [key]: Object.fromEntries(keys.map((name) => [name, write(map[name] as T)])) };
}

function moment(key: string, time: Timestamp | undefined): Json {
  return time ? { [key]: timeText(time) } : {};
}

/** RFC 3339 with as many digits of the second as count. */
function timeText(time: Timestamp | undefined): string {
  const seconds = new Date(Number(time?.seconds ?? 0n) * 1000).toISOString().slice(0, 19);
  const nanos = time?.nanos ? `.${String(time.nanos).padStart(9, '0').replace(/0+$/, '')}` : '';
  return `${seconds}${nanos}Z`;
}

function base64({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('base64');
}

const ESCAPED = /[<>&\u2028\u2029]/g;

/** Go's encoder escapes what HTML gives a meaning. */
function escapeAsGo(json: string): string {
  return json.replace(ESCAPED, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
