/** Caches that one step at a time may have: a shell that holds one keeps the build waiting. Asked before anything of a container is loaded. */
import type { StepKey } from '../../../core/model/index.js';
import { CacheSharingOpt, type Mount, MountType } from '../proto/gen/pb_pb.js';
import type { RunContext } from '../run-context.js';
import { stepExec } from './root-state.js';

/** See `BuildRun.hasExclusiveCache`. Of a stage that the engine has not been told of, the instruction's text has to tell. */
export function hasExclusiveCache({ graph, request }: Pick<RunContext, 'graph' | 'request'>, step: StepKey): boolean {
  const own = stepExec(graph, step);
  if (own !== null) return own.exec.mounts.some(isExclusive);
  const instruction = request.dockerfile.plan.instructions.find((one) => one.key === step);
  if (instruction?.instruction !== 'RUN' || graph.hasStage(instruction.stage)) return false;
  return mountsExclusively(instruction.text);
}

export function isExclusive(mount: Mount): boolean {
  return mount.mountType === MountType.CACHE && mount.cacheOpt?.sharing !== CacheSharingOpt.SHARED;
}

/** The same, as far as the text of a RUN tells: `--mount=type=cache,sharing=locked`. */
export function mountsExclusively(text: string): boolean {
  const flags = text.replace(/^\s*RUN\s+/i, '').match(/^(?:--\S+\s+)+/)?.[0] ?? '';
  return flags
    .split(/\s+/)
    .some(
      (flag) =>
        /^--mount=/i.test(flag) &&
        /[=,]type=cache(?:,|$)/.test(flag) &&
        /,sharing=(?:locked|private)(?:,|$)/.test(`,${flag.slice(8)}`),
    );
}
