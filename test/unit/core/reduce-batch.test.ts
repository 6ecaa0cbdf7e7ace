import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../../src/core/dockerfile/index.js';
import type { EngineEvent, PlannedVertex } from '../../../src/core/events.js';
import type { SessionState } from '../../../src/core/model/index.js';
import { batches, initialState, reduce, reduceBatch } from '../../../src/core/reduce/index.js';

const DOCKERFILE = 'FROM scratch AS base\nCOPY a /a\nENV A=1\nFROM base AS app\nRUN one\nWORKDIR /w\nCMD ["x"]\n';
const DIGESTS = ['copy', 'one', 'work', 'aside', 'exporting to image'];

const start = reduce(initialState(), {
  type: 'generation.started',
  atMs: 0,
  generation: 1,
  dockerfile: { path: '/x/Dockerfile', text: DOCKERFILE },
  plan: parseDockerfile(DOCKERFILE),
  target: null,
});
const planned = (digest: string, line: number, op: PlannedVertex['op']): PlannedVertex => ({
  digest,
  name: digest,
  inputs: [],
  lines: { start: line, end: line },
  op,
});
const plan: EngineEvent = {
  type: 'plan.resolved',
  vertices: [planned('copy', 2, 'file'), planned('one', 5, 'exec'), planned('work', 6, 'file')],
};

const time = fc.option(fc.integer({ min: 1, max: 9 }), { nil: null });
const update: fc.Arbitrary<EngineEvent> = fc
  .record({
    digest: fc.constantFrom(...DIGESTS),
    isCached: fc.boolean(),
    startedAtMs: time,
    completedAtMs: time,
    error: fc.constantFrom('', '', 'exit code: 1', 'context canceled'),
  })
  .map((change) => ({ type: 'vertex.updated', name: change.digest, inputs: [], ...change }));
const other = fc.constantFrom<EngineEvent>(
  plan,
  { type: 'export.started' },
  { type: 'log.appended', digest: 'one', stream: 'stdout', text: 'text\n' },
);
const events = fc.array(fc.oneof({ weight: 6, arbitrary: update }, { weight: 1, arbitrary: other }), { maxLength: 30 });

describe('a batch of events', () => {
  it('gives the state that they give one by one', () => {
    fc.assert(
      fc.property(events, (all) => {
        const single = all.reduce<SessionState>(
          (state, event) => reduce(state, { type: 'engine.reported', atMs: 5, generation: 1, event }),
          start,
        );
        const batched = batches(all).reduce(
          (state, batch) => reduceBatch(state, { generation: 1, atMs: 5, events: batch }),
          start,
        );
        expect(batched).toEqual(single);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps their order and names no vertex twice', () => {
    fc.assert(
      fc.property(events, (all) => {
        const cut = batches(all);
        expect(cut.flat()).toEqual(all);
        for (const batch of cut) {
          const digests = batch.map((event) => (event.type === 'vertex.updated' ? event.digest : event.type));
          expect(new Set(digests).size).toBe(batch.length);
        }
      }),
    );
  });
});
