/** The status stream as events: each vertex told once, foreign digests brought home, text decoded across messages. */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../../../src/core/events.js';
import { ignoreCacheAlias } from '../../../../src/engine/buildkit/graph.js';
import { StatusResponseSchema } from '../../../../src/engine/buildkit/proto/gen/control_pb.js';
import { carriesOut, createStatusTranslator } from '../../../../src/engine/buildkit/status.js';
import { exec, graphOf, source } from './graph-fixture.js';

const START_MS = 1_000_000;

function at(ms: number) {
  return timestampFromMs(START_MS + ms);
}

function translatorAt(startedAtMs = START_MS) {
  const translator = createStatusTranslator({ startedAtMs, dockerfileName: () => 'Dockerfile' });
  const feed = (message: MessageInitShape<typeof StatusResponseSchema>, receivedAtMs = START_MS + 10_000): EngineEvent[] =>
    translator.translate(create(StatusResponseSchema, message), receivedAtMs);
  return { translator, feed };
}

describe('a message', () => {
  const tells = (message: MessageInitShape<typeof StatusResponseSchema>) => carriesOut(create(StatusResponseSchema, message));
  const vertex = { digest: 'd', name: '[app 2/3] RUN make' };

  it('tells of a step that is carried out', () => {
    expect(tells({ vertexes: [{ ...vertex, started: at(1) }] })).toBe(true);
    expect(tells({ vertexes: [{ ...vertex, error: 'it did not' }] })).toBe(true);
    expect(tells({ logs: [{ vertex: 'd', msg: new TextEncoder().encode('hi') }] })).toBe(true);
  });

  it('tells of none where all is cached, planned or beside the Dockerfile', () => {
    expect(tells({ vertexes: [vertex, { ...vertex, started: at(1), completed: at(1), cached: true }] })).toBe(false);
    expect(tells({ vertexes: [{ ...vertex, started: at(1), cached: true }] })).toBe(false);
    expect(tells({ vertexes: [{ digest: 'l', name: '[internal] load build context', started: at(1) }] })).toBe(false);
  });
});

