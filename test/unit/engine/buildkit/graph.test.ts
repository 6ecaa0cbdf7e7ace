/** The engine's graph placed at the steps of a Dockerfile, and cut down to a part. */
import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { outputBefore } from '../../../../src/engine/buildkit/container/root-state.js';
import { digestOf } from '../../../../src/engine/buildkit/graph.js';
import { DefinitionSchema, OpSchema } from '../../../../src/engine/buildkit/proto/gen/pb_pb.js';
import { copy, exec, graphOf, source } from './graph-fixture.js';

const DOCKERFILE = `FROM base AS build
ENV A=1
RUN one
USER nobody
FROM scratch AS assets
LABEL x=y
FROM build
COPY --from=build /a /b
CMD run`;

function sample() {
  return graphOf([source('docker-image://base'), exec(['one'], 0), copy(1, 1)], {
    dockerfile: DOCKERFILE,
    lines: { 0: 1, 1: 3, 2: 8 },
  });
}

describe('placing', () => {
  it('finds the step of each vertex and the vertices of each step', () => {
    const graph = sample();
    expect(graph.digests.map((digest) => graph.stepOf(digest))).toEqual(['1', '3', '8']);
    expect(graph.verticesOf('3')).toEqual([graph.digests[1]]);
    expect(graph.verticesOf('2')).toEqual([]);
  });

  it('gives the state after a step: its own, or the nearest before it', () => {
    const graph = sample();
    const [base, one, copied] = graph.digests;
    const sinks = ['1', '2', '3', '4', '8', '9'].map((step) => graph.sink(step)?.digest);
    expect(sinks).toEqual([base, base, one, one, copied, copied]);
  });

  it('follows FROM into the stage that it names', () => {
    expect(sample().sink('7')?.digest).toBe(sample().digests[1]);
  });

  describe('steps that two stages have in common', () => {
    const dockerfile =
      'FROM image AS base\nFROM base AS a\nRUN one\nRUN two\nFROM base AS b\nRUN one\nRUN three\nFROM a\nCOPY --from=b /a /b';
    const ops = [source('docker-image://image'), exec(['one'], 0), exec(['two'], 1), exec(['three'], 1), copy(2, 3)];
    const at = (lines: number | readonly number[]) => graphOf(ops, { dockerfile, lines: { 0: 1, 1: lines, 2: 4, 3: 7, 4: 9 } });

    it('have the same vertex', () => {
      const graph = at([6, 3]);
      const [base = '', one = ''] = graph.digests;
      expect([graph.stepOf(one), graph.stepsOf(one)]).toEqual(['3', ['3', '6']]);
      expect(['3', '6'].map((step) => graph.verticesOf(step))).toEqual([[one], [one]]);
      expect(['3', '6'].map((step) => graph.sink(step)?.digest)).toEqual([one, one]);
      expect(outputBefore(graph, '6', false)?.digest).toBe(base);
      expect(graph.hasStage(2)).toBe(true);
      expect(graph.planned()[1]).toMatchObject({ lines: { start: 3, end: 3 }, further: [{ start: 6, end: 6 }] });
    });

    it('leave the other stage to a graph of its own where the engine names one place', () => {
      expect([1, 2, 3].map((stage) => at(6).hasStage(stage))).toEqual([false, true, true]);
      expect([1, 2, 3].map((stage) => at(3).hasStage(stage))).toEqual([true, false, true]);
    });
  });

  it('tells scratch from a stage that the target does not need', () => {
    const graph = sample();
    expect(graph.sink('6')).toBeNull();
    expect(graph.hasStage(1)).toBe(false);
    expect([graph.hasStage(0), graph.hasStage(2)]).toEqual([true, true]);
  });

  it('knows the stage behind an argument from the graph, and without one from the text', () => {
    const dockerfile = `ARG BASE=build
FROM image AS build
RUN one
FROM \${BASE}
ENV A=1`;
    const bare = graphOf([source('docker-image://image'), exec(['one'], 0)], { dockerfile, lines: { 0: 2, 1: 3 } });
    expect(bare.sink('4')?.digest).toBe(bare.digests[1]);
    const other = graphOf([source('docker-image://image'), exec(['one'], 0)], {
      dockerfile,
      lines: { 0: 2, 1: 3 },
      buildArgs: [['BASE', 'elsewhere']],
    });
    expect(other.sink('4')).toBeNull();
  });

  it('prefers the result of a step over the sources that it takes', () => {
    const graph = graphOf([source('docker-image://base'), source('https://example.test/x'), copy(0, 1)], {
      dockerfile: 'FROM base\nADD https://example.test/x /x',
      lines: { 0: 1, 2: 2 },
    });
    expect(graph.sink('2')?.digest).toBe(graph.digests[2]);
    expect(graph.linesOf(graph.digests[1] ?? '')).toEqual({ start: 2, end: 2 });
  });

  it('leaves local sources outside of the Dockerfile', () => {
    const graph = graphOf([source('local://context'), copy(null, 0)], { dockerfile: 'FROM scratch\nCOPY a /', lines: { 1: 2 } });
    expect(graph.stepOf(graph.digests[0] ?? '')).toBeNull();
  });
});

describe('cutting', () => {
  it('keeps what the output needs, byte for byte, under a new end', () => {
    const graph = sample();
    const one = graph.digests[1] ?? '';
    const definition = fromBinary(DefinitionSchema, graph.encoded({ digest: one, index: 0 }));
    expect(definition.def.slice(0, -1).map(digestOf)).toEqual([graph.digests[0], one]);
    const last = definition.def.at(-1);
    expect(last && fromBinary(OpSchema, last).inputs).toMatchObject([{ digest: one, index: 0n }]);
    expect(Object.keys(definition.Source?.locations ?? {})).toEqual(expect.arrayContaining([one]));
    expect(definition.Source?.locations[graph.digests[2] ?? '']).toBeUndefined();
  });

  it('reads an empty definition as an empty filesystem', () => {
    const graph = graphOf([], { dockerfile: 'FROM scratch' });
    expect(graph.digests).toEqual([]);
  });
});
