/**
 * A step's mounts as a container gets them, and as people read them. Pure: where a mount's content comes from is resolved by the
 * caller. What cannot be mounted is listed all the same, with the reason.
 */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { MountSummary } from '../../../core/model/index.js';
import type { BuildRequest, ContainerSpec } from '../../engine.js';
import { CacheSharingOpt, type ExecOp, type Mount, MountSchema, MountType } from '../proto/gen/pb_pb.js';
import { isExclusive } from './exclusive-cache.js';

export interface StepMount {
  readonly mount: Mount;
  readonly summary: MountSummary;
  readonly isExclusiveCache: boolean;
}

export interface MountInputs {
  /** Result id of the op's input `index`, for mounts that have one. */
  resultOf(inputIndex: number): string;
  /** Ids of an error, one per mount of the op, `''` for those without; null when there was no such error. */
  readonly failureIds: readonly string[] | null;
  /** `build`, `context`, `alpine:3`: what input `index` is, for people. */
  describeInput(inputIndex: number): string;
}

/** Every mount of a RUN but its root filesystem, in the order of the op: a later one may lie inside of an earlier one. */
export function stepMounts(
  exec: ExecOp,
  inputs: MountInputs,
  request: Pick<BuildRequest, 'secrets' | 'ssh'>,
  exclusiveCaches: ContainerSpec['exclusiveCaches'],
): StepMount[] {
  const result: StepMount[] = [];
  exec.mounts.forEach((mount, index) => {
    if (mount.dest === '/') return;
    const made = stepMount(mount, index, inputs, request, exclusiveCaches);
    if (made !== null) result.push(made);
  });
  return result;
}

function stepMount(
  mount: Mount,
  index: number,
  inputs: MountInputs,
  request: Pick<BuildRequest, 'secrets' | 'ssh'>,
  exclusiveCaches: ContainerSpec['exclusiveCaches'],
): StepMount | null {
  const target = mount.dest;
  switch (mount.mountType) {
    case MountType.CACHE:
      return cacheMount(mount, index, inputs, exclusiveCaches);
    case MountType.SECRET: {
      const id = mount.secretOpt?.ID ?? '';
      const isGiven = request.secrets.some((secret) => secret.id === id);
      const detail = isGiven ? `id=${id}` : `id=${id}, not given (--secret id=${id},src=…)`;
      const summary = { kind: 'secret', target, detail, isMounted: isGiven } as const;
      return { mount: pick(mount), summary, isExclusiveCache: false };
    }
    case MountType.SSH: {
      const id = mount.SSHOpt?.ID || 'default';
      const isGiven = request.ssh.some((source) => source.id === id);
      const detail = isGiven ? `id=${id}` : `id=${id}, not given (--ssh ${id})`;
      const summary = { kind: 'ssh', target, detail, isMounted: isGiven } as const;
      return { mount: pick(mount), summary, isExclusiveCache: false };
    }
    case MountType.TMPFS: {
      const size = Number(mount.TmpfsOpt?.size ?? 0n);
      const detail = size > 0 ? `size ${sizeText(size)} asked for, not limited here` : 'empty';
      return { mount: pick(mount), summary: { kind: 'tmpfs', target, detail, isMounted: true }, isExclusiveCache: false };
    }
    default: {
      const failureId = inputs.failureIds?.[index] ?? '';
      const inputIndex = Number(mount.input);
      if (failureId === '' && inputIndex < 0) return null;
      const resultID = failureId || inputs.resultOf(inputIndex);
      const from = inputIndex < 0 ? 'the step' : inputs.describeInput(inputIndex);
      const path = mount.selector === '' || mount.selector === '/' ? '' : `:/${mount.selector.replace(/^\/+/, '')}`;
      const detail = `from ${from}${path}${mount.readonly ? '' : ', a writable copy'}`;
      return {
        mount: pick(mount, { resultID }),
        summary: { kind: 'bind', target, detail, isMounted: true },
        isExclusiveCache: false,
      };
    }
  }
}

function cacheMount(
  mount: Mount,
  index: number,
  inputs: MountInputs,
  exclusiveCaches: ContainerSpec['exclusiveCaches'],
): StepMount {
  const target = mount.dest;
  const sharing = {
    [CacheSharingOpt.SHARED]: 'shared',
    [CacheSharingOpt.PRIVATE]: 'private',
    [CacheSharingOpt.LOCKED]: 'locked',
  }[mount.cacheOpt?.sharing ?? CacheSharingOpt.SHARED];
  const id = mount.cacheOpt?.ID ?? '';
  const name = id === '' || id.replace(/^.*\//, '/') === target || id.endsWith(target) ? '' : `, id=${id.replace(/^\/+/, '')}`;
  if (isExclusive(mount) && exclusiveCaches === 'omit') {
    const detail = `${sharing}${name}: left out, so that this container holds up nobody who needs it; an empty directory is in its place`;
    return {
      mount: create(MountSchema, { dest: target, input: -1n, output: -1n, mountType: MountType.TMPFS }),
      summary: { kind: 'cache', target, detail, isMounted: false },
      isExclusiveCache: false,
    };
  }
  // With uid, gid, mode or from, a new cache begins as a copy of an input (BuildKit, frontend/dockerfile/dockerfile2llb, dispatchRunMounts).
  const resultID = mount.input < 0n ? '' : inputs.failureIds?.[index] || inputs.resultOf(Number(mount.input));
  return {
    mount: pick(mount, { resultID }),
    summary: { kind: 'cache', target, detail: `${sharing}${name}`, isMounted: true },
    isExclusiveCache: isExclusive(mount),
  };
}

/** What NewContainer reads of a mount (BuildKit, frontend/gateway, NewContainer); the output index means nothing there. */
function pick(mount: Mount, more: MessageInitShape<typeof MountSchema> = {}): Mount {
  const { dest, selector, readonly, mountType, cacheOpt, secretOpt, SSHOpt } = mount;
  const optional = {
    ...(cacheOpt && { cacheOpt }),
    ...(secretOpt && { secretOpt }),
    ...(SSHOpt && { SSHOpt }),
  };
  return create(MountSchema, { dest, selector, readonly, mountType, input: -1n, output: -1n, ...optional, ...more });
}

export function bindMount(dest: string, resultID: string, isReadonly: boolean): Mount {
  return create(MountSchema, { dest, resultID, readonly: isReadonly, input: -1n, output: -1n, mountType: MountType.BIND });
}

export function tmpfsMount(dest: string): Mount {
  return create(MountSchema, { dest, input: -1n, output: -1n, mountType: MountType.TMPFS });
}

function sizeText(bytes: number): string {
  for (const [unit, factor] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes >= factor) return `${Math.round((bytes / factor) * 10) / 10} ${unit}`;
  }
  return `${bytes} B`;
}
