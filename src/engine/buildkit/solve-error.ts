/**
 * What the engine says of a failed solve, out of the typed details of its error where it gives any.
 * Shape of the details: BuildKit, solver/errdefs, marshalled as JSON into `google.protobuf.Any` (type names end in `+json`).
 */
import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import type { SourceFile } from './definition.js';
import { shortenHostPaths, stripWrappers } from './failure-text.js';
import { type Solve, SolveSchema, SourceSchema, VertexSchema } from './proto/gen/errdefs_pb.js';
import type { SolveFailure } from './run-context.js';

/** Reads the error of a Solve. `dockerfileName` tells lines of the main Dockerfile from those of other files. */
export function readSolveFailure(error: unknown, dockerfileName: string): SolveFailure {
  const raw = error instanceof ConnectError ? error.rawMessage : error instanceof Error ? error.message : String(error);
  const message = shortenHostPaths(stripWrappers(raw));
  const details = error instanceof ConnectError ? readDetails(error) : [];
  // Each level of sub-builds adds its own; the one with an op is the operation that failed.
  const solves = details.flatMap((detail) => (detail.kind === 'solve' ? [detail.solve] : []));
  const solve = solves.find((one) => one.op !== undefined) ?? solves[0];
  return {
    digest: details.find((detail) => detail.kind === 'vertex')?.digest ?? null,
    op: solve?.op ?? null,
    inputIds: solve?.inputIDs ?? [],
    mountIds: solve?.mountIDs ?? [],
    ...subjectOf(solve, message),
    line: lineOf(details, dockerfileName) ?? lineInText(raw),
    message,
    exitCode: details.find((detail) => detail.kind === 'exit')?.code ?? exitCodeInText(message),
  };
}

/** The file that the error is about, as the frontend has read it; null: it tells of none. */
export function readSourceFile(error: unknown): SourceFile | null {
  const details = error instanceof ConnectError ? readDetails(error) : [];
  for (const detail of details) {
    if (detail.kind === 'source' && detail.data.length > 0) return { filename: detail.filename, data: detail.data };
  }
  return null;
}

type Detail =
  | { readonly kind: 'solve'; readonly solve: Solve }
  | { readonly kind: 'vertex'; readonly digest: string }
  | { readonly kind: 'source'; readonly filename: string; readonly data: Uint8Array; readonly line: number }
  | { readonly kind: 'exit'; readonly code: number | null };

function readDetails(error: ConnectError): Detail[] {
  return error.details.flatMap((detail) => {
    if (!('type' in detail) || !('value' in detail) || !(detail.value instanceof Uint8Array)) return [];
    const match = /([A-Za-z]+)\.([A-Za-z]+)\+json$/.exec(String(detail.type));
    if (!match) return [];
    try {
      return readDetail(`${match[1]}.${match[2]}`, JSON.parse(new TextDecoder().decode(detail.value)));
    } catch {
      return []; // A newer engine's shape must not hide the error itself.
    }
  });
}

function readDetail(name: string, json: JsonValue): Detail[] {
  const options = { ignoreUnknownFields: true };
  switch (name) {
    case 'errdefs.Solve':
      return [{ kind: 'solve', solve: fromJson(SolveSchema, json, options) }];
    case 'errdefs.Vertex': {
      const { digest } = fromJson(VertexSchema, json, options);
      return digest === '' ? [] : [{ kind: 'vertex', digest }];
    }
    case 'errdefs.Source': {
      const source = fromJson(SourceSchema, json, options);
      const line = source.ranges[0]?.start?.line ?? 0;
      const { filename = '', data = new Uint8Array() } = source.info ?? {};
      return line > 0 ? [{ kind: 'source', filename, data, line }] : [];
    }
    case 'gatewayapi.ExitMessage': {
      const code = typeof json === 'object' && json !== null && 'Code' in json ? Number(json.Code) : Number.NaN;
      return Number.isInteger(code) ? [{ kind: 'exit', code: plausibleExitCode(code) }] : [];
    }
    default:
      return [];
  }
}

function subjectOf(solve: Solve | undefined, message: string): Pick<SolveFailure, 'kind' | 'subjectIndex'> {
  if (solve?.subject.case === 'cache') return { kind: 'cache', subjectIndex: Number(solve.subject.value.index) };
  if (solve?.subject.case === 'file') return { kind: 'file', subjectIndex: Number(solve.subject.value.index) };
  if (solve?.op?.op.case === 'exec') return { kind: 'exec', subjectIndex: null };
  if (solve?.op?.op.case === 'file') return { kind: 'file', subjectIndex: null };
  // An engine without typed errors (Docker 20.10) leaves only the words.
  if (/^failed to compute cache key|failed to calculate checksum/.test(message)) return { kind: 'cache', subjectIndex: null };
  if (/^executor failed running|did not complete successfully/.test(message)) return { kind: 'exec', subjectIndex: null };
  return { kind: 'other', subjectIndex: null };
}

function lineOf(details: readonly Detail[], dockerfileName: string): number | null {
  for (const detail of details) {
    if (detail.kind === 'source' && (detail.filename === dockerfileName || detail.filename === '')) return detail.line;
  }
  return null;
}

/** `dockerfile parse error on line 3:` (20.10 without `on`), `Dockerfile:3`. */
function lineInText(text: string): number | null {
  const match = /dockerfile parse error (?:on )?line (\d+)/i.exec(text);
  return match ? Number(match[1]) : null;
}

function exitCodeInText(message: string): number | null {
  const match = /exit code: (\d+)/.exec(message);
  return match ? plausibleExitCode(Number(match[1])) : null;
}

/** The engine writes -1 (never started, or killed by the engine itself) as an unsigned number. */
function plausibleExitCode(code: number): number | null {
  return code >= 0 && code <= 255 ? code : null;
}
