/** Writing the result of a build that nobody will look into: it is returned to the exporters that the build was opened with, which ends it. */
import type { BuildResult } from '../../core/model/index.js';
import { buildRecord } from './build-record.js';
import { engineExport, inRounds, wantedOutputs } from './engine-exports.js';
import { describe, type ExportGround, finishInto, receiveAll, resultOf, writtenBy } from './export-result.js';
import { recordCaches } from './local-caches.js';
import type { Exporter, OpenBuild } from './open-build.js';
import type { ResultDetails, ResultIds } from './plan.js';
import type { RunSession } from './run-session.js';
import type { OutputReceiver } from './session/index.js';

/** The exporters that a build is opened with to end in them. */
export interface ClosingExport {
  readonly exporters: readonly Exporter[];
  /** Takes in what the exporters send from now on, in the build's own session. */
  receive(session: RunSession): void;
  /** Ends the build with its result, which the engine carries out where it has not yet. Throws what the engine or the file system throws. */
  finish(build: OpenBuild, ref: ResultIds | null, details: ResultDetails, signal: AbortSignal): Promise<BuildResult>;
  dispose(): void;
}

/** Null: somebody may look into the build, there is no output, or one that takes more than an exporter, or several that take a build each. */
export function closingExport(ground: ExportGround): ClosingExport | null {
  const { link, request } = ground;
  if (!request.isUnattended || request.call !== undefined) return null;
  const outputs = wantedOutputs(request, link.facts);
  const exports = outputs.flatMap((output) => engineExport(request, link.facts, output) ?? []);
  if (exports.length === 0 || exports.length < outputs.length) return null;
  if (inRounds(exports, link.facts).length > 1) return null;
  let receivers: OutputReceiver[] = [];
  return {
    exporters: exports.map(({ exporter }) => exporter),
    receive(session) {
      receivers = receiveAll(session, exports, request);
    },
    async finish(build, ref, details, signal) {
      signal.throwIfAborted();
      const abort = (): void => build.stop();
      signal.addEventListener('abort', abort, { once: true });
      try {
        const ExporterResponse = await finishInto(receivers, build, resultOf(ref, details));
        recordCaches(request, ExporterResponse);
        const response = { ...ExporterResponse, ...(await buildRecord(link, request, build.gateway.buildRef, signal)) };
        return describe(request, outputs, await writtenBy(ground, exports, response, signal));
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    dispose() {
      for (const receiver of receivers) receiver.dispose();
    },
  };
}