describe('vertices', () => {
  it('are announced, started and completed, each change once', () => {
    const { translator, feed } = translatorAt();
    const vertex = { digest: 'd', name: '[1/1] RUN x' };
    expect(feed({ vertexes: [vertex] })).toMatchObject([{ type: 'vertex.updated', digest: 'd', startedAtMs: null }]);
    expect(feed({ vertexes: [vertex] })).toEqual([]);
    expect(feed({ vertexes: [{ ...vertex, started: at(5) }] })).toMatchObject([
      { startedAtMs: START_MS + 5, completedAtMs: null },
    ]);
    expect(translator.isBusy).toBe(true);
    const done = { ...vertex, started: at(5), completed: at(9) };
    expect(feed({ vertexes: [done] })).toMatchObject([{ completedAtMs: START_MS + 9, isCached: false, error: '' }]);
    expect(translator.isBusy).toBe(false);
    expect(feed({ vertexes: [done] })).toEqual([]);
  });

  it('begin before they say anything, also where one message tells of all that they have done', () => {
    const { translator, feed } = translatorAt();
    const vertex = { digest: 'd', name: 'exporting to image', started: at(5), completed: at(9) };
    const statuses = [{ ID: 'writing image', vertex: 'd', started: at(6), completed: at(7) }];
    expect(feed({ vertexes: [vertex], statuses })).toMatchObject([
      { type: 'vertex.updated', startedAtMs: START_MS + 5, completedAtMs: null },
      { type: 'vertex.progressed', id: 'writing image', completedAtMs: START_MS + 7 },
      { type: 'vertex.updated', startedAtMs: START_MS + 5, completedAtMs: START_MS + 9 },
    ]);
    expect(translator.isBusy).toBe(false);
    const other = { digest: 'e', name: '[1/1] RUN x', started: at(5), completed: at(9), error: 'it did not' };
    const logs = [{ vertex: 'e', msg: new TextEncoder().encode('no\n'), timestamp: at(8) }];
    expect(feed({ vertexes: [other], logs }).map((event) => 'error' in event && event.error)).toEqual(['', false, 'it did not']);
    // What says nothing needs no beginning of its own.
    expect(feed({ vertexes: [{ ...vertex, digest: 'f' }] })).toHaveLength(1);
  });

  it('stay done when a later solve calls them cached', () => {
    const { feed } = translatorAt();
    const vertex = { digest: 'd', name: 'n', inputs: ['base'] };
    feed({ vertexes: [{ ...vertex, started: at(5), completed: at(9) }] });
    expect(feed({ vertexes: [{ ...vertex, started: at(50), completed: at(50), cached: true }] })).toEqual([]);
    expect(feed({ vertexes: [vertex] })).toEqual([]);
  });

  it('of sources, which are looked up and then fetched, are one run from the first start to the last end', () => {
    const { translator, feed } = translatorAt();
    const vertex = { digest: 'd', name: 'FROM base' };
    feed({ vertexes: [{ ...vertex, started: at(5), completed: at(9) }] });
    expect(feed({ vertexes: [{ ...vertex, started: at(11) }] })).toMatchObject([
      { startedAtMs: START_MS + 5, completedAtMs: null },
    ]);
    expect(translator.isBusy).toBe(true);
    expect(feed({ vertexes: [{ ...vertex, started: at(11), completed: at(20) }] })).toMatchObject([
      { startedAtMs: START_MS + 5, completedAtMs: START_MS + 20 },
    ]);
    expect(feed({ vertexes: [{ ...vertex, started: at(5), completed: at(9) }] })).toEqual([]);
  });

  it('of sources may turn out as cached until the build is over', () => {
    const { translator, feed } = translatorAt();
    feed({ vertexes: [{ digest: 'd', name: 'FROM base', started: at(5), completed: at(9) }] });
    expect(
      feed({ vertexes: [{ digest: 'd', name: 'FROM base', started: at(11), completed: at(11), cached: true }] }),
    ).toMatchObject([{ isCached: true }]);
    feed({ vertexes: [{ digest: 'e', name: 'FROM other', started: at(5), completed: at(9) }] });
    translator.freeze();
    expect(feed({ vertexes: [{ digest: 'e', name: 'FROM other', started: at(11), completed: at(11), cached: true }] })).toEqual(
      [],
    );
  });

  it('stay failed until they start again', () => {
    const { feed } = translatorAt();
    feed({ vertexes: [{ digest: 'd', name: 'n', started: at(5), completed: at(9), error: 'exit code: 1' }] });
    expect(feed({ vertexes: [{ digest: 'd', name: 'n' }] })).toEqual([]);
    expect(feed({ vertexes: [{ digest: 'd', name: 'n', started: at(50) }] })).toMatchObject([{ error: '', completedAtMs: null }]);
  });

  describe('that were stopped and are run again for this build', () => {
    const vertex = { digest: 'd', name: '[1/1] RUN x' };
    const error = 'exit code: 137: context canceled';
    const log = (ms: number, text: string) => ({
      vertex: 'd',
      stream: 1n,
      timestamp: at(ms),
      msg: new TextEncoder().encode(text),
    });
    const told = (events: readonly EngineEvent[]) =>
      events.map((event) => (event.type === 'log.appended' ? event.text : event.type));

    it('are running, whatever the engine repeats of a run before this build', () => {
      const { translator, feed } = translatorAt();
      feed({ vertexes: [vertex] });
      const earlier = { ...vertex, started: at(-3000), completed: at(-1000), error };
      expect(feed({ vertexes: [earlier], logs: [log(-2900, 'old')] })).toEqual([]);
      const [start] = feed({ vertexes: [{ ...vertex, started: at(20), error }] });
      expect(start).toMatchObject({ startedAtMs: START_MS + 20, completedAtMs: null, error: '' });
      expect(translator.isBusy).toBe(true);
      expect(told(feed({ vertexes: [earlier], logs: [log(-2900, 'old'), log(21, 'new')] }))).toEqual(['new']);
      const [end] = feed({ vertexes: [{ ...vertex, started: at(20), completed: at(90) }] });
      expect(end).toMatchObject({ startedAtMs: START_MS + 20, completedAtMs: START_MS + 90, error: '' });
    });

    it('end before they begin again, also in one message', () => {
      const { feed } = translatorAt();
      const events = feed({
        vertexes: [
          { ...vertex, started: at(2), completed: at(9), error },
          { ...vertex, started: at(20), error },
        ],
        logs: [log(3, 'old '), log(21, 'new')],
      });
      expect(told(events)).toEqual(['vertex.updated', 'vertex.updated', 'new']);
      expect(events[1]).toMatchObject({ startedAtMs: START_MS + 20, completedAtMs: null, error: '' });
    });
  });

  it('executed by another build before this one are reused, not executed', () => {
    const { translator, feed } = translatorAt();
    const [event] = feed({ vertexes: [{ digest: 'd', name: 'n', started: at(-2700), completed: at(-1200) }] });
    expect(event).toMatchObject({ isCached: true, startedAtMs: START_MS, completedAtMs: START_MS });
    feed({ vertexes: [{ digest: 'e', name: 'm', started: at(1), completed: at(2), cached: true }] });
    expect(['d', 'e'].map(translator.isReused)).toEqual([true, false]);
  });

  it('under a digest for uncached execution, or of a twin with the same name, come home', () => {
    const { translator, feed } = translatorAt();
    const graph = graphOf([source('docker-image://base'), exec(['run'], 0)], { names: { 1: '[1/1] RUN run' } });
    translator.learn([graph]);
    const digest = graph.digests[1] ?? '';
    expect(feed({ vertexes: [{ digest: ignoreCacheAlias(digest), name: '[1/1] RUN run', started: at(1) }] })).toMatchObject([
      { digest },
    ]);
    expect(feed({ logs: [{ vertex: ignoreCacheAlias(digest), stream: 1n, msg: new TextEncoder().encode('hi') }] })).toMatchObject(
      [{ digest, text: 'hi' }],
    );
    expect(
      feed({ vertexes: [{ digest: 'sha256:foreign', name: '[1/1] RUN run', started: at(1), completed: at(2) }] }),
    ).toMatchObject([{ digest, completedAtMs: START_MS + 2 }]);
  });

  it('of an ADD whose source was converted come home, the download and what takes it', () => {
    const { translator, feed } = translatorAt();
    const name = '[1/1] ADD http://x/one /';
    const graph = graphOf([source('http://x/one'), exec(['take'], 0)], { names: { 0: name, 1: name } });
    translator.learn([graph]);
    const [download, taken] = graph.digests;
    expect(feed({ vertexes: [{ digest: 'sha256:a', name, started: at(1), error: '404' }] })).toMatchObject([
      { digest: download },
    ]);
    expect(feed({ vertexes: [{ digest: 'sha256:b', name, inputs: ['sha256:a'], started: at(1) }] })).toMatchObject([
      { digest: taken },
    ]);
  });
});

