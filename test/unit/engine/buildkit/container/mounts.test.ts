import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { mountsExclusively } from '../../../../../src/engine/buildkit/container/exclusive-cache.js';
import { stepMounts } from '../../../../../src/engine/buildkit/container/mounts.js';
import {
  CacheSharingOpt,
  ExecOpSchema,
  type Mount,
  MountSchema,
  MountType,
} from '../../../../../src/engine/buildkit/proto/gen/pb_pb.js';

const root = create(MountSchema, { dest: '/', input: 0n });
const cache = (sharing: CacheSharingOpt, ID = '/cache'): Mount =>
  create(MountSchema, { dest: '/cache', input: -1n, mountType: MountType.CACHE, cacheOpt: { ID, sharing } });
const secret = create(MountSchema, { dest: '/run/secrets/t', input: -1n, mountType: MountType.SECRET, secretOpt: { ID: 't' } });
const ssh = create(MountSchema, { dest: '/agent', input: -1n, mountType: MountType.SSH, SSHOpt: { ID: '' } });
const bind = create(MountSchema, { dest: '/src', input: 1n, selector: '/lib', readonly: true });

const mountsOf = (mounts: Mount[], more: { given?: boolean; omit?: boolean; failureIds?: string[] } = {}) =>
  stepMounts(
    create(ExecOpSchema, { mounts }),
    { resultOf: (index) => `result-${index}`, failureIds: more.failureIds ?? null, describeInput: (index) => `input ${index}` },
    more.given
      ? { secrets: [{ id: 't', from: { kind: 'env', name: 'T' } }], ssh: [{ id: 'default', socket: '/s' }] }
      : { secrets: [], ssh: [] },
    more.omit ? 'omit' : 'mount',
  );

describe('the mounts of a step', () => {
  it('leave the root filesystem out and keep their order', () => {
    expect(mountsOf([root, bind, cache(CacheSharingOpt.SHARED)]).map(({ mount }) => mount.dest)).toEqual(['/src', '/cache']);
  });

  it('take their content from the input, or from what the failed command left', () => {
    const [made] = mountsOf([root, bind]);
    expect(made?.mount).toMatchObject({ resultID: 'result-1', selector: '/lib', readonly: true, input: -1n });
    expect(made?.summary).toMatchObject({ kind: 'bind', detail: 'from input 1:/lib' });
    expect(mountsOf([root, bind], { failureIds: ['r', 'left'] })[0]?.mount.resultID).toBe('left');
    expect(mountsOf([root, bind], { failureIds: ['r', ''] })[0]?.mount.resultID).toBe('result-1');
  });

  it('say what was not given', () => {
    expect(mountsOf([secret, ssh]).map(({ summary }) => [summary.isMounted, summary.detail])).toEqual([
      [false, expect.stringContaining('--secret id=t')],
      [false, expect.stringContaining('--ssh default')],
    ]);
    expect(mountsOf([secret, ssh], { given: true }).every(({ summary }) => summary.isMounted)).toBe(true);
  });

  it('know a cache that nobody else can use meanwhile, and leave it out on request', () => {
    for (const sharing of [CacheSharingOpt.LOCKED, CacheSharingOpt.PRIVATE]) {
      expect(mountsOf([cache(sharing)])[0]).toMatchObject({ isExclusiveCache: true, summary: { isMounted: true } });
      const [omitted] = mountsOf([cache(sharing)], { omit: true });
      expect(omitted).toMatchObject({ isExclusiveCache: false, summary: { isMounted: false } });
      expect(omitted?.mount).toMatchObject({ dest: '/cache', mountType: MountType.TMPFS });
    }
    expect(mountsOf([cache(CacheSharingOpt.SHARED)], { omit: true })[0]).toMatchObject({
      isExclusiveCache: false,
      summary: { isMounted: true, detail: 'shared' },
      mount: { mountType: MountType.CACHE, cacheOpt: { ID: '/cache' } },
    });
    expect(mountsOf([cache(CacheSharingOpt.SHARED, '/npm')])[0]?.summary.detail).toBe('shared, id=npm');
  });
});

it('an exclusive cache shows in the text of a RUN', () => {
  for (const [text, expected] of [
    ['RUN --mount=type=cache,target=/c,sharing=locked make', true],
    ['RUN --network=none --mount=sharing=private,target=/c,type=cache make', true],
    ['run --mount=type=cache,target=/c make', false],
    ['RUN --mount=type=cache,target=/c,sharing=shared make', false],
    ['RUN --mount=type=bind,target=/c make --mount=type=cache,sharing=locked', false],
  ] as const) {
    expect([text, mountsExclusively(text)]).toEqual([text, expected]);
  }
});
