/** What each output becomes on each kind of engine, and which it cannot write. */
import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../../../src/core/events.js';
import { type ExportFacts, engineExport, namesOf, wantedOutputs } from '../../../../src/engine/buildkit/engine-exports.js';
import { createPushProgress, splitName } from '../../../../src/engine/buildkit/image-push.js';
import type { OutputSpec } from '../../../../src/engine/engine.js';

const OWN_STORE: ExportFacts = { kind: 'docker', name: 'Docker Engine 28.5', hasContainerdStore: false };
const CONTAINERD: ExportFacts = { kind: 'docker', name: 'Docker Engine 28.5', hasContainerdStore: true };
const BUILDKITD: ExportFacts = { kind: 'buildkitd', name: 'buildkitd v0.25', hasContainerdStore: false };
const PUSH: OutputSpec = { kind: 'image', attrs: { push: 'true' } };

describe('an output', () => {
  it.each([
    [{ kind: 'image' }, ['moby', 'moby', 'image']],
    [{ kind: 'store' }, ['moby', 'moby', null]],
    [{ kind: 'docker', dest: '/a' }, [null, 'docker', 'docker']],
    [{ kind: 'oci', dest: '/a' }, ['oci', 'oci', 'oci']],
    [{ kind: 'tar', dest: '/a' }, ['tar', 'tar', 'tar']],
    [{ kind: 'cacheonly' }, [null, null, null]],
  ] as ReadonlyArray<[OutputSpec, ReadonlyArray<string | null>]>)('%j is written by the exporters %j', (output, types) => {
    const made = [OWN_STORE, CONTAINERD, BUILDKITD].map((facts) => engineExport({ outputs: [], tags: [] }, facts, output));
    expect(made.map((one) => one?.exporter.type ?? null)).toEqual(types);
  });

  it('of an image has the names of the build before its own, and the annotations', () => {
    const output: OutputSpec = { kind: 'image', attrs: { name: 'own/one,own/two', compression: 'zstd' } };
    const annotations = { 'annotation.a': 'b' };
    const attrsWith = (tags: readonly string[]) =>
      engineExport({ outputs: [], tags, annotations }, BUILDKITD, output)?.exporter.attrs;
    expect(attrsWith(['a', 'b'])).toEqual({ name: 'a,b', compression: 'zstd', 'annotation.a': 'b' });
    expect(attrsWith([])).toEqual({ name: 'own/one,own/two', compression: 'zstd', 'annotation.a': 'b' });
    expect(namesOf({ tags: [] }, output)).toEqual(['own/one', 'own/two']);
  });

  it('is the store of a Docker Engine where none is asked for, and none with cacheonly', () => {
    expect(wantedOutputs({ outputs: [], tags: [] }, OWN_STORE)).toEqual([{ kind: 'store' }]);
    expect(wantedOutputs({ outputs: [], tags: [] }, BUILDKITD)).toEqual([]);
    expect(wantedOutputs({ outputs: [{ kind: 'cacheonly' }], tags: [] }, OWN_STORE)).toEqual([]);
  });

  it.each([
    [{ outputs: [{ kind: 'oci', dest: '/a' }] }, '--output type=oci'],
    [{ outputs: [{ kind: 'image', attrs: { push: 'true', 'push-by-digest': 'true' } }] }, 'push-by-digest'],
    [{ outputs: [PUSH], annotations: { 'annotation-index.a': 'b' } }, '--annotation'],
  ] as ReadonlyArray<[{ outputs: OutputSpec[]; annotations?: Record<string, string> }, string]>)(
    'that an engine with a store of its own cannot write is refused: %j',
    (request, what) => {
      const wanted = (facts: ExportFacts) => () => wantedOutputs({ tags: ['a'], ...request }, facts);
      expect(wanted(OWN_STORE)).toThrow(
        expect.objectContaining({
          code: 'unsupported',
          message: expect.stringContaining(what),
          hint: expect.stringContaining('containerd'),
        }),
      );
      expect(wanted(CONTAINERD)).not.toThrow();
      expect(wanted(BUILDKITD)).not.toThrow();
    },
  );
});

describe('a push over the Engine API', () => {
  it('knows the name in the repository’s', () => {
    expect(splitName('r.example:5000/a/b')).toEqual(['r.example:5000/a/b', 'latest']);
    expect(splitName('r.example:5000/a/b:1')).toEqual(['r.example:5000/a/b', '1']);
  });

  it('is told as a step with its layers', () => {
    const events: EngineEvent[] = [];
    let now = 1;
    const progress = createPushProgress(
      'r/a',
      (event) => events.push(event),
      () => now++,
    );
    progress.take({ status: 'The push refers to repository [r/a]' });
    progress.take({ id: 'abc', status: 'Preparing' });
    progress.take({ id: 'abc', status: 'Pushing', progressDetail: { current: 5, total: 9 } });
    progress.take({ id: 'abc', status: 'Pushed' });
    progress.take({ id: '1', status: '1: digest: sha256:1 size: 2' });
    progress.take({ aux: { Digest: 'sha256:1' } });
    progress.end();
    const layers = events.filter((event) => event.type === 'vertex.progressed');
    expect(layers.map(({ current, total, completedAtMs }) => [current, total, completedAtMs === null])).toEqual([
      [0, 0, true],
      [5, 9, true],
      [9, 9, false],
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'vertex.updated', name: 'pushing r/a with docker', error: '' });
    expect(events.at(-1)).not.toMatchObject({ completedAtMs: null });
    expect([progress.digest(), progress.refusal()]).toEqual(['sha256:1', null]);
    progress.take({ error: 'denied' });
    expect(progress.refusal()).toBe('denied');
  });
});