describe('confirmation', () => {
  it('puts right what was never told, and errors that an old engine repeats', () => {
    const { translator, feed } = translatorAt();
    const graph = graphOf([source('docker-image://base'), exec(['a'], 0), exec(['b'], 1), exec(['c'], 2)]);
    translator.learn([graph]);
    const [untold = '', stale = '', done = '', other = ''] = graph.digests;
    feed({
      vertexes: [
        { digest: stale, name: 'a', started: at(1), completed: at(2), error: 'x: context canceled' },
        { digest: done, name: 'b', started: at(3), completed: at(4) },
        { digest: other, name: 'c', started: at(1), completed: at(2), error: 'exit code: 1' },
      ],
    });
    expect(translator.confirm(graph.closure(done), 77)).toMatchObject([
      { digest: untold, isCached: true, startedAtMs: 77, completedAtMs: 77, error: '' },
      { digest: stale, isCached: false, completedAtMs: START_MS + 2, error: '' },
    ]);
    expect(translator.confirm(graph.closure(done), 78)).toEqual([]);
    expect(translator.vertices.get(other)?.error).toBe('exit code: 1');
  });
});

describe('steps of other builds', () => {
  it('come home by their text, and are left out where that is not unique', () => {
    const { translator, feed } = translatorAt();
    const graph = graphOf([source('docker-image://base'), exec(['a'], 0), exec(['b'], 0), exec(['c'], 0)], {
      names: { 1: '[x 2/2] RUN a', 2: '[y 2/2] RUN b', 3: '[z 2/2] RUN b' },
    });
    const resolving = { digest: 'early', name: '[stage 1/2] RUN a', started: at(1) };
    expect(feed({ vertexes: [resolving] })).toHaveLength(1);
    translator.learn([graph]);
    expect(feed({ vertexes: [{ digest: 'other', name: '[2/7] RUN a', started: at(1) }] })).toMatchObject([
      { digest: graph.digests[1] },
    ]);
    expect(feed({ vertexes: [{ digest: 'ambiguous', name: '[2/7] RUN b', started: at(1) }] })).toEqual([]);
    expect(feed({ vertexes: [{ digest: 'unknown', name: '[2/7] RUN z', started: at(1) }] })).toEqual([]);
    expect(feed({ vertexes: [{ digest: 'internal', name: '[auth] library/base:pull token', started: at(1) }] })).toHaveLength(1);
  });
});

