import { describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../../src/core/dockerfile/index.js';
import type { EngineEvent, PlannedVertex, SessionEvent } from '../../../src/core/events.js';
import type { SessionState } from '../../../src/core/model/index.js';
import { initialState, reduce } from '../../../src/core/reduce/index.js';
import { selectCounts, selectWhere } from '../../../src/core/select/index.js';

const DOCKERFILE = `FROM scratch AS base
COPY busybox /bin/busybox
ENV A=1
FROM base AS other
RUN other
FROM base AS app
RUN one
RUN two
CMD ["x"]
`;

let clock = 0;
const report = (event: EngineEvent): SessionEvent => ({ type: 'engine.reported', atMs: clock, generation: 1, event });
const vertex = (digest: string, change: Partial<Extract<EngineEvent, { type: 'vertex.updated' }>> = {}): EngineEvent => ({
  type: 'vertex.updated',
  digest,
  name: digest,
  inputs: [],
  isCached: false,
  startedAtMs: null,
  completedAtMs: null,
  error: '',
  ...change,
});
const planned = (digest: string, line: number | null, op: PlannedVertex['op'] = 'exec'): PlannedVertex => ({
  digest,
  name: digest,
  inputs: [],
  lines: line === null ? null : { start: line, end: line },
  op,
});

function play(events: readonly EngineEvent[], target: string | null = 'app'): SessionState {
  clock = 1000;
  const start: SessionEvent[] = [
    { type: 'session.started', atMs: 0, id: 's', contextLabel: '.' },
    {
      type: 'generation.started',
      atMs: 0,
      generation: 1,
      dockerfile: { path: '/x/Dockerfile', text: DOCKERFILE },
      plan: parseDockerfile(DOCKERFILE),
      target,
    },
  ];
  return [...start, ...events.map(report)].reduce(reduce, initialState());
}

const plan: EngineEvent = {
  type: 'plan.resolved',
  vertices: [planned('context', null, 'source'), planned('copy', 2, 'file'), planned('one', 7), planned('two', 8)],
};
const states = (state: SessionState) => {
  const generation = state.generations[0]!;
  return Object.fromEntries(generation.order.filter((k) => !k.startsWith('@')).map((k) => [k, generation.steps[k]!.state]));
};

describe('steps that two stages have in common', () => {
  const text =
    'FROM scratch AS base\nFROM base AS a\nCOPY x /\nRUN one\nFROM base AS b\nCOPY x /\nRUN two\nFROM a\nCOPY --from=b / /\n';
  const ended = (digest: string, more = {}) => vertex(digest, { startedAtMs: 1, completedAtMs: 2, ...more });
  function played(copy: PlannedVertex, ...events: readonly EngineEvent[]) {
    const dockerfile = { path: '/x/Dockerfile', text };
    const start: SessionEvent[] = [
      { type: 'session.started', atMs: 0, id: 's', contextLabel: '.' },
      { type: 'generation.started', atMs: 0, generation: 1, dockerfile, plan: parseDockerfile(text), target: null },
    ];
    const vertices = [copy, planned('one', 4), planned('two', 7), planned('end', 9, 'file')];
    return [...start, ...[{ type: 'plan.resolved', vertices } as const, ...events].map(report)].reduce(reduce, initialState());
  }

  it.each([
    ['as the engine says', { ...planned('copy', 3, 'file'), further: [{ start: 6, end: 6 }] }],
    ['by what they say', planned('copy', 3, 'file')],
    ['by what they say, where the later one has its place', planned('copy', 6, 'file')],
  ])('are carried out at once, %s', (_how, copy) => {
    const log: EngineEvent = { type: 'log.appended', digest: 'copy', stream: 'stdout', text: 'x\n' };
    const state = played(copy, log, ended('copy'), ended('one', { isCached: true }));
    expect(states(state)).toMatchObject({ 3: 'done', 6: 'done', 4: 'cached', 7: 'pending' });
    const { steps } = state.generations[0]!;
    expect(['3', '6'].map((key) => [steps[key]!.vertices, steps[key]!.log.lines])).toEqual(Array(2).fill([['copy'], 1]));
    expect(selectCounts(state.generations[0]!)).toMatchObject({ total: 9 });
  });

  it('fail together', () => {
    const failure = { digest: 'copy', message: 'no', hint: null, line: null, exitCode: null, excerpt: null };
    const failed = { type: 'build.failed', failure } as unknown as EngineEvent;
    const state = played(planned('copy', 6, 'file'), ended('copy', { error: 'no' }), failed);
    expect(states(state)).toMatchObject({ 3: 'failed', 6: 'failed' });
  });

  it('are not those of a stage that nobody needs', () => {
    const unneeded = text.replace('COPY --from=b / /', 'RUN end');
    const dockerfile = { path: '/x/Dockerfile', text: unneeded };
    const events: SessionEvent[] = [
      { type: 'session.started', atMs: 0, id: 's', contextLabel: '.' },
      { type: 'generation.started', atMs: 0, generation: 1, dockerfile, plan: parseDockerfile(unneeded), target: null },
      report({ type: 'plan.resolved', vertices: [planned('copy', 3, 'file'), planned('one', 4), planned('end', 9)] }),
    ];
    expect(states(events.reduce(reduce, initialState()))).toMatchObject({ 6: 'not-needed', 7: 'not-needed' });
  });
});

describe('a Dockerfile that the engine has to find', () => {
  it('brings its steps once it is read, and keeps what was told before', () => {
    const start: SessionEvent[] = [
      {
        ...{ type: 'generation.started', atMs: 0, generation: 1, target: null },
        ...{ dockerfile: { path: 'Dockerfile', text: '', origin: 'context' }, plan: parseDockerfile('') },
      },
      report(vertex('git', { name: '[internal] load git source x', startedAtMs: 1 })),
      report({ type: 'dockerfile.read', text: DOCKERFILE, plan: parseDockerfile(DOCKERFILE) }),
    ];
    const [generation] = start.reduce(reduce, initialState()).generations;
    expect(generation?.dockerfile).toEqual({ path: 'Dockerfile', text: DOCKERFILE, origin: 'context' });
    expect(generation?.stages.map(({ label }) => label)).toEqual(['base', 'other', 'app']);
    expect(generation?.order[0]).toBe('@[internal] load git source x');
    expect(generation?.steps['@[internal] load git source x']?.state).toBe('running');
    expect(generation?.steps['2']?.text).toBe('COPY busybox /bin/busybox');
  });
});

describe('a generation', () => {
  it('shows every step as pending before the engine says anything', () => {
    const state = play([]);
    expect(Object.keys(states(state))).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', 'export']);
    expect(new Set(Object.values(states(state)))).toEqual(new Set(['pending']));
  });

  it('knows from the plan which steps are not needed, and which need nothing done', () => {
    const state = play([plan]);
    expect(states(state)).toEqual({
      1: 'done',
      2: 'pending',
      3: 'pending',
      4: 'not-needed',
      5: 'not-needed',
      6: 'pending',
      7: 'pending',
      8: 'pending',
      9: 'pending',
      export: 'pending',
    });
    expect(selectCounts(state.generations[0]!)).toEqual({ total: 7, ended: 1, cached: 0 });
  });

  it('lets a step without a vertex follow the one before it, across FROM too', () => {
    const state = play([plan, vertex('copy', { isCached: true, startedAtMs: 1, completedAtMs: 2 })]);
    expect(states(state)).toMatchObject({ 2: 'cached', 3: 'cached', 6: 'cached', 7: 'pending' });
  });

  it('tells culprit, victim and never-ran apart, and never shows one of them as cached', () => {
    const state = play([
      plan,
      vertex('copy', { startedAtMs: 1, completedAtMs: 2 }),
      vertex('one', {
        startedAtMs: 3,
        completedAtMs: 9,
        error: 'process "x" did not complete: exit code: 137: context canceled: context canceled',
      }),
      {
        type: 'build.failed',
        failure: { digest: null, line: 8, message: 'exit code: 3', hint: null, exitCode: 3 },
      },
    ]);
    expect(states(state)).toMatchObject({ 2: 'done', 7: 'cancelled', 8: 'failed', 9: 'pending', export: 'pending' });
    expect(state.generations[0]!.failure?.step).toBe('8');
    expect(selectWhere(state)).toEqual({ tone: 'failed', text: 'failed at 8/9 RUN two: exit code 3' });
  });

  it('has what a failed program was built on, also where the engine says nothing of it', () => {
    const failed = (exitCode: number | null): EngineEvent[] => [
      plan,
      vertex('two', { startedAtMs: 1, completedAtMs: 2, error: 'it failed' }),
      { type: 'build.failed', failure: { digest: 'two', line: 8, message: 'it failed', hint: null, exitCode } },
    ];
    expect(states(play(failed(3)))).toMatchObject({
      1: 'done',
      2: 'cached',
      3: 'cached',
      5: 'not-needed',
      6: 'cached',
      7: 'cached',
      8: 'failed',
      9: 'pending',
    });
    // A step that has not run has told nothing of what it would have been built on.
    expect(states(play(failed(null)))).toMatchObject({ 2: 'pending', 7: 'pending', 8: 'failed' });
  });

  it('keeps a cached step cached when another build makes the engine send it again', () => {
    const state = play([
      plan,
      vertex('copy', { isCached: true, startedAtMs: 1, completedAtMs: 2 }),
      vertex('copy', { startedAtMs: 1, completedAtMs: 2 }),
    ]);
    expect(states(state)[2]).toBe('cached');
  });

  it('puts a vertex of another build with the same name into its step, and unknown ones outside', () => {
    const state = play([
      plan,
      vertex('foreign', { name: 'one', startedAtMs: 5 }),
      vertex('meta', { name: '[internal] load metadata for x' }),
    ]);
    expect(states(state)[7]).toBe('running');
    expect(state.generations[0]!.steps['@[internal] load metadata for x']?.kind).toBe('internal');
  });

  it('counts what runs after the plan is done as the export', () => {
    const state = play([
      plan,
      { type: 'export.started' },
      vertex('e', { name: 'exporting to image', startedAtMs: 5, completedAtMs: 6 }),
      { type: 'build.succeeded', result: { imageId: 'sha256:abc', tags: ['a:1'], outputs: [] } },
    ]);
    expect(states(state).export).toBe('done');
    expect(selectWhere(state)).toEqual({ tone: 'ok', text: 'built a:1' });
  });

  it('keeps what follows a step that was never needed out of the pending ones', () => {
    const state = play([
      { type: 'plan.resolved', vertices: [planned('copy', 2, 'file'), planned('two', 8)] },
      vertex('two', { startedAtMs: 5 }),
    ]);
    expect(states(state)).toMatchObject({ 4: 'not-needed', 5: 'not-needed', 8: 'running' });
  });

  it('gives what was told before there was a plan its place in it', () => {
    const told = { name: '[app 1/2] RUN one', startedAtMs: 5 };
    const early = play([
      vertex('one', told),
      vertex('load', { name: '[internal] load metadata', startedAtMs: 1, completedAtMs: 2 }),
    ]);
    expect(early.generations[0]!.order.slice(0, 2)).toEqual(['@[app 1/2] RUN one', '@[internal] load metadata']);
    const state = play([
      vertex('one', told),
      vertex('load', { name: '[internal] load metadata', startedAtMs: 1, completedAtMs: 2 }),
      plan,
      vertex('one', { ...told, completedAtMs: 9 }),
    ]);
    const { order, steps } = state.generations[0]!;
    expect(order.filter((key) => key.startsWith('@'))).toEqual(['@[internal] load metadata', '@context']);
    expect(Object.keys(steps)).not.toContain('@[app 1/2] RUN one');
    expect(steps['7']).toMatchObject({ state: 'done', startedAtMs: 5, completedAtMs: 9, vertices: ['one'] });
  });

  it('settles what was running when the build is cancelled', () => {
    const state = play([plan, vertex('one', { startedAtMs: 5 }), { type: 'build.cancelled' }]);
    expect(states(state)).toMatchObject({ 7: 'cancelled', 8: 'pending' });
  });

  it('summarises logs and sees where the engine clipped them', () => {
    const state = play([
      plan,
      vertex('one', { startedAtMs: 5 }),
      { type: 'log.appended', digest: 'one', stream: 'stdout', text: 'a\nb' },
      { type: 'log.appended', digest: 'one', stream: 'stdout', text: '\n[output clipped, log limit 2MiB reached]\n' },
    ]);
    expect(state.generations[0]!.steps['7']!.log).toEqual({ bytes: 45, lines: 3, isClipped: true });
  });

  it('keeps the image of a step on an engine that makes one for each', () => {
    const state = play([plan, vertex('one', { startedAtMs: 5 }), { type: 'image.made', digest: 'one', imageId: 'abc123' }]);
    expect(state.generations[0]!.steps['7']!.imageId).toBe('abc123');
    expect(state.generations[0]!.steps['8']!.imageId).toBeNull();
  });

  it('ignores events of a generation it does not have', () => {
    const state = play([plan]);
    const stray: SessionEvent = { type: 'engine.reported', atMs: 1, generation: 7, event: { type: 'build.cancelled' } };
    expect(reduce(state, stray).generations).toEqual(state.generations);
  });
});
