/**
 * `--iidfile` and `--metadata-file`: what a build has made, for scripts. They are written before the build counts as done, so that whoever
 * waits for its end finds them, and a build whose files cannot be written has failed.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { EngineEvent } from '../../core/events.js';
import type { BuildResult } from '../../core/model/index.js';
import type { BuildRecord, BuildRequest, BuildRun, Engine } from '../../engine/engine.js';
import { BxError } from '../../platform/errors.js';
import { filePlace } from '../../platform/file-place.js';
import { writeReasonOf } from '../../platform/reason.js';

/** Of a call, and JSON as it is (`decodeExporterResponse` in commands/build.go of docker/buildx). */
const ANSWER = 'result.json';
const WARNINGS = 'buildx.build.warnings';

export interface ResultFiles {
  /** Absolute; null: not wanted. */
  readonly iidFile: string | null;
  readonly metadataFile: string | null;
  /** The metadata has what the engine warns of. */
  readonly hasWarnings: boolean;
  /** What the metadata has of the engine's record of the build. */
  readonly record: BuildRecord | null;
}

/** The engine, whose builds write these files when they succeed. An image id of an earlier build is taken away when one begins. */
export function withResultFiles(engine: Engine, files: ResultFiles): Engine {
  if (files.iidFile === null && files.metadataFile === null) return engine;
  return {
    ...engine,
    build(request) {
      if (files.iidFile !== null) removeFile(files.iidFile);
      // The classic builder has no warnings of its own.
      const isHeard = files.hasWarnings && engine.summary.kind !== 'classic';
      const warnings = new Map<string, object>();
      const run = engine.build(isHeard ? hearing(request, warnings) : request);
      return { ...run, events: writing(run, files, warnings) };
    },
  };
}

/** In BuildKit's words. */
interface ToldWarning {
  readonly vertex?: string;
  readonly sourceInfo?: { readonly definition?: unknown };
}

/**
 * The request, of which the engine's warnings are kept as the JSON of its clients: how the engine came to the Dockerfile is left out, and one that
 * several vertices have is one (docker/buildx, util/progress/printer.go).
 */
function hearing(request: BuildRequest, warnings: Map<string, object>): BuildRequest {
  return {
    ...request,
    onRawStatus(json) {
      request.onRawStatus?.(json);
      const told = (JSON.parse(json) as { readonly warnings?: readonly ToldWarning[] }).warnings ?? [];
      for (const { vertex, sourceInfo, ...rest } of told) {
        const { definition: _, ...source } = sourceInfo ?? {};
        const common = { ...rest, ...(sourceInfo && { sourceInfo: source }) };
        const key = JSON.stringify(common);
        if (!warnings.has(key)) warnings.set(key, { vertex, ...common });
      }
    },
  };
}

type Warnings = ReadonlyMap<string, object>;

async function* writing({ events }: BuildRun, files: ResultFiles, warnings: Warnings): AsyncIterable<EngineEvent> {
  for await (const event of events) yield event.type === 'build.succeeded' ? written(event, files, warnings) : event;
}

type Succeeded = EngineEvent & { readonly type: 'build.succeeded' };

function written(event: Succeeded, { iidFile, metadataFile }: ResultFiles, warnings: Warnings): EngineEvent {
  try {
    if (iidFile !== null) write('--iidfile', iidFile, imageIdOf(event.result));
    if (metadataFile !== null) write('--metadata-file', metadataFile, metadataText(event.result, warnings));
    return event;
  } catch (error) {
    const { message, hint } = error as BxError;
    return { type: 'build.failed', failure: { digest: null, message, hint, exitCode: null, line: null } };
  }
}

/** The image's configuration, as docker prints it, else its manifest (docker/buildx, commands/build.go); empty: there is no image. */
function imageIdOf({ imageId, metadata = {} }: BuildResult): string {
  return metadata['containerimage.config.digest'] ?? metadata['containerimage.digest'] ?? imageId ?? '';
}

/** The exporter's answer with its encoded objects as objects. */
function metadataText({ imageId, tags, metadata }: BuildResult, warnings: Warnings): string {
  const known = metadata ?? {
    ...(imageId !== null && { 'containerimage.config.digest': imageId }),
    ...(tags.length > 0 && { 'image.name': tags.join(',') }),
  };
  const told = Object.entries(known).map(([key, value]) => [key, key === ANSWER ? JSON.parse(value) : decoded(value)] as const);
  if (warnings.size > 0) told.push([WARNINGS, [...warnings.values()]]);
  return JSON.stringify(Object.fromEntries(told.sort(([a], [b]) => (a < b ? -1 : 1))), null, 2);
}

function decoded(value: string): unknown {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return value;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value, 'base64').toString('utf8'));
    const isObject = typeof parsed === 'object' && parsed !== null && Object.keys(parsed).length > 0;
    return isObject ? parsed : value;
  } catch {
    return value;
  }
}

/** Whole or not at all. */
function write(flag: string, path: string, text: string): void {
  let partial: string | null = null;
  try {
    const { writeTo, final, isTemporary } = filePlace(path);
    partial = isTemporary ? writeTo : null;
    writeFileSync(writeTo, text, { mode: 0o644, ...(isTemporary && { flag: 'wx' }) });
    if (isTemporary) renameSync(writeTo, final);
    partial = null;
  } catch (error) {
    throw new BxError('input', `${flag}: cannot write ${path}: ${writeReasonOf(error)}`, {
      hint: `The image is built. Name another file with ${flag}, and build again: everything is cached.`,
      cause: error,
    });
  } finally {
    if (partial !== null) rmSync(partial, { force: true });
  }
}

function removeFile(path: string): void {
  try {
    // A device or a pipe is no id of an earlier build.
    const { final, isTemporary } = filePlace(path);
    if (isTemporary) rmSync(final, { force: true });
  } catch (error) {
    throw new BxError('input', `--iidfile: cannot remove the old ${path}: ${writeReasonOf(error)}`, {
      hint: 'Name another file with --iidfile.',
      cause: error,
    });
  }
}