describe('logs', () => {
  const bytes = new TextEncoder().encode('a✓b');

  it('are decoded across messages, per vertex and stream', () => {
    const { feed } = translatorAt();
    const log = (vertex: string, stream: bigint, msg: Uint8Array) => ({ vertex, stream, msg });
    expect(feed({ logs: [log('d', 1n, bytes.subarray(0, 2)), log('e', 1n, bytes)] })).toMatchObject([
      { digest: 'd', stream: 'stdout', text: 'a' },
      { digest: 'e', stream: 'stdout', text: 'a✓b' },
    ]);
    expect(feed({ logs: [log('d', 2n, new TextEncoder().encode('x')), log('d', 1n, bytes.subarray(2))] })).toMatchObject([
      { stream: 'stderr', text: 'x' },
      { digest: 'd', stream: 'stdout', text: '✓b' },
    ]);
  });

  it('of one stream in one message are one event, before the end of the vertex', () => {
    const { feed } = translatorAt();
    const events = feed({
      vertexes: [{ digest: 'd', name: 'n', started: at(1), completed: at(2) }],
      logs: [
        { vertex: 'd', stream: 1n, msg: new TextEncoder().encode('one ') },
        { vertex: 'd', stream: 1n, msg: new TextEncoder().encode('two') },
      ],
    });
    expect(events.map((event) => event.type)).toEqual(['vertex.updated', 'log.appended', 'vertex.updated']);
    expect(events[1]).toMatchObject({ text: 'one two' });
  });

  it('give the rest of a cut code point when the vertex ends', () => {
    const { feed } = translatorAt();
    feed({ logs: [{ vertex: 'd', stream: 1n, msg: bytes.subarray(0, 2) }] });
    const events = feed({ vertexes: [{ digest: 'd', name: 'n', started: at(1), completed: at(2) }] });
    expect(events[0]).toMatchObject({ type: 'log.appended', text: '\ufffd' });
  });
});

describe('warnings and progress', () => {
  it('tell a warning once, with its lines', () => {
    const { feed } = translatorAt();
    const warning = {
      vertex: 'd',
      short: new TextEncoder().encode('StageNameCasing'),
      detail: [new TextEncoder().encode('why')],
      url: '',
      info: { filename: 'Dockerfile' },
      ranges: [{ start: { line: 4 }, end: { line: 5 } }],
    };
    expect(feed({ warnings: [warning] })).toEqual([
      {
        type: 'warning.reported',
        digest: 'd',
        message: 'StageNameCasing',
        detail: ['why'],
        url: null,
        lines: { start: 4, end: 5 },
      },
    ]);
    expect(feed({ warnings: [warning] })).toEqual([]);
  });

  it('keep the newest of several counters of one kind', () => {
    const { feed } = translatorAt();
    const events = feed({
      statuses: [
        { ID: 'layer', vertex: 'd', current: 1n, total: 9n },
        { ID: 'layer', vertex: 'd', current: 5n, total: 9n },
      ],
    });
    expect(events).toMatchObject([{ type: 'vertex.progressed', id: 'layer', name: 'layer', current: 5, total: 9 }]);
  });
});

describe("the engine's clock", () => {
  const own = { digest: 'own', name: '[internal] load build definition from Dockerfile' };

  it('is taken as it is while nothing refutes it', () => {
    const { feed } = translatorAt();
    expect(feed({ vertexes: [{ ...own, started: at(3) }] }, START_MS + 20)).toMatchObject([{ startedAtMs: START_MS + 3 }]);
  });

  it('that runs ahead is set back so that nothing is reported before it happened', () => {
    const { feed } = translatorAt();
    const [event] = feed({ vertexes: [{ ...own, started: at(60_000) }] }, START_MS + 20);
    expect(event).toMatchObject({ startedAtMs: START_MS + 20 });
  });

  it('that lags is set forward so that nothing starts before it was asked for', () => {
    const { feed } = translatorAt();
    const [event] = feed({ vertexes: [{ ...own, started: at(-60_000) }] }, START_MS + 20);
    expect(event).toMatchObject({ startedAtMs: START_MS });
  });
});
